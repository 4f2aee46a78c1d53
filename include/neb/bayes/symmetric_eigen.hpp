/// Eigenvalues of symmetric matrices in double: Householder's reflections to a tridiagonal matrix, then QL with implicit shifts
/// (Dubrulle, Martin & Wilkinson 1968; Golub & Van Loan, Matrix computations, Sec. 8.3).
///
/// A matrix is one task on one thread, and its sums have one order: the same bits at any number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
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

/// A symmetric tridiagonal matrix.
struct Tridiagonal {
  std::vector<double> diagonal;  ///< m numbers
  std::vector<double> below;     ///< the diagonal below, m - 1 numbers
};

/// Turns the diagonal of t into its eigenvalues, in no order, and t.below into zeros. What turns t into a diagonal is applied to
/// `rows` as well, m rows of `width` numbers: from the unit matrix, row i becomes the eigenvector of value i; from the last
/// column of the unit matrix, the last element of that eigenvector.
inline void diagonalise(Tridiagonal& t, Index width, double* rows) {
  std::vector<double>& d = t.diagonal;
  std::vector<double>& e = t.below;
  const Index m = std::ssize(d);
  const auto at = [](Index i) { return static_cast<std::size_t>(i); };
  // Beside the largest element: rounding has left as much of those that are nearly zero, so they need not be told apart.
  double largest = 0;
  for (Index i = 0; i < m; ++i) largest = std::max({largest, std::abs(d[at(i)]), i + 1 < m ? std::abs(e[at(i)]) : 0});
  const double negligible = std::numeric_limits<double>::epsilon() * largest;
  for (Index first = 0; first + 1 < m; ++first) {
    for (int round = 0;; ++round) {
      Index last = first;  // of the block that begins here, which ends where the matrix falls apart
      while (last + 1 < m && std::abs(e[at(last)]) > negligible) ++last;
      if (last == first) break;
      if (round == 100) throw Error("symmetric_eigen: QL has not converged");
      const double half_gap = (d[at(first + 1)] - d[at(first)]) / (2 * e[at(first)]);
      const double shift = d[at(first)] - e[at(first)] / (half_gap + std::copysign(std::hypot(half_gap, 1), half_gap));
      // A rotation that begins QL with this shift fills an element beside the diagonals; others chase it up and out.
      double cosine = 1, sine = 1, carried = 0, bulge = d[at(last)] - shift;
      Index i = last - 1;
      for (; i >= first; --i) {
        const double across = sine * e[at(i)], along = cosine * e[at(i)];
        const double length = std::hypot(across, bulge);
        if (i + 1 < last) e[at(i + 1)] = length;
        if (length == 0) {  // the matrix fell apart on the way
          d[at(i + 1)] -= carried;
          break;
        }
        sine = across / length;
        cosine = bulge / length;
        const double rest = d[at(i + 1)] - carried, turned = (d[at(i)] - rest) * sine + 2 * cosine * along;
        carried = sine * turned;
        d[at(i + 1)] = rest + carried;
        bulge = cosine * turned - along;
        double* const low = rows + i * width;
        double* const high = low + width;
        for (Index k = 0; k < width; ++k) {
          const double x = low[k], y = high[k];
          high[k] = sine * x + cosine * y;
          low[k] = cosine * x - sine * y;
        }
      }
      if (i >= first) continue;
      d[at(first)] -= carried;
      e[at(first)] = bulge;
    }
    e[at(first)] = 0;
  }
}

/// The tridiagonal matrix Q^T A Q of the symmetric (d, d) matrix a, which is destroyed; with `basis`, Q^T is written there, (d, d).
inline Tridiagonal tridiagonalise(Index d, double* a, double* basis = nullptr) {
  Tridiagonal t{std::vector<double>(memory_size(d)), std::vector<double>(memory_size(std::max<Index>(d - 1, 0)))};
  std::vector<double> p(memory_size(d)), factors(memory_size(d));
  for (Index k = 0; k < d; ++k) {
    t.diagonal[static_cast<std::size_t>(k)] = a[k * d + k];
    if (k + 1 == d) break;
    // I - factor v v^T takes what is right of the diagonal in row k to one number; v stays in that row.
    double* const v = a + k * d + k + 1;
    const Index rest = d - k - 1;
    const double length = std::sqrt(inner_product(rest, v, v)), alpha = -std::copysign(length, v[0]);
    t.below[static_cast<std::size_t>(k)] = rest > 1 ? alpha : v[0];
    if (rest == 1 || length == 0) {
      if (rest > 1) t.below[static_cast<std::size_t>(k)] = 0;
      continue;
    }
    v[0] -= alpha;
    const double factor = 2 / inner_product(rest, v, v);
    factors[static_cast<std::size_t>(k)] = factor;
    std::fill_n(p.data(), rest, 0.0);
    for (Index i = 0; i < rest; ++i) add_multiple(rest, factor * v[i], a + (k + 1 + i) * d + k + 1, p.data());
    add_multiple(rest, -factor / 2 * inner_product(rest, p.data(), v), v, p.data());
    for (Index i = 0; i < rest; ++i) {
      double* const row = a + (k + 1 + i) * d + k + 1;
      add_multiple(rest, -v[i], p.data(), row);
      add_multiple(rest, -p[static_cast<std::size_t>(i)], v, row);
    }
  }
  if (basis == nullptr) return t;
  std::fill_n(basis, d * d, 0.0);
  for (Index i = 0; i < d; ++i) basis[i * d + i] = 1;
  for (Index k = d - 2; k >= 0; --k) {
    const double factor = factors[static_cast<std::size_t>(k)];
    if (factor == 0) continue;
    const double* const v = a + k * d + k + 1;
    for (Index i = k + 1; i < d; ++i) {
      double* const row = basis + i * d + k + 1;
      add_multiple(d - k - 1, -factor * inner_product(d - k - 1, row, v), v, row);
    }
  }
  return t;
}

/// The positions of values from the largest to the smallest.
inline std::vector<Index> descending(std::span<const double> values) {
  std::vector<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) {
    return values[static_cast<std::size_t>(i)] > values[static_cast<std::size_t>(j)];
  });
  return order;
}

inline void check_symmetric_batch(const Tensor<double>& matrices) {
  if (matrices.rank() != 3 || matrices.shape()[1] != matrices.shape()[2])
    throw ShapeError("symmetric_eigen: expects square matrices (N, d, d)   [matrices: " + matrices.shape().to_string() +
                     "]");
  if (first_not_finite(matrices.size(), matrices.data()) < matrices.size())
    throw ValueError("symmetric_eigen: an element of the matrices is not finite");
}

}  // namespace bayes

/// All eigenvalues of symmetric matrices (N, d, d), the largest of each first: (N, d). Throws ShapeError for other shapes,
/// ValueError unless all elements are finite.
inline Tensor<double> symmetric_eigenvalues(Tensor<double> matrices) {
  bayes::check_symmetric_batch(matrices);
  const Index n = matrices.shape()[0], d = matrices.shape()[1];
  Tensor<double> values({n, d});
  double* const a = matrices.mutable_data();
  double* const out = values.mutable_data();
  parallel_tasks(n, [&](Index row) {
    bayes::Tridiagonal t = bayes::tridiagonalise(d, a + row * d * d);
    bayes::diagonalise(t, 0, nullptr);
    std::copy(t.diagonal.begin(), t.diagonal.end(), out + row * d);
    std::sort(out + row * d, out + (row + 1) * d, std::greater<>{});
  });
  return values;
}

/// All eigenpairs of symmetric matrices (N, d, d), the largest eigenvalue of each first. Throws ShapeError for other shapes,
/// ValueError unless all elements are finite.
inline Eigenpairs symmetric_eigenpairs(const Tensor<double>& matrices) {
  bayes::check_symmetric_batch(matrices);
  const Index n = matrices.shape()[0], d = matrices.shape()[1];
  Eigenpairs found{Tensor<double>({n, d}), Tensor<double>({n, d, d}), Tensor<double>({n, d})};
  Tensor<double> work = matrices, bases({n, d, d});
  double *const a = work.mutable_data(), *const basis = bases.mutable_data();
  double *const values = found.values.mutable_data(), *const vectors = found.vectors.mutable_data(),
                *const residuals = found.residuals.mutable_data();
  parallel_tasks(n, [&](Index row) {
    double* const rows = basis + row * d * d;
    bayes::Tridiagonal t = bayes::tridiagonalise(d, a + row * d * d, rows);
    bayes::diagonalise(t, d, rows);
    const std::vector<Index> order = bayes::descending(t.diagonal);
    std::vector<double> product(memory_size(d));
    for (Index k = 0; k < d; ++k) {
      const Index from = order[static_cast<std::size_t>(k)];
      const double value = t.diagonal[static_cast<std::size_t>(from)];
      double* const v = vectors + (row * d + k) * d;
      std::copy_n(rows + from * d, d, v);
      std::fill_n(product.data(), d, 0.0);
      for (Index i = 0; i < d; ++i) bayes::add_multiple(d, v[i], matrices.data() + (row * d + i) * d, product.data());
      bayes::add_multiple(d, -value, v, product.data());
      values[row * d + k] = value;
      residuals[row * d + k] = std::sqrt(bayes::inner_product(d, product.data(), product.data()));
    }
  });
  return found;
}

}  // namespace neb
