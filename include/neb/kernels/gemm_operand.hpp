/// What a matrix product reads, and what becomes of its result.
#pragma once

#include <algorithm>
#include <utility>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Whether a stored matrix enters a product as it is or as its transpose.
enum class Transpose { no, yes };

/// Whether a product replaces what the result held or is added to it.
enum class Update { replace, add };

/// A row-major matrix to read: `stride` elements from one stored row to the next.
template <class T>
struct Operand {
  const T* data = nullptr;
  Index stride = 0;
  Transpose transpose = Transpose::no;

  /// The operand without its first `row` rows and `column` columns, counted after transposing.
  Operand from(Index row, Index column) const {
    if (transpose == Transpose::yes) std::swap(row, column);
    return {data + row * stride + column, stride, transpose};
  }
};

namespace detail {

/// c (m,n) (+)= the sum of `parts` products (m,n), which lie one after the other and are added in order.
template <class T>
void sum_products(Index m, Index n, Index parts, const T* products, T* c, Index c_stride, Update update) {
  parallel_tiles(m, std::max<Index>(1, 4096 / n), [&](Index first, Index last) {
    for (Index part = 0; part < parts; ++part)
      for (Index row = first; row < last; ++row)
        for (Index column = 0; column < n; ++column) {
          const T product = products[(part * m + row) * n + column];
          T& sum = c[row * c_stride + column];
          sum = part > 0 || update == Update::add ? sum + product : product;
        }
  });
}

}  // namespace detail

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
