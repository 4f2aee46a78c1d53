/// A sampler's step on a Gaussian energy, as the linear map that it is, and the variances that it comes to.
#pragma once

#include <array>
#include <cmath>

#include "bayes/closed_forms.hpp"
#include "neb/sampling/walk.hpp"

namespace neb::test {

/// Position and velocity, or position and the noise that is kept.
using Pair = std::array<double, 2>;
using Matrix = std::array<Pair, 2>;

/// The covariance S with S = M S M' + N, for M whose powers vanish: the sum of M^k N M'^k, doubled until nothing is added.
inline Matrix stationary_covariance(Matrix m, Matrix n) {
  const auto product = [](const Matrix& a, const Matrix& b, bool transpose) {
    Matrix c{};
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j)
        for (std::size_t k = 0; k < 2; ++k) c[i][j] += a[i][k] * (transpose ? b[j][k] : b[k][j]);
    return c;
  };
  for (int doubling = 0; doubling < 60; ++doubling) {
    const Matrix more = product(product(m, n, false), m, true);
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j) n[i][j] += more[i][j];
    m = product(m, m, false);
  }
  return n;
}

/// The mean of the squares of all elements: the variance of chains that are known to be centred.
template <Scalar T>
double mean_square(const Tensor<T>& y) {
  double sum = 0;
  for (const T value : y.span()) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum / static_cast<double>(y.size());
}

/// Whether a mean of squares of n independent normal numbers lies within three of its errors of their variance.
inline bool within_three_errors(double found, double variance, Index n) {
  return std::abs(found - variance) < 3 * variance * std::sqrt(2 / static_cast<double>(n));
}

}  // namespace neb::test
