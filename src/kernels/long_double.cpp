// The same for long double, which checks and does not hurry.
#include <neb/kernels/conv2d/rungs.hpp>
#include <neb/kernels/gemm_rungs.hpp>

namespace neb::kernels {

template void gemm(Index, Index, Index, const Operand<long double>&, const Operand<long double>&, long double*, Index,
                   Update);

template void conv2d_passes(const Conv2dGeometry&, const Conv2dArrays<long double>&, Conv2dRung);

}  // namespace neb::kernels
