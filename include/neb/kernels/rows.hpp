/// Rows by their numbers: gathering them, and adding them back where they came from.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Row k of y = row indices[k] of x, `count` rows of `length` elements.
template <class T>
void gather_rows(Index count, Index length, const Index* indices, const T* x, T* y) {
  parallel_tiles(count, pointwise_tile / (length + 1) + 1, [&](Index begin, Index end) {
    for (Index k = begin; k < end; ++k) std::copy_n(x + indices[k] * length, length, y + k * length);
  });
}

/// Row r of y = the sum of the rows k of x with indices[k] == r, in the order of k; zero where there is none.
template <class T>
void scatter_rows(Index count, Index rows, Index length, const Index* indices, const T* x, T* y) {
  if (rows == 0 || length == 0) return;
  // A task owns columns, so that rows that are named twice are added in one order.
  parallel_tiles(length, pointwise_tile / (rows + count) + 1, [&](Index begin, Index end) {
    for (Index row = 0; row < rows; ++row) std::fill(y + row * length + begin, y + row * length + end, T(0));
    for (Index k = 0; k < count; ++k) {
      T* const to = y + indices[k] * length;
      for (Index i = begin; i < end; ++i) to[i] += x[k * length + i];
    }
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
