// Sec. 2 of the paper: in many dimensions noise lives on a sphere, and smoothing pushes data away from where they were.
#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "neb/bayes/smooth.hpp"

using namespace neb;
using neb::test::Estimate;

namespace {

/// Mean and variance of |row|^2 over the rows of y: (N, D).
struct SquaredNorms {
  Estimate first, second;

  SquaredNorms(const Tensor<double>& y, double expected_mean) {
    const Tensor<double> squares = sum(neb::square(Var<double>::constant(y)), 1).value();
    for (const double square : squares.span()) {
      first.add(square);
      second.add((square - expected_mean) * (square - expected_mean));
    }
  }
};

void check_moments(const Tensor<double>& y, double mean, double variance) {
  const SquaredNorms norms(y, mean);
  CHECK(std::abs(norms.first.mean() - mean) < 5 * norms.first.error());
  CHECK(std::abs(norms.second.mean() - variance) < 5 * norms.second.error());
  CHECK(norms.second.error() < 0.05 * variance);  // so that the comparison means something
}

}  // namespace

TEST_CASE(
    "concentration: |N(0, s^2 I)|^2 has mean d s^2 and variance 2 d s^4, so its norm is s sqrt(d) to within O(s)") {
  const double s = 0.3;
  for (const Index d : {20, 784}) {
    const double extent = static_cast<double>(d);
    const Tensor<double> e = smooth(Tensor<double>::zeros({4000, d}), s, Key(7).at(static_cast<std::uint64_t>(d)));
    check_moments(e, extent * s * s, 2 * extent * s * s * s * s);
    const auto norms = sqrt(sum(square(Var<double>::constant(e)), 1));
    for (const double norm : norms.value().span()) CHECK(std::abs(norm - s * std::sqrt(extent)) < 4 * s);
  }
}

TEST_CASE("concentration: smoothed, a Gaussian manifold of 10 dimensions in 400 has the norm of the noise around it") {
  const Index d = 400, manifold = 10, samples = 4000;
  const double epsilon = 0.05, s = 0.5;
  Tensor<double> x = random_normal<double>({samples, d}, Key(3));
  for (Index i = 0; i < samples; ++i)
    for (Index k = manifold; k < d; ++k) x.mutable_data()[i * d + k] *= epsilon;
  const double along = 1 + s * s, across = epsilon * epsilon + s * s;
  const double n_along = manifold, n_across = d - manifold;
  check_moments(smooth(x, s, Key(4)), n_along * along + n_across * across,
                2 * (n_along * along * along + n_across * across * across));
}
