/// + - * / with NumPy's broadcasting, and negation.
#pragma once

#include <type_traits>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/ops/pointwise.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

template <Scalar T>
Var<T> operator-(const Var<T>& x);
template <Scalar T>
Var<T> operator*(const Var<T>& a, const Var<T>& b);
template <Scalar T>
Var<T> operator/(const Var<T>& a, const Var<T>& b);

namespace ops {

template <Scalar T, class F>
Tensor<T> broadcast(const char* name, const Tensor<T>& a, const Tensor<T>& b, F f) {
  Tensor<T> y(broadcast_shapes(a.shape(), b.shape(), name));
  kernels::map_broadcast(y.shape(), y.mutable_data(), f, a.data(), a.shape(), b.data(), b.shape());
  return y;
}

template <Scalar T>
struct Add {
  static constexpr const char* name = "add";
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    return broadcast(name, a, b, [](T p, T q) { return p + q; });
  }
  Var<T> vjp(Index i, const Var<T>& g, const Shape& a, const Shape& b) const { return sum_to(g, i == 0 ? a : b); }
};

template <Scalar T>
struct Subtract {
  static constexpr const char* name = "subtract";
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    return broadcast(name, a, b, [](T p, T q) { return p - q; });
  }
  Var<T> vjp(Index i, const Var<T>& g, const Shape& a, const Shape& b) const {
    return i == 0 ? sum_to(g, a) : sum_to(-g, b);
  }
};

template <Scalar T>
struct Multiply {
  static constexpr const char* name = "multiply";
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    return broadcast(name, a, b, [](T p, T q) { return p * q; });
  }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& a, const Var<T>& b) const {
    return i == 0 ? sum_to(g * b, a.shape()) : sum_to(g * a, b.shape());
  }
};

template <Scalar T>
struct Divide {
  static constexpr const char* name = "divide";
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    return broadcast(name, a, b, [](T p, T q) { return p / q; });
  }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& y, const Var<T>& a, const Var<T>& b) const {
    return i == 0 ? sum_to(g / b, a.shape()) : sum_to(-(g * y / b), b.shape());
  }
};

template <Scalar T>
struct Negate {
  static constexpr const char* name = "negate";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return -v; });
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape&) const { return -g; }
};

/// A number as it stands in an expression: a constant of rank 0.
template <Scalar T>
Var<T> number(T value) {
  return Var<T>::constant(Tensor<T>::scalar(value));
}

}  // namespace ops

/// a + b, broadcast. Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> operator+(const Var<T>& a, const Var<T>& b) {
  return apply(ops::Add<T>{}, a, b);
}
/// a - b, broadcast. Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> operator-(const Var<T>& a, const Var<T>& b) {
  return apply(ops::Subtract<T>{}, a, b);
}
/// a * b, element by element, broadcast. Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> operator*(const Var<T>& a, const Var<T>& b) {
  return apply(ops::Multiply<T>{}, a, b);
}
/// a / b, element by element, broadcast. Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> operator/(const Var<T>& a, const Var<T>& b) {
  return apply(ops::Divide<T>{}, a, b);
}
/// -x.
template <Scalar T>
Var<T> operator-(const Var<T>& x) {
  return apply(ops::Negate<T>{}, x);
}

// Numbers on either side: type_identity_t keeps them out of deduction, so `2 * x` works for a float x.
/// a + b for a number b.
template <Scalar T>
Var<T> operator+(const Var<T>& a, std::type_identity_t<T> b) {
  return a + ops::number(b);
}
/// a + b for a number a.
template <Scalar T>
Var<T> operator+(std::type_identity_t<T> a, const Var<T>& b) {
  return ops::number(a) + b;
}
/// a - b for a number b.
template <Scalar T>
Var<T> operator-(const Var<T>& a, std::type_identity_t<T> b) {
  return a - ops::number(b);
}
/// a - b for a number a.
template <Scalar T>
Var<T> operator-(std::type_identity_t<T> a, const Var<T>& b) {
  return ops::number(a) - b;
}
/// a * b for a number b.
template <Scalar T>
Var<T> operator*(const Var<T>& a, std::type_identity_t<T> b) {
  return a * ops::number(b);
}
/// a * b for a number a.
template <Scalar T>
Var<T> operator*(std::type_identity_t<T> a, const Var<T>& b) {
  return ops::number(a) * b;
}
/// a / b for a number b.
template <Scalar T>
Var<T> operator/(const Var<T>& a, std::type_identity_t<T> b) {
  return a / ops::number(b);
}
/// a / b for a number a.
template <Scalar T>
Var<T> operator/(std::type_identity_t<T> a, const Var<T>& b) {
  return ops::number(a) / b;
}

/// The mean of all elements, of rank 0. Throws ShapeError when there are none.
template <Scalar T>
Var<T> mean(const Var<T>& x) {
  if (x.size() == 0) throw ShapeError("mean: expects at least one element   [x: " + x.shape().to_string() + "]");
  return sum(x) / static_cast<T>(x.size());
}

/// The mean over one axis, which disappears from the shape. Throws ShapeError when the axis has extent 0.
template <Scalar T>
Var<T> mean(const Var<T>& x, Index axis) {
  const Index count = x.shape()[resolve_axis(axis, x.shape(), "mean")];
  if (count == 0) throw ShapeError("mean: the axis has extent 0   [x: " + x.shape().to_string() + "]");
  return sum(x, axis) / static_cast<T>(count);
}

}  // namespace neb
