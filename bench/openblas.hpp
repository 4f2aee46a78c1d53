/// OpenBLAS as a rival: patches and one matrix product.
#pragma once

#include <functional>
#include <neb/kernels/conv2d/geometry.hpp>

namespace openblas {

/// y = conv2d(x, w) by im2col and sgemm, to be called again and again; empty when OpenBLAS was not found at build time.
std::function<void()> convolution(const neb::kernels::Conv2dGeometry& g, const float* x, const float* w, float* y);

}  // namespace openblas
