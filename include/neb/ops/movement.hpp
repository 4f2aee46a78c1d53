/// Moving elements: transpose, slice, pad, concat.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

template <Scalar T>
Var<T> transpose(const Var<T>& x, const std::vector<Index>& order);
template <Scalar T>
Var<T> slice(const Var<T>& x, Index axis, Index begin, Index end);
template <Scalar T>
Var<T> pad(const Var<T>& x, Index axis, Index before, Index after);

namespace ops {

template <Scalar T>
struct Transpose {
  static constexpr const char* name = "transpose";
  std::vector<Index> order;

  Tensor<T> forward(const Tensor<T>& x) const {
    std::vector<Index> extents;
    std::array<Index, Shape::max_rank> strides{};
    for (const Index axis : order) {
      strides[extents.size()] = x.shape().stride(axis);
      extents.push_back(x.shape()[axis]);
    }
    Tensor<T> y{Shape(std::span<const Index>(extents))};
    kernels::copy_strided(y.shape(), strides, x.data(), y.mutable_data());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape&) const {
    std::vector<Index> inverse(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) inverse[static_cast<std::size_t>(order[k])] = static_cast<Index>(k);
    return transpose(g, inverse);
  }
};

template <Scalar T>
struct Slice {
  static constexpr const char* name = "slice";
  Index axis, begin, end;

  Tensor<T> forward(const Tensor<T>& x) const {
    const Index inner = x.shape().stride(axis);
    const Index extent = x.shape()[axis];
    Tensor<T> y(x.shape().with(axis, end - begin));
    if (y.size() > 0)
      kernels::copy_blocks(x.size() / (extent * inner), (end - begin) * inner, x.data() + begin * inner, extent * inner,
                           y.mutable_data(), (end - begin) * inner);
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape& x) const { return pad(g, axis, begin, x[axis] - end); }
};

template <Scalar T>
struct Pad {
  static constexpr const char* name = "pad";
  Index axis, before, after;

  Tensor<T> forward(const Tensor<T>& x) const {
    const Index inner = x.shape().stride(axis);
    const Index extent = x.shape()[axis];
    const Index padded = before + extent + after;
    Tensor<T> y = Tensor<T>::zeros(x.shape().with(axis, padded));
    if (x.size() > 0)
      kernels::copy_blocks(x.size() / (extent * inner), extent * inner, x.data(), extent * inner,
                           y.mutable_data() + before * inner, padded * inner);
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape& x) const { return slice(g, axis, before, before + x[axis]); }
};

template <Scalar T>
struct Concat {
  static constexpr const char* name = "concat";
  Index axis;

  Tensor<T> forward(std::span<const Var<T>> x) const {
    Index total = 0;
    for (const Var<T>& part : x) total += part.shape()[axis];
    Tensor<T> y(x[0].shape().with(axis, total));
    if (y.size() == 0) return y;
    const Index inner = y.shape().stride(axis);
    T* to = y.mutable_data();
    for (const Var<T>& part : x) {
      const Index block = part.shape()[axis] * inner;
      if (part.size() > 0)
        kernels::copy_blocks(part.size() / block, block, part.value().data(), block, to, total * inner);
      to += block;
    }
    return y;
  }
  Var<T> vjp(Index i, const Var<T>& g, std::span<const Shape> x) const {
    Index begin = 0;
    for (Index k = 0; k < i; ++k) begin += x[static_cast<std::size_t>(k)][axis];
    return slice(g, axis, begin, begin + x[static_cast<std::size_t>(i)][axis]);
  }
};

}  // namespace ops

/// x with its axes in another order: axis k of the result is axis order[k] of x. Throws ShapeError unless `order` is a
/// permutation of x's axes.
template <Scalar T>
Var<T> transpose(const Var<T>& x, const std::vector<Index>& order) {
  std::vector<Index> sorted = order, axes(static_cast<std::size_t>(x.rank()));
  std::sort(sorted.begin(), sorted.end());
  std::iota(axes.begin(), axes.end(), Index{0});
  if (sorted != axes)
    throw ShapeError("transpose: the order names every axis of x once, got " +
                     [&] {
                       std::string list;
                       for (const Index axis : order)
                         list.append(list.empty() ? "" : ", ").append(std::to_string(axis));
                       return "{" + list + "}";
                     }() +
                     "   [x: " + x.shape().to_string() + "]");
  return apply(ops::Transpose<T>{order}, x);
}

/// x: (M, N) -> (N, M). Throws ShapeError when x is not a matrix.
template <Scalar T>
Var<T> transpose(const Var<T>& x) {
  if (x.rank() != 2)
    throw ShapeError("transpose: without an order, expects a matrix   [x: " + x.shape().to_string() + "]");
  return transpose(x, {1, 0});
}

/// Positions [begin, end) of one axis. Throws ShapeError when they are not inside it.
template <Scalar T>
Var<T> slice(const Var<T>& x, Index axis, Index begin, Index end) {
  axis = resolve_axis(axis, x.shape(), "slice");
  if (begin < 0 || end < begin || end > x.shape()[axis])
    throw ShapeError("slice: [" + std::to_string(begin) + ", " + std::to_string(end) + ") is not inside axis " +
                     std::to_string(axis) + "   [x: " + x.shape().to_string() + "]");
  return apply(ops::Slice<T>{axis, begin, end}, x);
}

/// x with `before` zeros in front of one axis and `after` behind it. Throws ShapeError when either is negative, or when
/// they are more than an Index can count.
template <Scalar T>
Var<T> pad(const Var<T>& x, Index axis, Index before, Index after) {
  axis = resolve_axis(axis, x.shape(), "pad");
  if (before < 0 || after < 0)
    throw ShapeError("pad: the padding is not negative, got " + std::to_string(before) + " and " +
                     std::to_string(after) + "   [x: " + x.shape().to_string() + "]");
  if (before > std::numeric_limits<Index>::max() - x.shape()[axis] - after)
    throw ShapeError("pad: " + std::to_string(before) + " and " + std::to_string(after) +
                     " are too many to index   [x: " + x.shape().to_string() + "]");
  return apply(ops::Pad<T>{axis, before, after}, x);
}

/// The arrays joined along one axis. Throws ShapeError when there are none or another extent differs.
template <Scalar T>
Var<T> concat(const std::vector<Var<T>>& x, Index axis) {
  if (x.empty()) throw ShapeError("concat: expects at least one array");
  axis = resolve_axis(axis, x[0].shape(), "concat");
  for (const Var<T>& part : x)
    if (part.rank() != x[0].rank() || part.shape().with(axis, 0) != x[0].shape().with(axis, 0))
      throw ShapeError("concat: extents other than that of axis " + std::to_string(axis) + " are equal   [first: " +
                       x[0].shape().to_string() + ", other: " + part.shape().to_string() + "]");
  return apply(ops::Concat<T>{axis}, x);
}

}  // namespace neb
