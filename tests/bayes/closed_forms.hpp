/// Energies that are known in closed form, for tests of what uses an energy.
#pragma once

#include "neb/core/random.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"

namespace neb::test {

/// phi = |y|^2 / (2 variance): N(0, variance I). Elementwise but for the sum, so a row has the same bits in any batch.
template <Scalar T>
struct GaussianEnergy {
  T variance;
  Var<T> operator()(const Var<T>& y) const { return sum(square(flatten(y)), 1) / (2 * variance); }
};

/// n samples of N(0, variance I) in d dimensions.
template <Scalar T>
Tensor<T> normal_samples(Index n, Index d, double variance, const Key& key) {
  Tensor<T> x = random_normal<T>({n, d}, key);
  for (T& value : x.mutable_span()) value *= static_cast<T>(std::sqrt(variance));
  return x;
}

/// The mean of numbers and its standard error.
struct Estimate {
  double sum = 0, squares = 0, n = 0;

  void add(double value) {
    sum += value;
    squares += value * value;
    ++n;
  }
  double mean() const { return sum / n; }
  double error() const { return std::sqrt((squares / n - mean() * mean()) / n); }
};

}  // namespace neb::test
