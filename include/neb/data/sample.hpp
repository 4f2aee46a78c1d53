/// Drawing rows of a data set.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/ops/rows.hpp"

namespace neb {

/// `count` rows of `x` (N, ...), each uniform and independent (with replacement): (count, ...). They are draws number `first`
/// and following of the key. Throws ShapeError when x has no rows, ValueError when `count` is negative.
template <Scalar T>
Tensor<T> sample_rows(const Tensor<T>& x, Index count, const Key& key, Index first = 0) {
  if (x.rank() == 0 || x.shape()[0] == 0)
    throw ShapeError("sample_rows: expects at least one row   [x: " + x.shape().to_string() + "]");
  if (count < 0) throw ValueError("sample_rows: count is not negative, got " + std::to_string(count));
  const Key stream = key.fold("sample_rows");
  std::vector<Index> indices(memory_size(count));
  for (Index draw = 0; draw < count; ++draw)
    indices[static_cast<std::size_t>(draw)] = random_index(x.shape()[0], stream, first + draw);
  return gather_rows(x, indices);
}

/// The mean over the rows of `x` (N, ...): (...), added up in double. Throws ShapeError when x has no rows.
template <Scalar T>
Tensor<T> mean_row(const Tensor<T>& x) {
  if (x.rank() == 0 || x.shape()[0] == 0)
    throw ShapeError("mean_row: expects at least one row   [x: " + x.shape().to_string() + "]");
  const Index rows = x.shape()[0], d = x.shape().stride(0);
  std::vector<double> sums(memory_size(d));
  for (Index i = 0; i < x.size(); ++i) sums[static_cast<std::size_t>(i % d)] += static_cast<double>(x.data()[i]);
  const Shape row(std::span<const Index>(x.shape().begin() + 1, x.shape().end()));
  Tensor<T> mean(row);
  for (Index p = 0; p < d; ++p)
    mean.mutable_data()[p] = static_cast<T>(sums[static_cast<std::size_t>(p)] / static_cast<double>(rows));
  return mean;
}

}  // namespace neb
