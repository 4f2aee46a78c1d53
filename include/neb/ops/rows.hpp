/// Rows by their numbers: gather_rows and scatter_rows are each other's vjp.
#pragma once

#include <string>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/rows.hpp"

namespace neb {

template <Scalar T>
Var<T> gather_rows(const Var<T>& x, const std::vector<Index>& indices);
template <Scalar T>
Var<T> scatter_rows(const Var<T>& x, const std::vector<Index>& indices, Index rows);

namespace ops {

inline void check_rows(const char* operation, const std::vector<Index>& indices, Index rows, const Shape& x) {
  for (const Index index : indices)
    if (index < 0 || index >= rows)
      throw ShapeError(std::string(operation) + ": row " + std::to_string(index) +
                       " does not exist   [x: " + x.to_string() + ", rows: " + std::to_string(rows) + "]");
}

}  // namespace ops

/// The rows of x: (N, ...) with the given numbers, in their order: (indices.size(), ...). A row may be named twice.
/// Throws ShapeError for a scalar, and for a number outside [0, N).
template <Scalar T>
Tensor<T> gather_rows(const Tensor<T>& x, const std::vector<Index>& indices) {
  if (x.rank() == 0) throw ShapeError("gather_rows: expects at least one axis   [x: ()]");
  ops::check_rows("gather_rows", indices, x.shape()[0], x.shape());
  const Index count = std::ssize(indices);
  Tensor<T> y(x.shape().with(0, count));
  kernels::gather_rows(count, x.shape().stride(0), indices.data(), x.data(), y.mutable_data());
  return y;
}

namespace ops {

template <Scalar T>
struct GatherRows {
  static constexpr const char* name = "gather_rows";
  std::vector<Index> indices;

  Tensor<T> forward(const Tensor<T>& x) const { return neb::gather_rows(x, indices); }
  Var<T> vjp(Index, const Var<T>& g, const Shape& x) const { return scatter_rows(g, indices, x[0]); }
};

template <Scalar T>
struct ScatterRows {
  static constexpr const char* name = "scatter_rows";
  std::vector<Index> indices;
  Index rows;

  Tensor<T> forward(const Tensor<T>& x) const {
    Tensor<T> y(x.shape().with(0, rows));
    kernels::scatter_rows(std::ssize(indices), rows, x.shape().stride(0), indices.data(), x.data(), y.mutable_data());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape&) const { return gather_rows(g, indices); }
};

}  // namespace ops

/// The same for a variable.
template <Scalar T>
Var<T> gather_rows(const Var<T>& x, const std::vector<Index>& indices) {
  return apply(ops::GatherRows<T>{indices}, x);
}

/// The rows of x: (indices.size(), ...) added into zeros of shape (rows, ...), each at its number.
/// Throws ShapeError unless x has one row for each index and every number is in [0, rows).
template <Scalar T>
Var<T> scatter_rows(const Var<T>& x, const std::vector<Index>& indices, Index rows) {
  if (x.rank() == 0 || x.shape()[0] != std::ssize(indices))
    throw ShapeError("scatter_rows: expects one row for each of " + std::to_string(indices.size()) +
                     " indices   [x: " + x.shape().to_string() + "]");
  if (rows < 0) throw ShapeError("scatter_rows: the number of rows is not negative, got " + std::to_string(rows));
  ops::check_rows("scatter_rows", indices, rows, x.shape());
  return apply(ops::ScatterRows<T>{indices, rows}, x);
}

}  // namespace neb
