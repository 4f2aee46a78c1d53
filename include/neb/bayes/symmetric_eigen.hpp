/// Eigenvalues of symmetric matrices in double, by Eigen's solver.
///
/// A matrix is one task on one thread: the same bits at any number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#if defined(__GNUC__) && !defined(__clang__)  // as in kernels/eigen_gemm.hpp
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Eigenvalues>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/single_threaded_eigen.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// Eigenpairs of a batch of N symmetric operators on vectors of the shape (...), the largest eigenvalue of each first.
struct Eigenpairs {
  Tensor<double> values;     ///< (N, K)
  Tensor<double> vectors;    ///< (N, K, ...), each of length 1
  Tensor<double> residuals;  ///< |A v - value v|: (N, K). An eigenvalue of A lies no farther than that from the value
  Index products = 0;        ///< of the operators with a batch of vectors
};

namespace bayes {

/// The sum of a[i] b[i]; eight sums at once, so that one addition need not wait for the one before.
inline double inner_product(Index d, const double* a, const double* b) {
  std::array<double, 8> lanes{};
  Index i = 0;
  for (; i + 8 <= d; i += 8)
    for (Index k = 0; k < 8; ++k) lanes[static_cast<std::size_t>(k)] += a[i + k] * b[i + k];
  for (Index k = 0; i + k < d; ++k) lanes[static_cast<std::size_t>(k)] += a[i + k] * b[i + k];
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

/// y += factor x.
inline void add_multiple(Index d, double factor, const double* x, double* y) {
  for (Index i = 0; i < d; ++i) y[i] += factor * x[i];
}

/// Eigen's solver: eigenvalues in ascending order, eigenvectors in columns.
template <std::same_as<double> T>
using SymmetricSolver = Eigen::SelfAdjointEigenSolver<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>>;

/// What Eigen finds, or an Error where it has not converged.
template <class Solver>
Solver solved(Solver solver) {
  if (solver.info() != Eigen::Success) throw Error("symmetric_eigen: Eigen's solver has not converged");
  return solver;
}

/// The symmetric (d, d) matrix that begins at a.
template <std::same_as<double> T>
SymmetricSolver<T> solve_symmetric(Index d, const T* a, int options) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  const neb::detail::SingleThreadedEigen guard;
  return solved(SymmetricSolver<T>(Eigen::Map<const Matrix>(a, d, d), options));
}

/// The symmetric tridiagonal matrix of a diagonal and the one below it, one shorter, with eigenvectors.
template <std::same_as<double> T>
SymmetricSolver<T> solve_tridiagonal(std::span<const T> diagonal, std::span<const T> below) {
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  SymmetricSolver<T> solver;
  solver.computeFromTridiagonal(Eigen::Map<const Vector>(diagonal.data(), std::ssize(diagonal)),
                                Eigen::Map<const Vector>(below.data(), std::ssize(below)));
  return solved(std::move(solver));
}

inline void check_symmetric_batch(const Tensor<double>& matrices) {
  if (matrices.rank() != 3 || matrices.shape()[1] != matrices.shape()[2])
    throw ShapeError("symmetric_eigen: expects square matrices (N, d, d)   [matrices: " + matrices.shape().to_string() +
                     "]");
  if (first_not_finite(matrices.size(), matrices.data()) < matrices.size())
    throw ValueError("symmetric_eigen: an element of the matrices is not finite");
}

}  // namespace bayes

/// All eigenvalues of symmetric matrices (N, d, d), the largest of each first: (N, d). T is double always; it is a template, so
/// that files which include this and do not use it need not compile a solver. Throws ShapeError for other shapes, ValueError
/// unless all elements are finite.
template <std::same_as<double> T>
Tensor<T> symmetric_eigenvalues(const Tensor<T>& matrices) {
  bayes::check_symmetric_batch(matrices);
  const Index n = matrices.shape()[0], d = matrices.shape()[1];
  Tensor<T> values({n, d});
  T* const out = values.mutable_data();
  parallel_tasks(n, [&](Index row) {
    const bayes::SymmetricSolver<T> solved =
        bayes::solve_symmetric(d, matrices.data() + row * d * d, Eigen::EigenvaluesOnly);
    std::reverse_copy(solved.eigenvalues().data(), solved.eigenvalues().data() + d, out + row * d);
  });
  return values;
}

/// All eigenpairs of symmetric matrices (N, d, d), the largest eigenvalue of each first. Throws ShapeError for other shapes,
/// ValueError unless all elements are finite.
template <std::same_as<double> T>
Eigenpairs symmetric_eigenpairs(const Tensor<T>& matrices) {
  bayes::check_symmetric_batch(matrices);
  const Index n = matrices.shape()[0], d = matrices.shape()[1];
  Eigenpairs found{Tensor<T>({n, d}), Tensor<T>({n, d, d}), Tensor<T>({n, d})};
  T *const values = found.values.mutable_data(), *const vectors = found.vectors.mutable_data(),
           *const residuals = found.residuals.mutable_data();
  parallel_tasks(n, [&](Index row) {
    const T* const matrix = matrices.data() + row * d * d;
    const bayes::SymmetricSolver<T> solved = bayes::solve_symmetric(d, matrix, Eigen::ComputeEigenvectors);
    std::vector<T> rest(memory_size(d));
    for (Index k = 0; k < d; ++k) {
      const Index from = d - 1 - k;  // Eigen's are ascending, a vector is a column
      T* const v = vectors + (row * d + k) * d;
      std::copy_n(solved.eigenvectors().data() + from * d, d, v);
      values[row * d + k] = solved.eigenvalues()[from];
      for (Index i = 0; i < d; ++i)
        rest[static_cast<std::size_t>(i)] = bayes::inner_product(d, matrix + i * d, v) - values[row * d + k] * v[i];
      residuals[row * d + k] = std::sqrt(bayes::inner_product(d, rest.data(), rest.data()));
    }
  });
  return found;
}

}  // namespace neb

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
