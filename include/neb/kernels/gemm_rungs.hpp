/// The two kernels of the matrix product, and the entry point that calls one.
#pragma once

#include <type_traits>

#include "neb/core/shape.hpp"
#include "neb/kernels/eigen_gemm.hpp"
#include "neb/kernels/gemm.hpp"
#include "neb/kernels/gemm_operand.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/packed_gemm.hpp"
#include "neb/kernels/register_tile.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

template <class T>
void gemm(Index m, Index n, Index k, const std::type_identity_t<Operand<T>>& a,
          const std::type_identity_t<Operand<T>>& b, T* c, Index c_stride, Update update) {
  if (k == 0 && update == Update::replace) detail::zero_rows(m, n, c, c_stride);
  if (m == 0 || n == 0 || k == 0) return;
  if constexpr (sizeof(T) <= sizeof(double)) {  // what registers hold
    // Eigen copies a transposed A, which is a large part of the work where few columns use the copy.
    if (a.transpose == Transpose::no || n <= tile_columns<T>) return packed_gemm(m, n, k, a, b, c, c_stride, update);
  } else if (a.transpose == Transpose::no) {
    return eigen_gemm<Eigen::RowMajor>(m, n, k, a, b, c, c_stride, update);
  }
  eigen_gemm<Eigen::ColMajor>(m, n, k, a, b, c, c_stride, update);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
