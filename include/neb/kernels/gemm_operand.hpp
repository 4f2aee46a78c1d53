/// What a matrix product reads, and what becomes of its result.
#pragma once

#include <utility>

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

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
