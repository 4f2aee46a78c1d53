/// A loop that compilers turn into vector code.
#pragma once

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Calls body(i) for i in [0, n); no iteration writes what another one reads or writes.
template <class Body>
inline void vector_loop(Index n, Body&& body) {
  // GCC wants to be told below -O3. Clang sees for itself, and would warn wherever a body calls the mathematical library.
#if defined(_OPENMP) && !defined(__clang__)
#pragma omp simd
#endif
  for (Index i = 0; i < n; ++i) body(i);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
