// Convolutions and their gradients, compiled once.
#include <neb/kernels/conv2d/rungs.hpp>

namespace neb::kernels {

template void conv2d(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);
template void conv2d_input_grad(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);
template void conv2d_filter_grad(const Conv2dGeometry&, const float*, const float*, float*, Conv2dRung);

template void conv2d(const Conv2dGeometry&, const double*, const double*, double*, Conv2dRung);
template void conv2d_input_grad(const Conv2dGeometry&, const double*, const double*, double*, Conv2dRung);
template void conv2d_filter_grad(const Conv2dGeometry&, const double*, const double*, double*, Conv2dRung);

}  // namespace neb::kernels
