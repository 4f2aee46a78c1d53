/// Eigenvalues of symmetric matrices in double.
///
/// A matrix is one task on one thread: the same bits at any number of threads.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/symmetric_eigen.hpp"

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
  parallel_tasks(
      n, [&](Index row) { kernels::symmetric_eigen<T>(d, matrices.data() + row * d * d, out + row * d, nullptr); });
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
    kernels::symmetric_eigen(d, matrix, values + row * d, vectors + row * d * d);
    std::vector<T> rest(memory_size(d));
    for (Index k = 0; k < d; ++k) {
      const T* const v = vectors + (row * d + k) * d;
      for (Index i = 0; i < d; ++i)
        rest[static_cast<std::size_t>(i)] = bayes::inner_product(d, matrix + i * d, v) - values[row * d + k] * v[i];
      residuals[row * d + k] = std::sqrt(bayes::inner_product(d, rest.data(), rest.data()));
    }
  });
  return found;
}

}  // namespace neb
