/// Elementary functions: exp, log, sqrt, square, sin, cos; logsumexp and softmax.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/exponential.hpp"
#include "neb/kernels/reduce.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/comparison.hpp"
#include "neb/ops/pointwise.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

template <Scalar T>
Var<T> square(const Var<T>& x);
template <Scalar T>
Var<T> cos(const Var<T>& x);

namespace ops {

template <Scalar T>
struct Exp {
  static constexpr const char* name = "exp";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise_registers(x, [](auto v) { return kernels::exponential(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y, const Shape&) const { return g * y; }
};

template <Scalar T>
struct Log {
  static constexpr const char* name = "log";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return std::log(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g / x; }
};

template <Scalar T>
struct Sqrt {
  static constexpr const char* name = "sqrt";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return std::sqrt(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y, const Shape&) const { return g / (2 * y); }
};

template <Scalar T>
struct Square {
  static constexpr const char* name = "square";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return v * v; });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g * (2 * x); }
};

template <Scalar T>
struct Sin {
  static constexpr const char* name = "sin";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return std::sin(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g * cos(x); }
};

template <Scalar T>
struct Cos {
  static constexpr const char* name = "cos";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return std::cos(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return -(g * apply(Sin<T>{}, x)); }
};

/// The largest element along the last axis, which stays with extent 1.
template <Scalar T>
Tensor<T> largest_of_rows(const Tensor<T>& x) {
  const Index last = x.rank() - 1, terms = x.shape()[last];
  Tensor<T> largest(x.shape().with(last, 1));
  kernels::reduce_axis(x.size() / terms, terms, Index{1}, x.data(), largest.mutable_data(),
                       -std::numeric_limits<T>::infinity(), [](T a, T b) { return a < b ? b : a; });
  return largest;
}

template <Scalar T>
struct Softmax {
  static constexpr const char* name = "softmax";
  Tensor<T> forward(const Tensor<T>& x) const {
    const Tensor<T> e = broadcast(name, x, largest_of_rows(x), [](T v, T m) { return kernels::exponential(v - m); });
    const Tensor<T> total = SumTo<T>{e.shape().with(e.rank() - 1, 1)}.forward(e);
    return broadcast(name, e, total, [](T p, T q) { return p / q; });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y, const Shape&) const {
    return y * (g - sum_to(g * y, y.shape().with(y.rank() - 1, 1)));
  }
};

template <Scalar T>
void check_last_axis(const char* operation, const Var<T>& x) {
  if (x.rank() == 0 || x.shape()[x.rank() - 1] == 0)
    throw ShapeError(std::string(operation) +
                     ": expects a last axis with at least one element   [x: " + x.shape().to_string() + "]");
}

}  // namespace ops

/// e to the power of each element.
template <Scalar T>
Var<T> exp(const Var<T>& x) {
  return apply(ops::Exp<T>{}, x);
}

/// The natural logarithm of each element; NaN below 0 and -infinity at 0, as std::log gives it.
template <Scalar T>
Var<T> log(const Var<T>& x) {
  return apply(ops::Log<T>{}, x);
}

/// The square root of each element, NaN below 0; its derivative at 0 is infinite.
template <Scalar T>
Var<T> sqrt(const Var<T>& x) {
  return apply(ops::Sqrt<T>{}, x);
}

/// Each element times itself.
template <Scalar T>
Var<T> square(const Var<T>& x) {
  return apply(ops::Square<T>{}, x);
}

/// The sine of each element, in radians.
template <Scalar T>
Var<T> sin(const Var<T>& x) {
  return apply(ops::Sin<T>{}, x);
}

/// The cosine of each element, in radians.
template <Scalar T>
Var<T> cos(const Var<T>& x) {
  return apply(ops::Cos<T>{}, x);
}

/// log sum exp over the last axis of x: (..., D) -> (...), shifted by the maximum so that no finite input overflows. Where all
/// elements are -infinity it is -infinity, with derivatives 0; of an element that is infinity the derivative is NaN.
/// Throws ShapeError for a scalar or a last axis of extent 0.
template <Scalar T>
Var<T> logsumexp(const Var<T>& x) {
  ops::check_last_axis("logsumexp", x);
  // The shift cancels in value and in every derivative, so it is a constant. An infinite one would leave NaN.
  using Limits = std::numeric_limits<T>;
  const Var<T> shift = Var<T>::constant(
      pointwise(ops::largest_of_rows(x.value()), [](T m) { return std::clamp(m, Limits::lowest(), Limits::max()); }));
  const Var<T> total = sum_to(exp(x - shift), shift.shape()), none = equal(total, 0);
  const Var<T> result = where(none, -Limits::infinity(), shift + log(where(none, T(1), total)));
  return sum(result, x.rank() - 1);  // drops the axis of extent 1
}

/// exp(x) divided by its sum over the last axis of x: (..., D), of x's shape; no finite input overflows. Where the largest
/// element is infinite it is NaN.
/// Throws ShapeError for a scalar or a last axis of extent 0.
template <Scalar T>
Var<T> softmax(const Var<T>& x) {
  ops::check_last_axis("softmax", x);
  return apply(ops::Softmax<T>{}, x);
}

}  // namespace neb
