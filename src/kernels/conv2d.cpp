// Convolutions and their gradients, compiled once.
#include <neb/kernels/conv2d/rungs.hpp>

namespace neb::kernels {

template void conv2d_passes(const Conv2dGeometry&, const Conv2dArrays<float>&, Conv2dRung);

template void conv2d_passes(const Conv2dGeometry&, const Conv2dArrays<double>&, Conv2dRung);

}  // namespace neb::kernels
