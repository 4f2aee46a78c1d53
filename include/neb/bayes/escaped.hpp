/// Walks and flows that have left the data: the energy of a network need not be coercive, and where no noisy sample is it
/// has learned nothing.
#pragma once

#include <cmath>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// Beyond this, in data units, no sample with noise is ever found, for data in [0, 1] or [-1, 1]; not from the paper.
inline constexpr double escape_bound = 10;

/// Whether y, a point of d numbers, has left the data: a number is not finite, or outside [-bound, bound].
template <Scalar T>
bool escaped(Index d, const T* y, double bound = escape_bound) {
  for (Index i = 0; i < d; ++i)
    if (!is_finite(y[i]) || std::abs(static_cast<double>(y[i])) > bound) return true;
  return false;
}

/// The same of each row of y: (N, ...). Throws ShapeError when y is not a batch.
template <Scalar T>
std::vector<bool> escaped(const Tensor<T>& y, double bound = escape_bound) {
  if (y.rank() < 1) throw ShapeError("escaped: expects a batch (N, ...)   [y: " + y.shape().to_string() + "]");
  const Index d = y.shape().stride(0);
  std::vector<bool> rows;
  for (Index row = 0; row < y.shape()[0]; ++row) rows.push_back(escaped(d, y.data() + row * d, bound));
  return rows;
}

}  // namespace neb
