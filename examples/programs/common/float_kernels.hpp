/// The kernels of products and convolutions for float, compiled once for all programs: they are most of what a file that trains would
/// otherwise take to compile. Include this where energies are evaluated or trained.
#pragma once

#include <neb/kernels/conv2d/conv2d.hpp>

namespace neb::kernels {

extern template void gemm(Index, Index, Index, const Operand<float>&, const Operand<float>&, float*, Index, Update);
extern template void conv2d(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);
extern template void conv2d_input_grad(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);
extern template void conv2d_filter_grad(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);

}  // namespace neb::kernels
