/// Powers, and what is made of squares: pow, norm, variance.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/reduce.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/comparison.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/pointwise.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

template <Scalar T>
Var<T> pow(const Var<T>& x, std::type_identity_t<T> exponent);
template <Scalar T>
Var<T> pow(const Var<T>& x, const Var<T>& exponent);
template <Scalar T>
Var<T> norm(const Var<T>& x, Index axis);

namespace ops {

template <Scalar T>
struct Power {
  static constexpr const char* name = "pow";
  T exponent;
  Tensor<T> forward(const Tensor<T>& x) const {
    return pointwise(x, [p = exponent](T v) { return std::pow(v, p); });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const {
    // x^0 is 1 everywhere; the formula would say 0 times infinity at 0.
    if (exponent == T(0)) return Var<T>::constant(Tensor<T>::zeros(x.shape()));
    return g * (exponent * pow(x, exponent - 1));
  }
};

template <Scalar T>
struct PowerOf {
  static constexpr const char* name = "pow";
  Tensor<T> forward(const Tensor<T>& x, const Tensor<T>& p) const {
    return broadcast(name, x, p, [](T v, T e) { return std::pow(v, e); });
  }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& y, const Var<T>& x, const Var<T>& p) const {
    const Var<T> at_zero = equal(x, 0);
    // 0^0 and 0^p log 0, which would be products of zero and infinity, have the derivative 0.
    if (i == 0) return sum_to(g * (p * pow(x, where(at_zero * equal(p, 0), T(1), p) - 1)), x.shape());
    return sum_to(where(at_zero, T(0), g * (y * log(where(at_zero, T(1), x)))), p.shape());
  }
};

/// x - its mean over `axis`, squared.
template <Scalar T>
Var<T> squared_deviation(const Var<T>& x, Index axis) {
  const auto mean_of = [&](const Var<T>& v) { return reshape(mean(v, axis), x.shape().with(axis, 1)); };
  // A mean of large numbers is off by more than small deviations. Their own mean is what it is off by.
  const Var<T> near = x - mean_of(x.detach());
  return square(near - mean_of(near));
}

/// A power of two near the largest magnitude of x along `axis`, which stays with extent 1: what x can be divided by without a
/// rounding, so that no square leaves the range of T. 1 where that is 0 or not finite.
template <Scalar T>
Var<T> scale_of(const Tensor<T>& x, Index axis) {
  const Index inner = x.shape().stride(axis);
  Tensor<T> scale = Tensor<T>::zeros(x.shape().with(axis, 1));
  if (x.size() > 0)
    kernels::reduce_axis(scale.size() / inner, x.shape()[axis], inner, x.data(), scale.mutable_data(), T(0),
                         [](T a, T b) { return std::max(std::abs(a), std::abs(b)); });
  return Var<T>::constant(pointwise(scale, [](T largest) {
    if (largest == T(0) || !is_finite(largest)) return T(1);
    return std::max(std::ldexp(T(1), std::ilogb(largest)), std::numeric_limits<T>::min());
  }));
}

/// sqrt(x) for x >= 0, with every derivative 0 at 0.
template <Scalar T>
Var<T> sqrt_flat_at_zero(const Var<T>& x) {
  const Var<T> zero = equal(x, 0);
  return where(zero, T(0), sqrt(where(zero, T(1), x)));
}

}  // namespace ops

/// Each element to the power of a number, as std::pow gives it: NaN for a negative element and a fraction. Derivatives are those
/// of the formula, at 0 as well: of x^2 they are 0, 2, 0, ..., of x^0.5 the first is infinite, of x^0 all are 0.
template <Scalar T>
Var<T> pow(const Var<T>& x, std::type_identity_t<T> exponent) {
  return apply(ops::Power<T>{exponent}, x);
}

/// Each element to the power of the other array's, broadcast. At an element 0, the derivative with respect to the exponent
/// is 0. Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> pow(const Var<T>& x, const Var<T>& exponent) {
  return apply(ops::PowerOf<T>{}, x, exponent);
}

/// The Euclidean norm of all elements, of rank 0. Where it is 0 it has no derivative; the gradient there is taken to be 0,
/// the subgradient of least norm, and so is every higher derivative. No square over- or underflows.
template <Scalar T>
Var<T> norm(const Var<T>& x) {
  return norm(reshape(x, Shape{x.size()}), 0);
}

/// The Euclidean norm along one axis, which disappears from the shape. Throws ShapeError when there is no such axis.
template <Scalar T>
Var<T> norm(const Var<T>& x, Index axis) {
  const Index resolved = resolve_axis(axis, x.shape(), "norm");
  const Var<T> scale = ops::scale_of(x.value(), resolved);
  const Var<T> lengths = scale * ops::sqrt_flat_at_zero(sum_to(square(x / scale), scale.shape()));
  return sum(lengths, resolved);  // drops the axis of extent 1
}

/// The variance of all elements, of rank 0: the mean of the squared deviation from the mean, a sum divided by the number
/// of elements. Throws ShapeError when there are none.
template <Scalar T>
Var<T> variance(const Var<T>& x) {
  if (x.size() == 0) throw ShapeError("variance: expects at least one element   [x: " + x.shape().to_string() + "]");
  return mean(ops::squared_deviation(reshape(x, Shape{x.size()}), 0));
}

/// The variance along one axis, which disappears from the shape. Throws ShapeError when the axis does not exist or has
/// extent 0.
template <Scalar T>
Var<T> variance(const Var<T>& x, Index axis) {
  const Index resolved = resolve_axis(axis, x.shape(), "variance");
  if (x.shape()[resolved] == 0)
    throw ShapeError("variance: the axis has extent 0   [x: " + x.shape().to_string() + "]");
  return mean(ops::squared_deviation(x, resolved), resolved);
}

}  // namespace neb
