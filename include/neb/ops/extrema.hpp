/// The larger and the smaller: maximum, minimum, clamp and abs of elements, max and min along axes.
///
/// Derivatives at the kinks: a tie shares the cotangent evenly, clamp passes it on at its ends, and abs has slope 0 at 0. What is
/// not passed on is 0, also of an infinite cotangent: it is chosen, not multiplied by 0.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/reduce.hpp"
#include "neb/ops/comparison.hpp"
#include "neb/ops/pointwise.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

namespace ops {

/// Whether b is larger (or smaller) than a; a NaN is larger and smaller than every number.
template <bool largest, class T>
bool beaten_by(T a, T b) {
  return (largest ? a < b : b < a) || (b != b && a == a);
}

/// The larger (or smaller) of two numbers; a NaN wins.
template <bool largest, class T>
T extreme_of(T a, T b) {
  return beaten_by<largest>(a, b) ? b : a;
}

template <Scalar T, bool largest>
struct Extreme {
  static constexpr const char* name = largest ? "maximum" : "minimum";
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    return broadcast(name, a, b, [](T p, T q) { return extreme_of<largest>(p, q); });
  }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& a, const Var<T>& b) const {
    const Var<T>&own = i == 0 ? a : b, &other = i == 0 ? b : a;
    const Var<T> share = Var<T>::constant(broadcast(name, own.value(), other.value(), [](T p, T q) {
      return beaten_by<largest>(p, q) ? T(0) : beaten_by<largest>(q, p) ? T(1) : T(0.5);
    }));
    return sum_to(where(share, g * share, T(0)), own.shape());
  }
};

/// The largest (or smallest) element along one axis, which stays with extent 1.
template <Scalar T, bool largest>
struct AxisExtreme {
  static constexpr const char* name = largest ? "max" : "min";
  Index axis;

  Tensor<T> forward(const Tensor<T>& x) const {
    const Index inner = x.shape().stride(axis), extent = x.shape()[axis];
    constexpr T worst = largest ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    Tensor<T> y(x.shape().with(axis, 1));
    if (y.size() > 0)
      kernels::reduce_axis(y.size() / inner, extent, inner, x.data(), y.mutable_data(), worst, extreme_of<largest, T>);
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y, const Var<T>& x) const {
    const Var<T> winners =
        compare(name, x, y, [](T p, T q) { return !beaten_by<largest>(p, q) && !beaten_by<largest>(q, p); });
    return where(winners, g / sum_to(winners, y.shape()), T(0));
  }
};

template <Scalar T>
struct Clamp {
  static constexpr const char* name = "clamp";
  T low, high;
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [lo = low, hi = high](T v) { return v < lo ? lo : (v > hi ? hi : v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const {
    return where(1 - less(x, low) - greater(x, high), g, T(0));
  }
};

template <Scalar T>
struct Abs {
  static constexpr const char* name = "abs";
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [](T v) { return std::abs(v); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const {
    const Var<T> slope = sign(x);
    return where(slope, g * slope, T(0));
  }
};

template <bool largest, Scalar T>
Var<T> extreme_along(const Var<T>& x, Index axis) {
  using Op = AxisExtreme<T, largest>;
  const Index resolved = resolve_axis(axis, x.shape(), Op::name);
  if (x.shape()[resolved] == 0)
    throw ShapeError(std::string(Op::name) + ": the axis has extent 0   [x: " + x.shape().to_string() + "]");
  return sum(apply(Op{resolved}, x), resolved);  // drops the axis of extent 1
}

}  // namespace ops

/// The larger of a and b, broadcast; a NaN in either is the result, and gets the cotangent. Where they are equal, each gets half.
/// Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> maximum(const Var<T>& a, const Var<T>& b) {
  return apply(ops::Extreme<T, true>{}, a, b);
}
/// The same with a number.
template <Scalar T>
Var<T> maximum(const Var<T>& a, std::type_identity_t<T> b) {
  return maximum(a, ops::number(b));
}

/// The smaller of a and b; otherwise like maximum().
template <Scalar T>
Var<T> minimum(const Var<T>& a, const Var<T>& b) {
  return apply(ops::Extreme<T, false>{}, a, b);
}
/// The same with a number.
template <Scalar T>
Var<T> minimum(const Var<T>& a, std::type_identity_t<T> b) {
  return minimum(a, ops::number(b));
}

/// The largest element along one axis, which disappears from the shape. Elements that are equally large share the cotangent
/// evenly. Throws ShapeError when the axis does not exist or has extent 0.
template <Scalar T>
Var<T> max(const Var<T>& x, Index axis) {
  return ops::extreme_along<true>(x, axis);
}
/// The largest of all elements, of rank 0. Throws ShapeError when there are none.
template <Scalar T>
Var<T> max(const Var<T>& x) {
  return max(reshape(x, Shape{x.size()}), 0);
}

/// The smallest element along one axis; otherwise like max().
template <Scalar T>
Var<T> min(const Var<T>& x, Index axis) {
  return ops::extreme_along<false>(x, axis);
}
/// The smallest of all elements, of rank 0. Throws ShapeError when there are none.
template <Scalar T>
Var<T> min(const Var<T>& x) {
  return min(reshape(x, Shape{x.size()}), 0);
}

/// Each element, or the end of [low, high] that it is beyond. Its derivative is 1 in [low, high], ends included, and 0
/// outside. Throws ValueError unless low <= high.
template <Scalar T>
Var<T> clamp(const Var<T>& x, std::type_identity_t<T> low, std::type_identity_t<T> high) {
  if (!(low <= high))
    throw ValueError("clamp: low is at most high, got " + std::to_string(low) + " and " + std::to_string(high) +
                     "   [x: " + x.shape().to_string() + "]");
  return apply(ops::Clamp<T>{low, high}, x);
}

/// The magnitude of each element; its derivative at 0 is 0.
template <Scalar T>
Var<T> abs(const Var<T>& x) {
  return apply(ops::Abs<T>{}, x);
}

}  // namespace neb
