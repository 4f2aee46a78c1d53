/// Two-dimensional convolution as a closed triple.
///
/// The trilinear form T(x, w, g) = sum over outputs of g * conv2d(x, w) is linear in each argument. Its three partial
/// derivatives are the three operations of this file,
///
///   dT/dg = conv2d(x, w)      dT/dx = conv2d_input_grad(g, w)      dT/dw = conv2d_filter_grad(x, g)
///
/// so each one's vjps are the other two, and three kernels serve derivatives of every order:
///
///   operation                  cotangent c  ->  of the first input            of the second input
///   conv2d(x, w)                                conv2d_input_grad(c, w)       conv2d_filter_grad(x, c)
///   conv2d_input_grad(g, w)                     conv2d(c, w)                  conv2d_filter_grad(c, g)
///   conv2d_filter_grad(x, g)                    conv2d_input_grad(g, c)       conv2d(x, c)
///
/// Where nothing is recorded, the two cotangents of one c come together, because they share its transform.
/// With stride > 1 several input sizes give the same output size, so the geometry travels with the operation.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/conv2d/conv2d.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/ops/prepared_filters.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

/// The extents of a convolution, checked once and handed on to every derivative.
using kernels::Conv2dGeometry;

namespace ops {

template <Scalar T>
struct Conv2d;
template <Scalar T>
struct Conv2dInputGrad;
template <Scalar T>
struct Conv2dFilterGrad;

/// A multiplication and an addition for each output pixel and filter element, those on padding included: all three
/// partial derivatives of the form cost the same.
inline double conv2d_flops(const Shape& output, const Shape& filter) {
  return 2 * static_cast<double>(output.size()) * static_cast<double>(filter.stride(0));
}

template <Scalar T>
struct Conv2d {
  static constexpr const char* name = "conv2d";
  Conv2dGeometry geometry;
  std::shared_ptr<PreparedFilters<T>> filters = {};  ///< of w; may be null

  Tensor<T> forward(const Tensor<T>& x, const Tensor<T>& w, const T* bias = nullptr) const {
    Tensor<T> y(geometry.output_shape());
    kernels::conv2d_passes<T>(
        geometry,
        {.x = x.data(), .w = w.data(), .bias = bias, .y = y.mutable_data(), .kept = kept_of(filters, w).get()});
    return y;
  }
  static double flops(const Shape& y, const Shape&, const Shape& w) { return conv2d_flops(y, w); }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& x, const Var<T>& w) const {
    return i == 0 ? apply(Conv2dInputGrad<T>{geometry, filters}, g, w) : apply(Conv2dFilterGrad<T>{geometry}, x, g);
  }
  /// Both read g.
  std::vector<Var<T>> vjps(const Var<T>& g, const Var<T>& x, const Var<T>& w) const {
    Tensor<T> dx(geometry.input_shape()), dw(geometry.filter_shape());
    kernels::conv2d_passes<T>(geometry, {.x = x.value().data(),
                                         .w = w.value().data(),
                                         .dy = g.value().data(),
                                         .dx = dx.mutable_data(),
                                         .dw = dw.mutable_data(),
                                         .kept = kept_of(filters, w.value()).get()});
    return {Var<T>::constant(std::move(dx)), Var<T>::constant(std::move(dw))};
  }
};

/// conv2d(x, w) + b, in one pass.
template <Scalar T>
struct BiasedConv2d {
  static constexpr const char* name = "conv2d";
  Conv2d<T> conv;

  Tensor<T> forward(const Tensor<T>& x, const Tensor<T>& w, const Tensor<T>& b) const {
    return conv.forward(x, w, b.data());
  }
  static double flops(const Shape& y, const Shape&, const Shape& w, const Shape&) { return conv2d_flops(y, w); }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& x, const Var<T>& w, const Var<T>& b) const {
    return i == 2 ? sum_to(g, b.shape()) : conv.vjp(i, g, x, w);
  }
  std::vector<Var<T>> vjps(const Var<T>& g, const Var<T>& x, const Var<T>& w, const Var<T>& b) const {
    std::vector<Var<T>> cotangents = conv.vjps(g, x, w);
    cotangents.push_back(sum_to(g, b.shape()));
    return cotangents;
  }
};

template <Scalar T>
struct Conv2dInputGrad {
  static constexpr const char* name = "conv2d_input_grad";
  Conv2dGeometry geometry;
  std::shared_ptr<PreparedFilters<T>> filters = {};  ///< of w; may be null

  Tensor<T> forward(const Tensor<T>& g, const Tensor<T>& w) const {
    Tensor<T> dx(geometry.input_shape());
    kernels::conv2d_passes<T>(
        geometry, {.w = w.data(), .dy = g.data(), .dx = dx.mutable_data(), .kept = kept_of(filters, w).get()});
    return dx;
  }
  static double flops(const Shape&, const Shape& g, const Shape& w) { return conv2d_flops(g, w); }
  Var<T> vjp(Index i, const Var<T>& c, const Var<T>& g, const Var<T>& w) const {
    return i == 0 ? apply(Conv2d<T>{geometry, filters}, c, w) : apply(Conv2dFilterGrad<T>{geometry}, c, g);
  }
  /// Both read c.
  std::vector<Var<T>> vjps(const Var<T>& c, const Var<T>& g, const Var<T>& w) const {
    Tensor<T> y(geometry.output_shape()), dw(geometry.filter_shape());
    kernels::conv2d_passes<T>(geometry, {.x = c.value().data(),
                                         .w = w.value().data(),
                                         .dy = g.value().data(),
                                         .y = y.mutable_data(),
                                         .dw = dw.mutable_data(),
                                         .kept = kept_of(filters, w.value()).get()});
    return {Var<T>::constant(std::move(y)), Var<T>::constant(std::move(dw))};
  }
};

template <Scalar T>
struct Conv2dFilterGrad {
  static constexpr const char* name = "conv2d_filter_grad";
  Conv2dGeometry geometry;

  Tensor<T> forward(const Tensor<T>& x, const Tensor<T>& g) const {
    Tensor<T> dw(geometry.filter_shape());
    kernels::conv2d_filter_grad(geometry, x.data(), g.data(), dw.mutable_data());
    return dw;
  }
  static double flops(const Shape& dw, const Shape&, const Shape& g) { return conv2d_flops(g, dw); }
  Var<T> vjp(Index i, const Var<T>& c, const Var<T>& x, const Var<T>& g) const {
    return i == 0 ? apply(Conv2dInputGrad<T>{geometry}, g, c) : apply(Conv2d<T>{geometry}, x, c);
  }
};

inline void check_output_shape(const char* operation, const Conv2dGeometry& geometry, const Shape& g) {
  if (g != geometry.output_shape())
    throw ShapeError(std::string(operation) + ": g has the shape of the output, " +
                     geometry.output_shape().to_string() + "   [g: " + g.to_string() + ", x: " +
                     geometry.input_shape().to_string() + ", w: " + geometry.filter_shape().to_string() + "]");
}

}  // namespace ops

/// The convolution of images x: (N, H, W, I) with filters w: (O, KH, KW, I), giving (N, OH, OW, O) with
/// OH = (H + 2 padding - KH) / stride + 1. What is not finite in x leaves no output finite whose window holds it, and may make others
/// near it NaN: fast kernels compute whole tiles, and multiply zeros of padding. With `filters`, what kernels make of w is kept there for
/// the next call and for derivatives. Throws ShapeError when the shapes do not fit, ValueError for bad options.
template <Scalar T>
Var<T> conv2d(const Var<T>& x, const Var<T>& w, Conv2dOptions options = {},
              std::shared_ptr<ops::PreparedFilters<T>> filters = {}) {
  return apply(ops::Conv2d<T>{Conv2dGeometry::from(x.shape(), w.shape(), options), std::move(filters)}, x, w);
}

/// The same with a bias b: (O) added to each of its channels, in the pass that computes them. Throws as well unless there is one for
/// each filter.
template <Scalar T>
Var<T> conv2d(const Var<T>& x, const Var<T>& w, const Var<T>& b, Conv2dOptions options = {},
              std::shared_ptr<ops::PreparedFilters<T>> filters = {}) {
  const auto geometry = Conv2dGeometry::from(x.shape(), w.shape(), options);
  if (b.shape() != Shape{geometry.out_channels})
    throw ShapeError("conv2d: the bias has a number for each filter   [w: " + w.shape().to_string() +
                     ", b: " + b.shape().to_string() + "]");
  return apply(ops::BiasedConv2d<T>{{geometry, std::move(filters)}}, x, w, b);
}

/// The gradient of sum(g * conv2d(x, w)) with respect to x, for g: (N, OH, OW, O) and x of shape `input`.
/// Throws as conv2d does.
template <Scalar T>
Var<T> conv2d_input_grad(const Var<T>& g, const Var<T>& w, const Shape& input, Conv2dOptions options = {}) {
  const auto geometry = Conv2dGeometry::from(input, w.shape(), options, "conv2d_input_grad");
  ops::check_output_shape("conv2d_input_grad", geometry, g.shape());
  return apply(ops::Conv2dInputGrad<T>{geometry}, g, w);
}

/// The gradient of sum(g * conv2d(x, w)) with respect to w, for g: (N, OH, OW, O) and w of shape `filter`.
/// Throws as conv2d does.
template <Scalar T>
Var<T> conv2d_filter_grad(const Var<T>& x, const Var<T>& g, const Shape& filter, Conv2dOptions options = {}) {
  const auto geometry = Conv2dGeometry::from(x.shape(), filter, options, "conv2d_filter_grad");
  ops::check_output_shape("conv2d_filter_grad", geometry, g.shape());
  return apply(ops::Conv2dFilterGrad<T>{geometry}, x, g);
}

}  // namespace neb
