/// Drawing rows of a data set.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// Rows `indices` of the first axis of `x` (N, ...), in that order: (indices.size(), ...).
/// Throws ShapeError when x has rank 0 or an index is outside [0, N).
template <Scalar T>
Tensor<T> gather_rows(const Tensor<T>& x, std::span<const Index> indices) {
  if (x.rank() == 0) throw ShapeError("gather_rows: expects at least one axis   [x: ()]");
  Tensor<T> gathered(x.shape().with(0, std::ssize(indices)));
  const Index row = x.shape().stride(0);
  T* out = gathered.mutable_data();
  for (const Index index : indices) {
    if (index < 0 || index >= x.shape()[0]) {
      throw ShapeError("gather_rows: row " + std::to_string(index) + " does not exist   [x: " + x.shape().to_string() +
                       "]");
    }
    out = std::copy_n(x.data() + index * row, row, out);
  }
  return gathered;
}

/// `count` rows of `x` (N, ...), each uniform and independent (with replacement): (count, ...).
/// Throws ShapeError when x has no rows, ValueError when `count` is negative.
template <Scalar T>
Tensor<T> sample_rows(const Tensor<T>& x, Index count, const Key& key) {
  if (x.rank() == 0 || x.shape()[0] == 0)
    throw ShapeError("sample_rows: expects at least one row   [x: " + x.shape().to_string() + "]");
  if (count < 0) throw ValueError("sample_rows: count is not negative, got " + std::to_string(count));
  const Key stream = key.fold("sample_rows");
  std::vector<Index> indices(static_cast<std::size_t>(count));
  for (Index draw = 0; draw < count; ++draw)
    indices[static_cast<std::size_t>(draw)] = random_index(x.shape()[0], stream, draw);
  return gather_rows(x, std::span<const Index>(indices));
}

}  // namespace neb
