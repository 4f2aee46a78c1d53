/// General matrix product C (+)= A B, with the same bits at any number of threads.
#pragma once

#include <type_traits>
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

/// C (m,n) = A (m,k) B (k,n), or += with Update::add; row-major, `c_stride` elements between rows of C.
template <class T>
void gemm(Index m, Index n, Index k, const std::type_identity_t<Operand<T>>& a,
          const std::type_identity_t<Operand<T>>& b, T* c, Index c_stride, Update update = Update::replace);

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

// How it is computed; not needed by who links neb::kernels, which hold it.
#ifndef NEB_COMPILED_KERNELS
#include "neb/kernels/eigen_gemm.hpp"
#endif
