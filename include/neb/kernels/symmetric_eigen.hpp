/// Eigenvalues and eigenvectors of a symmetric matrix, on one thread.
#pragma once

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// The eigenvalues of the symmetric matrix a (n, n) in double, the largest first: values (n). Their eigenvectors, each of
/// length 1, are the rows of vectors (n, n), unless that is null. Throws Error where they have not converged.
template <class T>
void symmetric_eigen(Index n, const T* a, T* values, T* vectors);

/// The same of a symmetric tridiagonal matrix, from its diagonal (n) and what is below it (n - 1), with n > 0; vectors is not
/// null here.
template <class T>
void tridiagonal_eigen(Index n, const T* diagonal, const T* below, T* values, T* vectors);

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

// How they are computed; not needed by who links neb::kernels, which hold it.
#ifndef NEB_COMPILED_KERNELS
#include "neb/kernels/eigen_solver.hpp"
#endif
