/// Sums and means, and broadcasting: a sum over axes and a broadcast are each other's vjp.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/kernels/reduce.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

template <Scalar T>
Var<T> sum_to(const Var<T>& x, const Shape& shape);
template <Scalar T>
Var<T> broadcast_to(const Var<T>& x, const Shape& shape);

namespace ops {

/// Whether an array of `shape` broadcasts to `target` under NumPy's rule.
inline bool broadcasts_to(const Shape& shape, const Shape& target) {
  if (shape.rank() > target.rank()) return false;
  for (Index back = 1; back <= shape.rank(); ++back) {
    const Index extent = shape[shape.rank() - back];
    if (extent != 1 && extent != target[target.rank() - back]) return false;
  }
  return true;
}

template <Scalar T>
struct SumTo {
  static constexpr const char* name = "sum_to";
  Shape shape;

  Tensor<T> forward(const Tensor<T>& x) const {
    // One pass for each run of neighbouring axes that are summed; the last run first, so that the data shrinks early.
    Tensor<T> rest = x;
    Index inner = 1;
    for (Index axis = x.rank() - 1; axis >= 0;) {
      if (!is_summed(axis, x.shape())) {
        inner *= x.shape()[axis--];
        continue;
      }
      Index reduced = 1;
      for (; axis >= 0 && is_summed(axis, x.shape()); --axis) reduced *= x.shape()[axis];
      Index outer = 1;
      for (Index k = 0; k <= axis; ++k) outer *= x.shape()[k];
      Tensor<T> sums(Shape{outer, inner});
      kernels::reduce_axis(outer, reduced, inner, rest.data(), sums.mutable_data(), T(0),
                           [](T a, T b) { return a + b; });
      rest = std::move(sums);
    }
    return std::move(rest).reshaped(shape);
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape& x) const { return broadcast_to(g, x); }

 private:
  bool is_summed(Index axis, const Shape& from) const {
    const Index own = axis - (from.rank() - shape.rank());
    return own < 0 || (shape[own] == 1 && from[axis] != 1);
  }
};

template <Scalar T>
struct BroadcastTo {
  static constexpr const char* name = "broadcast_to";
  Shape shape;

  Tensor<T> forward(const Tensor<T>& x) const {
    Tensor<T> y(shape);
    kernels::map_broadcast(
        shape, y.mutable_data(), [](T a, T) { return a; }, x.data(), x.shape(), x.data(), x.shape());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape& x) const { return sum_to(g, x); }
};

}  // namespace ops

/// x summed over the axes along which an array of `shape` would be broadcast to x's shape; the result has `shape`.
/// Throws ShapeError when `shape` does not broadcast to x's.
template <Scalar T>
Var<T> sum_to(const Var<T>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (!ops::broadcasts_to(shape, x.shape()))
    throw ShapeError("sum_to: " + shape.to_string() + " does not broadcast to x   [x: " + x.shape().to_string() + "]");
  return apply(ops::SumTo<T>{shape}, x);
}

/// x repeated along its axes of extent 1, and along new axes in front, to `shape`.
/// Throws ShapeError when x does not broadcast to `shape`.
template <Scalar T>
Var<T> broadcast_to(const Var<T>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (!ops::broadcasts_to(x.shape(), shape))
    throw ShapeError("broadcast_to: x does not broadcast to " + shape.to_string() + "   [x: " + x.shape().to_string() +
                     "]");
  return apply(ops::BroadcastTo<T>{shape}, x);
}

/// The sum of all elements, of rank 0.
template <Scalar T>
Var<T> sum(const Var<T>& x) {
  return sum_to(x, Shape{});
}

/// The sum over `axes` (negative: from the end), which disappear from the shape. Throws ShapeError when one does not exist.
template <Scalar T>
Var<T> sum(const Var<T>& x, std::initializer_list<Index> axes) {
  std::array<bool, Shape::max_rank> summed{};
  Shape kept = x.shape();
  for (const Index axis : axes) {
    const Index resolved = resolve_axis(axis, x.shape(), "sum");
    summed[static_cast<std::size_t>(resolved)] = true;
    kept = kept.with(resolved, 1);
  }
  std::vector<Index> extents;
  for (Index axis = 0; axis < x.rank(); ++axis)
    if (!summed[static_cast<std::size_t>(axis)]) extents.push_back(x.shape()[axis]);
  return reshape(sum_to(x, kept), Shape(std::span<const Index>(extents)));
}

/// The sum over one axis, which disappears from the shape.
template <Scalar T>
Var<T> sum(const Var<T>& x, Index axis) {
  return sum(x, {axis});
}

}  // namespace neb
