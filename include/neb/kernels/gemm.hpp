/// General matrix product C (+)= A B, with the same bits at any number of threads.
#pragma once

#include <type_traits>

#include "neb/core/shape.hpp"
#include "neb/kernels/gemm_operand.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// C (m,n) = A (m,k) B (k,n), or += with Update::add; row-major, `c_stride` elements between rows of C. Where A is not
/// transposed, a row of C has the same bits whatever the other rows are and however many, in float and double.
template <class T>
void gemm(Index m, Index n, Index k, const std::type_identity_t<Operand<T>>& a,
          const std::type_identity_t<Operand<T>>& b, T* c, Index c_stride, Update update = Update::replace);

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

// How it is computed; not needed by who links neb::kernels, which hold it.
#ifndef NEB_COMPILED_KERNELS
#include "neb/kernels/gemm_rungs.hpp"
#endif
