/// Distances between the points of two sets.
#pragma once

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/squared_distances.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

namespace ops {

template <Scalar T>
struct SquaredDistances {
  static constexpr const char* name = "squared_distances";

  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    const Index rows = a.shape()[0], columns = b.shape()[0];
    Tensor<T> y(Shape{rows, columns});
    kernels::squared_distances(rows, columns, a.shape()[1], a.data(), b.data(), y.mutable_data());
    return y;
  }
  /// A subtraction, a product and a sum for each coordinate of each pair.
  static double flops(const Shape& y, const Shape& a, const Shape&) {
    return 3 * static_cast<double>(y.size()) * static_cast<double>(a[1]);
  }
  Var<T> vjp(Index i, const Var<T>& g, const Var<T>& a, const Var<T>& b) const {
    // Each point is pulled towards those of the other set, as strongly as g says: 2 sum_j g_ij (a_i - b_j).
    const Var<T>&own = i == 0 ? a : b, &other = i == 0 ? b : a;
    const Shape column{own.shape()[0], 1};
    const Var<T> total = i == 0 ? sum_to(g, column) : reshape(sum(g, 0), column);
    return T(2) * (own * total - matmul(g, other, {.transpose_a = i == 1}));
  }
};

}  // namespace ops

/// |a_i - b_j|^2 of all pairs of points a: (M, D) and b: (N, D), giving (M, N), each right to a few roundings of its own
/// size. The derivative is right to roundings of the coordinates: points far from the origin are moved there first.
/// Throws ShapeError unless both are matrices with rows of one length.
template <Scalar T>
Var<T> squared_distances(const Var<T>& a, const Var<T>& b) {
  if (a.rank() != 2 || b.rank() != 2 || a.shape()[1] != b.shape()[1])
    throw ShapeError("squared_distances: expects two matrices with rows of one length   [a: " + a.shape().to_string() +
                     ", b: " + b.shape().to_string() + "]");
  return apply(ops::SquaredDistances<T>{}, a, b);
}

}  // namespace neb
