/// The largest eigenpairs of symmetric operators that are known only by their products with vectors.
///
/// Lanczos (1950): the vectors q, A q, A^2 q, ... made orthonormal are a basis in which A is tridiagonal, and the ends of the
/// spectrum of that small matrix come near those of A first. In exact arithmetic a new vector need only be made orthogonal to
/// the two before it; rounding makes the others come back, and found eigenvalues with them as ghosts. So here every vector is
/// made orthogonal to all before it, twice, in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neb/bayes/symmetric_eigen.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/symmetric_eigen.hpp"

namespace neb {

/// When lanczos() ends.
struct LanczosOptions {
  double tolerance = 1e-10;  ///< the residual that is small enough, over the largest absolute eigenvalue that was met
  Index max_steps = 0;       ///< products to stop after, converged or not; 0: as many as vectors have elements
};

namespace bayes {

/// What multiplies every row of a tensor by an operator of that row.
template <class A>
concept BatchedOperator = requires(const A& apply, const Tensor<double>& v) {
  { apply(v) } -> std::same_as<Tensor<double>>;
};

/// The basis of one operator of the batch. T is double, as in symmetric_eigenvalues().
template <std::same_as<double> T>
class Krylov {
 public:
  Krylov(Index d, const Key& key) : d_(d), key_(key) { extend(nullptr); }

  const double* newest() const { return basis_.data() + (size() - 1) * d_; }
  Index size() const { return std::ssize(basis_) / d_; }

  /// Takes A times the newest vector, which it overwrites, and finds the next vector unless there can be none.
  void advance(double* product) {
    const Index last = size() - 1;
    double along = 0;
    for (int twice = 0; twice < 2; ++twice) along += remove_basis(product)[static_cast<std::size_t>(last)];
    diagonal_.push_back(along);
    scale_ = std::max(scale_, std::abs(along));
    beta_ = std::sqrt(inner_product(d_, product, product));
    if (!is_finite(along) || !is_finite(beta_)) throw ValueError("lanczos: apply(v) is not finite");
    // Nothing but rounding is left: these vectors span a space that A maps to itself. Another one begins beside it.
    if (beta_ <= 1e-14 * static_cast<double>(size()) * scale_) beta_ = 0;
    scale_ = std::max(scale_, beta_);
    if (size() < d_) extend(beta_ > 0 ? product : nullptr);
  }

  /// Whether residuals of the `count` largest eigenvalues are at most tolerance times the largest one that was met.
  bool converged(Index count, double tolerance) const {
    const Index m = std::ssize(diagonal_);
    if (m < std::min(count, d_)) return false;
    if (m == d_) return true;
    const Projected t = projected();
    for (Index k = 0; k < count; ++k)
      if (beta_ * std::abs(t.vector(k)[m - 1]) > tolerance * scale_) return false;
    return true;
  }

  /// Writes the `count` largest eigenvalues and their vectors.
  void write(Index count, double* values, double* vectors) const {
    const Projected t = projected();
    const Index m = std::ssize(diagonal_);
    for (Index k = 0; k < count; ++k) {
      values[k] = t.values[static_cast<std::size_t>(k)];
      double* const v = vectors + k * d_;
      std::fill_n(v, d_, 0.0);
      for (Index i = 0; i < m; ++i) add_multiple(d_, t.vector(k)[i], basis_.data() + i * d_, v);
      const double length = std::sqrt(inner_product(d_, v, v));
      for (Index i = 0; i < d_; ++i) v[i] /= length;
    }
  }

 private:
  /// Eigenpairs of A in the basis, without what leads out of it: the largest eigenvalue first.
  struct Projected {
    std::vector<T> values, vectors;

    const T* vector(Index k) const { return vectors.data() + k * std::ssize(values); }
  };

  Projected projected() const {
    const std::size_t m = diagonal_.size();
    Projected found{std::vector<T>(m), std::vector<T>(m * m)};
    kernels::tridiagonal_eigen(std::ssize(diagonal_), diagonal_.data(), below_.data(), found.values.data(),
                               found.vectors.data());
    return found;
  }

  /// Subtracts from v what it has of the basis, and returns its coordinates there.
  std::vector<double> remove_basis(double* v) const {
    std::vector<double> coordinates(static_cast<std::size_t>(size()));
    for (Index i = 0; i < size(); ++i) {
      const double c = inner_product(d_, v, basis_.data() + i * d_);
      add_multiple(d_, -c, basis_.data() + i * d_, v);
      coordinates[static_cast<std::size_t>(i)] = c;
    }
    return coordinates;
  }

  /// Adds `v`, of length beta, or a random vector orthogonal to all others.
  void extend(const double* v) {
    std::vector<double> next;
    double length = beta_;
    if (v != nullptr) {
      next.assign(v, v + d_);
    } else {
      const Tensor<double> fresh = random_normal<double>({d_}, key_.at(static_cast<std::uint64_t>(size())));
      next.assign(fresh.span().begin(), fresh.span().end());
      for (int twice = 0; twice < 2; ++twice) remove_basis(next.data());
      length = std::sqrt(inner_product(d_, next.data(), next.data()));
    }
    if (!diagonal_.empty()) below_.push_back(beta_);
    for (double& x : next) x /= length;
    basis_.insert(basis_.end(), next.begin(), next.end());
  }

  Index d_;
  Key key_;
  std::vector<double> basis_;             // (size, d)
  std::vector<double> diagonal_, below_;  // of A in the basis, and what leads out of it
  double beta_ = 0, scale_ = 0;
};

/// (N, count, ...) for vectors of `shape` (N, ...).
inline Shape with_pairs(const Shape& shape, Index count) {
  std::vector<Index> extents{shape[0], count};
  extents.insert(extents.end(), shape.begin() + 1, shape.end());
  return Shape(std::span<const Index>(extents));
}

/// |A v - value v| of values (N, K) and vectors (N, K, d).
template <class Apply>
Tensor<double> measured_residuals(const Apply& apply, const Shape& shape, const Tensor<double>& values,
                                  const Tensor<double>& vectors) {
  const Index n = shape[0], count = values.shape()[1], d = shape.stride(0);
  Tensor<double> residuals({n, count});
  for (Index k = 0; k < count; ++k) {
    Tensor<double> v(shape);
    for (Index row = 0; row < n; ++row)
      std::copy_n(vectors.data() + (row * count + k) * d, d, v.mutable_data() + row * d);
    Tensor<double> rest = apply(v);
    for (Index row = 0; row < n; ++row) {
      double* const left = rest.mutable_data() + row * d;
      add_multiple(d, -values(row, k), v.data() + row * d, left);
      residuals.mutable_data()[row * count + k] = std::sqrt(inner_product(d, left, left));
    }
  }
  return residuals;
}

}  // namespace bayes

/// The `count` largest eigenpairs of N symmetric operators, which `apply` multiplies with v: (N, ...), of `shape`, row by row:
/// every row has a basis of its own, and a step is one call. Starts are random: row i depends on the key and i alone. Ends when
/// all residuals are below the tolerance, by the estimate beta |s| (Paige 1971), or after max_steps; what is returned was measured
/// by `count` calls more. A multiple eigenvalue may be found once: products of one vector cannot tell its copies.
/// Throws ShapeError unless shape has rows, ValueError unless 1 <= count <= the elements of a row, or where a
/// product is not finite.
template <bayes::BatchedOperator Apply>
Eigenpairs lanczos(const Apply& apply, const Shape& shape, Index count, const Key& key, LanczosOptions options = {}) {
  if (shape.rank() < 2 || shape[0] < 1)
    throw ShapeError("lanczos: expects vectors (N, ...) of at least one operator   [shape: " + shape.to_string() + "]");
  const Index n = shape[0], d = shape.stride(0);
  if (count < 1 || count > d)
    throw ValueError("lanczos: count is from 1 to the " + std::to_string(d) + " elements of a vector, got " +
                     std::to_string(count));
  const Index most = options.max_steps > 0 ? std::clamp(options.max_steps, count, d) : d;
  std::vector<bayes::Krylov<double>> bases;
  for (Index row = 0; row < n; ++row) bases.emplace_back(d, key.fold("lanczos").at(static_cast<std::uint64_t>(row)));

  Eigenpairs found;
  bool converged = false;
  Index next_look = 8;  // to find the eigenpairs of a small matrix costs as much as some steps
  while (!converged && found.products < most) {
    Tensor<double> newest(shape);
    for (Index row = 0; row < n; ++row)
      std::copy_n(bases[static_cast<std::size_t>(row)].newest(), d, newest.mutable_data() + row * d);
    Tensor<double> products = apply(newest);
    if (products.shape() != shape)
      throw ShapeError("lanczos: apply gives what it is given, " + shape.to_string() +
                       "   [apply(v): " + products.shape().to_string() + "]");
    double* const product = products.mutable_data();
    const bool look = ++found.products == next_look;
    if (look) next_look += std::max<Index>(8, next_look / 8);
    std::vector<char> done(static_cast<std::size_t>(n), 0);
    parallel_tasks(n, [&](Index row) {
      bayes::Krylov<double>& basis = bases[static_cast<std::size_t>(row)];
      basis.advance(product + row * d);
      if (look) done[static_cast<std::size_t>(row)] = basis.converged(count, options.tolerance);
    });
    converged = std::all_of(done.begin(), done.end(), [](char one) { return one != 0; });
  }

  found.values = Tensor<double>({n, count});
  Tensor<double> vectors({n, count, d});
  double *const values = found.values.mutable_data(), *const vector = vectors.mutable_data();
  parallel_tasks(n, [&](Index row) {
    bases[static_cast<std::size_t>(row)].write(count, values + row * count, vector + row * count * d);
  });
  bases.clear();
  found.residuals = bayes::measured_residuals(apply, shape, found.values, vectors);
  found.products += count;
  found.vectors = std::move(vectors).reshaped(bayes::with_pairs(shape, count));
  return found;
}

}  // namespace neb
