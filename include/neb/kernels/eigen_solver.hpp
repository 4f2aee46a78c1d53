/// Eigenvalues of symmetric matrices by Eigen's solver.
#pragma once

#include <algorithm>

#if defined(__GNUC__) && !defined(__clang__)  // as in kernels/eigen_gemm.hpp
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Eigenvalues>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/single_threaded_eigen.hpp"
#include "neb/kernels/symmetric_eigen.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// Hands over what Eigen found: ascending, with eigenvectors in columns.
template <class T, class Solver>
void copy_descending(const Solver& solver, T* values, T* vectors) {
  if (solver.info() != Eigen::Success) throw Error("symmetric_eigen: Eigen's solver has not converged");
  const Index n = solver.eigenvalues().size();
  std::reverse_copy(solver.eigenvalues().data(), solver.eigenvalues().data() + n, values);
  if (vectors == nullptr) return;
  for (Index k = 0; k < n; ++k) std::copy_n(solver.eigenvectors().data() + (n - 1 - k) * n, n, vectors + k * n);
}

template <class T>
using SymmetricSolver = Eigen::SelfAdjointEigenSolver<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>>;

}  // namespace detail

template <class T>
void symmetric_eigen(Index n, const T* a, T* values, T* vectors) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  const neb::detail::SingleThreadedEigen guard;
  const int wanted = vectors == nullptr ? Eigen::EigenvaluesOnly : Eigen::ComputeEigenvectors;
  detail::copy_descending(detail::SymmetricSolver<T>(Eigen::Map<const Matrix>(a, n, n), wanted), values, vectors);
}

template <class T>
void tridiagonal_eigen(Index n, const T* diagonal, const T* below, T* values, T* vectors) {
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  detail::SymmetricSolver<T> solver;
  solver.computeFromTridiagonal(Eigen::Map<const Vector>(diagonal, n), Eigen::Map<const Vector>(below, n - 1));
  detail::copy_descending(solver, values, vectors);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
