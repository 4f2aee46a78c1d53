/// Average pooling: a linear map of images and its transpose, each the other's vjp.
#pragma once

#include <string>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/average_pool2d.hpp"

namespace neb {

/// How images are pooled.
struct Pool2dOptions {
  Index window = 2;  ///< height and width of a window, in pixels
  Index stride = 0;  ///< pixels from one window to the next; 0: as many as a window has, so that windows tile the image
};

namespace ops {

template <Scalar T>
struct AveragePool2dInputGrad;

template <Scalar T>
struct AveragePool2d {
  static constexpr const char* name = "average_pool2d";
  kernels::Pool2dGeometry geometry;

  Tensor<T> forward(const Tensor<T>& x) const {
    const auto& p = geometry;
    Tensor<T> y(Shape{p.batch, p.output_height(), p.output_width(), p.channels});
    kernels::average_pool2d(p, x.data(), y.mutable_data());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape&) const { return apply(AveragePool2dInputGrad<T>{geometry}, g); }
};

template <Scalar T>
struct AveragePool2dInputGrad {
  static constexpr const char* name = "average_pool2d_input_grad";
  kernels::Pool2dGeometry geometry;

  Tensor<T> forward(const Tensor<T>& g) const {
    const auto& p = geometry;
    Tensor<T> x(Shape{p.batch, p.height, p.width, p.channels});
    kernels::average_pool2d_input_grad(p, g.data(), x.mutable_data());
    return x;
  }
  Var<T> vjp(Index, const Var<T>& c, const Shape&) const { return apply(AveragePool2d<T>{geometry}, c); }
};

}  // namespace ops

/// The mean over each window of images x: (N, H, W, C), giving (N, OH, OW, C) with OH = (H - window) / stride + 1; pixels
/// that fill no window are left out. Throws ShapeError when x is no batch of images or smaller than a window, ValueError
/// for bad options.
template <Scalar T>
Var<T> average_pool2d(const Var<T>& x, Pool2dOptions options = {}) {
  const auto shapes = [&] { return "   [x: " + x.shape().to_string() + "]"; };
  if (x.rank() != 4)
    throw ShapeError("average_pool2d: x has rank 4 (N, H, W, C), got rank " + std::to_string(x.rank()) + shapes());
  const auto [window, given_stride] = options;
  if (window < 1) throw ValueError("average_pool2d: window is at least 1, got " + std::to_string(window) + shapes());
  if (given_stride < 0)
    throw ValueError("average_pool2d: stride is not negative, got " + std::to_string(given_stride) + shapes());
  const Index height = x.shape()[1], width = x.shape()[2];
  if (height < window || width < window)
    throw ShapeError("average_pool2d: a window of " + std::to_string(window) + " x " + std::to_string(window) +
                     " pixels does not fit into an input of " + std::to_string(height) + " x " + std::to_string(width) +
                     shapes());
  return apply(ops::AveragePool2d<T>{{.batch = x.shape()[0],
                                      .height = height,
                                      .width = width,
                                      .channels = x.shape()[3],
                                      .window = window,
                                      .stride = given_stride == 0 ? window : given_stride}},
               x);
}

}  // namespace neb
