/// Drawing rows of a data set.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/ops/rows.hpp"

namespace neb {

/// `count` rows of `x` (N, ...), each uniform and independent (with replacement): (count, ...).
/// Throws ShapeError when x has no rows, ValueError when `count` is negative.
template <Scalar T>
Tensor<T> sample_rows(const Tensor<T>& x, Index count, const Key& key) {
  if (x.rank() == 0 || x.shape()[0] == 0)
    throw ShapeError("sample_rows: expects at least one row   [x: " + x.shape().to_string() + "]");
  if (count < 0) throw ValueError("sample_rows: count is not negative, got " + std::to_string(count));
  const Key stream = key.fold("sample_rows");
  std::vector<Index> indices(memory_size(count));
  for (Index draw = 0; draw < count; ++draw)
    indices[static_cast<std::size_t>(draw)] = random_index(x.shape()[0], stream, draw);
  return gather_rows(x, indices);
}

}  // namespace neb
