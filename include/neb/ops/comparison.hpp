/// Comparisons, and choosing by them: less, greater, equal, sign, where.
///
/// A comparison is a step function: its derivative is zero wherever it exists, so its result is a constant.
#pragma once

#include <type_traits>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

template <Scalar T>
Var<T> where(const Var<T>& condition, const std::type_identity_t<Var<T>>& a, const std::type_identity_t<Var<T>>& b);

namespace ops {

/// 1 where `holds(a, b)`, 0 elsewhere, broadcast; a constant.
template <Scalar T, class F>
Var<T> compare(const char* name, const Var<T>& a, const Var<T>& b, F holds) {
  return Var<T>::constant(
      broadcast(name, a.value(), b.value(), [holds](T p, T q) { return holds(p, q) ? T(1) : T(0); }));
}

template <Scalar T>
struct Where {
  static constexpr const char* name = "where";
  Tensor<T> condition;

  // A choice, not a product with the condition: what is not chosen may be infinite or NaN.
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    Tensor<T> y(a.shape());
    kernels::map(
        y.size(), y.mutable_data(), [](T c, T p, T q) { return c != T(0) ? p : q; }, condition.data(), a.data(),
        b.data());
    return y;
  }
  Var<T> vjp(Index i, const Var<T>& g, const Shape&, const Shape&) const {
    const Var<T> chosen = Var<T>::constant(condition), nothing = number(T(0));
    return i == 0 ? where(chosen, g, nothing) : where(chosen, nothing, g);
  }
};

}  // namespace ops

/// 1 where a < b and 0 elsewhere (also at a NaN), broadcast; a constant. Throws ShapeError when the shapes do not fit; so
/// do the other comparisons.
template <Scalar T>
Var<T> less(const Var<T>& a, const Var<T>& b) {
  return ops::compare("less", a, b, [](T p, T q) { return p < q; });
}
/// The same with a number.
template <Scalar T>
Var<T> less(const Var<T>& a, std::type_identity_t<T> b) {
  return less(a, ops::number(b));
}

/// 1 where a > b and 0 elsewhere.
template <Scalar T>
Var<T> greater(const Var<T>& a, const Var<T>& b) {
  return ops::compare("greater", a, b, [](T p, T q) { return p > q; });
}
/// The same with a number.
template <Scalar T>
Var<T> greater(const Var<T>& a, std::type_identity_t<T> b) {
  return greater(a, ops::number(b));
}

/// 1 where a == b and 0 elsewhere.
template <Scalar T>
Var<T> equal(const Var<T>& a, const Var<T>& b) {
  return ops::compare("equal", a, b, [](T p, T q) { return p == q; });
}
/// The same with a number.
template <Scalar T>
Var<T> equal(const Var<T>& a, std::type_identity_t<T> b) {
  return equal(a, ops::number(b));
}

/// -1, 0 or 1, as each element is below, at or above zero; a constant.
template <Scalar T>
Var<T> sign(const Var<T>& x) {
  return ops::compare("sign", x, ops::number(T(0)), [](T p, T q) { return p > q; }) - less(x, 0);
}

/// a where the condition is not 0, and b elsewhere, all three broadcast. No gradient flows into the condition, nor into
/// what was not chosen; an infinite derivative of that would still turn its zero cotangent into NaN, so choose the argument
/// of a function rather than its result. Throws ShapeError when the shapes do not fit.
template <Scalar T>
Var<T> where(const Var<T>& condition, const std::type_identity_t<Var<T>>& a, const std::type_identity_t<Var<T>>& b) {
  const Shape shape = broadcast_shapes(broadcast_shapes(a.shape(), b.shape(), "where"), condition.shape(), "where");
  return apply(ops::Where<T>{broadcast_to(condition.detach(), shape).value()}, broadcast_to(a, shape),
               broadcast_to(b, shape));
}
/// The same with a number for b.
template <Scalar T>
Var<T> where(const Var<T>& condition, const std::type_identity_t<Var<T>>& a, std::type_identity_t<T> b) {
  return where(condition, a, ops::number(b));
}
/// The same with a number for a.
template <Scalar T>
Var<T> where(const Var<T>& condition, std::type_identity_t<T> a, const std::type_identity_t<Var<T>>& b) {
  return where(condition, ops::number(a), b);
}

}  // namespace neb
