/// Activations: tanh, sigmoid, softplus, ReLU, and the smooth ReLU with all its derivatives.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/exponential.hpp"
#include "neb/kernels/smooth_relu.hpp"
#include "neb/ops/comparison.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/pointwise.hpp"

namespace neb {

template <Scalar T>
Var<T> sigmoid(const Var<T>& x);
template <Scalar T>
Var<T> smooth_relu_slope(const Var<T>& z, const Var<T>& g, std::type_identity_t<T> beta, int order);

namespace ops {

template <Scalar T>
struct Tanh {
  static constexpr const char* name = "tanh";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return std::tanh(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y, const Shape&) const { return g * (1 - square(y)); }
};

template <Scalar T>
struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise_registers(x, [](auto v) { return kernels::LogisticParts<decltype(v)>(v).sigmoid; });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y, const Shape&) const { return g * (y * (1 - y)); }
};

template <Scalar T>
struct Softplus {
  static constexpr const char* name = "softplus";
  Tensor<T> forward(const Tensor<T>& x) const {
    // log(1 + e^x) overflows for large x; this form has only e^-|x|.
    return pointwise(x, [](T v) { return std::max(v, T(0)) + std::log1p(kernels::exponential(-std::abs(v))); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g * sigmoid(x); }
};

template <Scalar T>
struct Relu {
  static constexpr const char* name = "relu";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return v < T(0) ? T(0) : v; });  // a NaN is not less than 0, and stays
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const {
    return where(greater(x, 0), g, T(0));  // a product would make NaN of an infinite cotangent
  }
};

/// f(z) = z / (1 + exp(-beta z)).
template <Scalar T>
struct SmoothRelu {
  static constexpr const char* name = "smooth_relu";
  T beta;
  Tensor<T> forward(const Tensor<T>& z) const {
    Tensor<T> y(z.shape());
    kernels::smooth_relu(y.size(), y.mutable_data(), z.data(), beta);
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& z) const { return smooth_relu_slope(z, g, beta, 1); }
};

/// g f^(order)(z): one pass instead of one for the derivative and one for the product. Linear in g, and its derivative
/// in z is the same operation one order up, so the family is closed.
template <Scalar T>
struct SmoothReluSlope {
  static constexpr const char* name = "smooth_relu_slope";
  T beta;
  int order;
  Tensor<T> forward(const Tensor<T>& z, const Tensor<T>& g) const {
    Tensor<T> y(z.shape());
    kernels::smooth_relu_slope(y.size(), y.mutable_data(), z.data(), g.data(), beta, order);
    return y;
  }
  Var<T> vjp(Index i, const Var<T>& cotangent, const Var<T>& z, const Var<T>& g) const {
    return i == 0 ? smooth_relu_slope(z, cotangent * g, beta, order + 1) : smooth_relu_slope(z, cotangent, beta, order);
  }
  /// Both need one exponential.
  std::vector<Var<T>> vjps(const Var<T>& cotangent, const Var<T>& z, const Var<T>& g) const {
    if (order != 1) return {vjp(0, cotangent, z, g), vjp(1, cotangent, z, g)};
    Tensor<T> dz(z.shape()), dg(z.shape());
    kernels::smooth_relu_slope_vjps(dz.size(), dz.mutable_data(), dg.mutable_data(), z.value().data(), g.value().data(),
                                    cotangent.value().data(), beta);
    return {Var<T>::constant(std::move(dz)), Var<T>::constant(std::move(dg))};
  }
};

}  // namespace ops

/// The hyperbolic tangent of each element.
template <Scalar T>
Var<T> tanh(const Var<T>& x) {
  return apply(ops::Tanh<T>{}, x);
}

/// 1 / (1 + exp(-x)).
template <Scalar T>
Var<T> sigmoid(const Var<T>& x) {
  return apply(ops::Sigmoid<T>{}, x);
}

/// log(1 + exp(x)).
template <Scalar T>
Var<T> softplus(const Var<T>& x) {
  return apply(ops::Softplus<T>{}, x);
}

/// max(x, 0). Its derivative is 1 for x > 0 and 0 elsewhere; its second derivative is zero, so an objective that contains
/// a gradient, like DEEN's, loses the Hessian part of its own gradient: prefer smooth_relu there.
template <Scalar T>
Var<T> relu(const Var<T>& x) {
  return apply(ops::Relu<T>{}, x);
}

/// The smooth ReLU z / (1 + exp(-beta z)) (Saremi & Hyvärinen 2019, Sec. 4.1); finite for every finite z.
template <Scalar T>
Var<T> smooth_relu(const Var<T>& z, std::type_identity_t<T> beta = 1) {
  return apply(ops::SmoothRelu<T>{beta}, z);
}

/// g times the derivative of order `order` >= 1 of the smooth ReLU at z. Throws ShapeError unless z and g have one shape,
/// ValueError for an order below 1.
template <Scalar T>
Var<T> smooth_relu_slope(const Var<T>& z, const Var<T>& g, std::type_identity_t<T> beta, int order) {
  if (z.shape() != g.shape())
    throw ShapeError("smooth_relu_slope: z and g have one shape   [z: " + z.shape().to_string() +
                     ", g: " + g.shape().to_string() + "]");
  if (order < 1) throw ValueError("smooth_relu_slope: order is at least 1, got " + std::to_string(order));
  return apply(ops::SmoothReluSlope<T>{beta, order}, z, g);
}

}  // namespace neb
