// Matrix products, compiled once.
#include <neb/kernels/gemm_rungs.hpp>

namespace neb::kernels {

template void gemm(Index, Index, Index, const Operand<float>&, const Operand<float>&, float*, Index, Update);
template void gemm(Index, Index, Index, const Operand<double>&, const Operand<double>&, double*, Index, Update);

}  // namespace neb::kernels
