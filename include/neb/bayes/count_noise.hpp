/// Counts in place of Gaussian noise: Poisson (photons) and geometric (runs), with which Robbins (1956) began.
///
/// The probability of a count y, given x, satisfies x k(y | x) = w(y) k(y + 1 | x) with a weight w that is known. So
/// does its average f over x, pixel by pixel, and with phi = -log f and e_i one count more in pixel i
///
///   E[X_i | y] = w(y_i) f(y + e_i) / f(y) = w(y_i) exp(t_i),   t_i = phi(y) - phi(y + e_i).
///
/// Two counts more give E[X_i^2 | y] = w(y_i) w(y_i + 1) exp(phi(y) - phi(y + 2 e_i)), and so the variance. The
/// objective is the mean of sum_i w(y_i) exp(t_i) - x_i t_i. Its slope in t_i is xhat_i - x_i, which is 0 on average
/// where xhat is the posterior mean, and it is convex in t. No derivative by y is taken, phi is asked at counts only;
/// but each pixel of a jump costs an evaluation of phi. The objective therefore looks at a few pixels of each sample,
/// which stand for all of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/checks.hpp"
#include "neb/bayes/count_neighbours.hpp"
#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/random.hpp"
#include "neb/core/random_variates.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

namespace bayes {

/// The objective of a kernel of counts at `count` pixels of each sample.
template <Scalar T, class Noise, Energy<T> Phi>
Var<T> count_objective(const Noise& noise, const Phi& phi, const Tensor<T>& x, const Tensor<T>& y, Index count,
                       const Key& key) {
  check_pair(Noise::name, x, y);
  check_counts(Noise::name, y);
  const Index n = y.shape()[0], d = y.shape().stride(0);
  if (count < 1 || count > d)
    throw ValueError(std::string(Noise::name) + ": the objective looks at 1 to " + std::to_string(d) +
                     " pixels of a sample, not at " + std::to_string(count));
  const std::vector<Index> pixels = stratified_pixels(n, d, count, key);
  std::vector<Index> rows(memory_size(n + n * count));
  for (Index i = 0; i < std::ssize(rows); ++i) rows[static_cast<std::size_t>(i)] = i < n ? i : (i - n) / count;
  Tensor<T> weights({n, count}), clean({n, count});
  T *const weight = weights.mutable_data(), *const pixel = clean.mutable_data();
  for (Index i = 0; i < n * count; ++i) {
    const Index at = i / count * d + pixels[static_cast<std::size_t>(i)];
    weight[i] = static_cast<T>(noise.weight(static_cast<double>(y.data()[at])));
    pixel[i] = x.data()[at];
  }
  // One batch: the samples, then their neighbours.
  const Var<T> energy = energies(phi, Var<T>::constant(neighbours(y, rows, pixels, T(1))));
  const Var<T> t = reshape(slice(energy, 0, 0, n), {n, 1}) - reshape(slice(energy, 0, n, n + n * count), {n, count});
  const Var<T> terms = Var<T>::constant(weights) * exp(t) - Var<T>::constant(clean) * t;
  return static_cast<T>(static_cast<double>(d) / static_cast<double>(n * count)) * sum(terms);
}

/// The jump of a kernel of counts.
template <Scalar T, class Noise, Energy<T> Phi>
Tensor<T> count_jump(const Noise& noise, const Phi& phi, const Tensor<T>& y, Index batch) {
  check_counts(Noise::name, y);
  Tensor<T> xhat = energy_falls(phi, y, T(1), batch);
  T* const pixel = xhat.mutable_data();
  for (Index i = 0; i < y.size(); ++i)
    pixel[i] = static_cast<T>(noise.weight(static_cast<double>(y.data()[i]))) * std::exp(pixel[i]);
  return xhat;
}

/// The posterior variance of each pixel under a kernel of counts.
template <Scalar T, class Noise, Energy<T> Phi>
Tensor<T> count_variance(const Noise& noise, const Phi& phi, const Tensor<T>& y, Index batch) {
  const Tensor<T> xhat = count_jump(noise, phi, y, batch);
  Tensor<T> variance = energy_falls(phi, y, T(2), batch);
  T* const pixel = variance.mutable_data();
  for (Index i = 0; i < y.size(); ++i) {
    const double count = static_cast<double>(y.data()[i]);
    const T weights = static_cast<T>(noise.weight(count) * noise.weight(count + 1));
    pixel[i] = weights * std::exp(pixel[i]) - xhat.data()[i] * xhat.data()[i];
  }
  return variance;
}

}  // namespace bayes

/// Poisson counts, y_i ~ Poisson(exposure x_i): photons, or other events that come one by one.
struct PoissonNoise {
  static constexpr const char* name = "PoissonNoise";  ///< in messages

  double exposure = 1;  ///< counts that are expected where x is 1

  /// w(y) = (y + 1) / exposure.
  double weight(double y) const { return (y + 1) / exposure; }

  /// Counts for x: (N, ...), which is not negative; row i depends on the key, i and x_i alone. Throws ValueError unless
  /// the exposure is positive and every exposure x in [0, 2^23].
  template <Scalar T>
  Tensor<T> draw(const Tensor<T>& x, const Key& key) const {
    bayes::check_parameter(name, "the exposure", exposure);
    Tensor<T> mean = x;
    for (T& value : mean.mutable_span()) value *= static_cast<T>(exposure);
    return random_poisson(mean, key.fold(name));
  }

  /// The objective for x and counts y of one shape (N, ...), at `pixels` of the pixels of each sample: the mean over
  /// samples of the sum over pixels, but for chance; it is recorded. Throws ShapeError when shapes differ, ValueError
  /// when y are no counts.
  template <Scalar T, Energy<T> Phi>
  Var<T> objective(const Phi& phi, const Tensor<T>& x, const Tensor<T>& y, Index pixels, const Key& key) const {
    bayes::check_parameter(name, "the exposure", exposure);
    return bayes::count_objective(*this, phi, x, y, pixels, key);
  }
  /// The same at all pixels.
  template <Scalar T, Energy<T> Phi>
  Var<T> objective(const Phi& phi, const Tensor<T>& x, const Tensor<T>& y) const {
    return objective(phi, x, y, y.rank() < 1 ? 0 : y.shape().stride(0), Key(0));
  }

  /// The jump, (y_i + 1) / exposure exp(phi(y) - phi(y + e_i)), for counts y: (N, ...) (Robbins 1956). Evaluates phi at
  /// `batch` points at a time, N (d + 1) in all. Throws ValueError when y are no counts.
  template <Scalar T, Energy<T> Phi>
  Tensor<T> xhat(const Phi& phi, const Tensor<T>& y, Index batch = 128) const {
    bayes::check_parameter(name, "the exposure", exposure);
    return bayes::count_jump(*this, phi, y, batch);
  }

  /// The posterior variance of each pixel, (y_i + 1) (y_i + 2) / exposure^2 exp(phi(y) - phi(y + 2 e_i)) - xhat_i^2.
  template <Scalar T, Energy<T> Phi>
  Tensor<T> variance(const Phi& phi, const Tensor<T>& y, Index batch = 128) const {
    bayes::check_parameter(name, "the exposure", exposure);
    return bayes::count_variance(*this, phi, y, batch);
  }
};

/// Geometric counts y = 0, 1, ... of probability (1 - x) x^y: how many times in a row something of probability x
/// happens.
struct GeometricNoise {
  static constexpr const char* name = "GeometricNoise";  ///< in messages

  /// w(y) = 1.
  double weight(double /*y*/) const { return 1; }

  /// Counts for x: (N, ...); row i depends on the key, i and x_i alone. Throws ValueError unless every x is in [0, 1).
  template <Scalar T>
  Tensor<T> draw(const Tensor<T>& x, const Key& key) const {
    return random_geometric(x, key.fold(name));
  }

  /// The objective, as in PoissonNoise.
  template <Scalar T, Energy<T> Phi>
  Var<T> objective(const Phi& phi, const Tensor<T>& x, const Tensor<T>& y, Index pixels, const Key& key) const {
    return bayes::count_objective(*this, phi, x, y, pixels, key);
  }
  /// The same at all pixels.
  template <Scalar T, Energy<T> Phi>
  Var<T> objective(const Phi& phi, const Tensor<T>& x, const Tensor<T>& y) const {
    return objective(phi, x, y, y.rank() < 1 ? 0 : y.shape().stride(0), Key(0));
  }

  /// The jump, exp(phi(y) - phi(y + e_i)), for counts y: (N, ...) (Robbins 1956); as in PoissonNoise.
  template <Scalar T, Energy<T> Phi>
  Tensor<T> xhat(const Phi& phi, const Tensor<T>& y, Index batch = 128) const {
    return bayes::count_jump(*this, phi, y, batch);
  }

  /// The posterior variance of each pixel, exp(phi(y) - phi(y + 2 e_i)) - xhat_i^2.
  template <Scalar T, Energy<T> Phi>
  Tensor<T> variance(const Phi& phi, const Tensor<T>& y, Index batch = 128) const {
    return bayes::count_variance(*this, phi, y, batch);
  }
};

}  // namespace neb
