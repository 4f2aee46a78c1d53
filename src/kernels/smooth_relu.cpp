// The smooth ReLU and its derivatives, compiled once.
#include <neb/kernels/smooth_relu.hpp>

namespace neb::kernels {

template void smooth_relu(Index, float*, const float*, float);
template void smooth_relu(Index, double*, const double*, double);
template void smooth_relu_slope(Index, float*, const float*, const float*, float, int);
template void smooth_relu_slope(Index, double*, const double*, const double*, double, int);
template void smooth_relu_slope_vjps(Index, float*, float*, const float*, const float*, const float*, float);
template void smooth_relu_slope_vjps(Index, double*, double*, const double*, const double*, const double*, double);

}  // namespace neb::kernels
