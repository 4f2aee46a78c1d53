#include "common/float_kernels.hpp"

namespace neb::kernels {

template void gemm(Index, Index, Index, const Operand<float>&, const Operand<float>&, float*, Index, Update);
template void conv2d(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);
template void conv2d_input_grad(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);
template void conv2d_filter_grad(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);

}  // namespace neb::kernels
