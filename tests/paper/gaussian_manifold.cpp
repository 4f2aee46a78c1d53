#include "paper/gaussian_manifold.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

constexpr GaussianManifold small{.d = 100, .dimension = 5, .epsilon = 0.1};
constexpr double s = 0.5;

/// How many standard errors what was measured lies from what a formula says.
double off(double found, double formula, double error) { return std::abs(found - formula) / error; }

TEST_CASE(
    "Gaussian manifold: the squared radius has the mean and variance of the paper, summed direction by direction") {
  double mean = 0, variance = 0;
  for (Index k = 0; k < small.d; ++k) {
    const double direction = (k < 5 ? 1.0 : 0.1 * 0.1) + s * s;
    mean += direction;
    variance += 2 * direction * direction;
  }
  CHECK(predicted(small, s).mean == doctest::Approx(mean));
  CHECK(predicted(small, s).variance == doctest::Approx(variance));

  const MeasuredRadius found = measured(small, s, 8000, Key(1));
  CHECK(off(found.squared.mean, mean, found.error.mean) < 4);
  CHECK(off(found.squared.variance, variance, found.error.variance) < 4);
}

TEST_CASE(
    "Gaussian manifold: a variance without its 2, s for s^2 and no expansion at all are far from what is measured") {
  const MeasuredRadius found = measured(small, s, 8000, Key(1));
  const SquaredRadius right = predicted(small, s);
  CHECK(off(found.squared.variance, right.variance / 2, found.error.variance) > 10);
  CHECK(off(found.squared.mean, predicted(small, std::sqrt(s)).mean, found.error.mean) > 10);
  CHECK(off(found.squared.variance, predicted(small, std::sqrt(s)).variance, found.error.variance) > 10);
  CHECK(off(found.squared.mean, predicted(small, 0).mean, found.error.mean) > 10);
}

TEST_CASE("Gaussian manifold: the standard errors are those of a Gaussian's squared radius") {
  // Of N(0, v I): the fourth central moment of |y|^2 is 12 d (d + 4) v^4.
  const double v = s * s, d = 50, n = 8000;
  const MeasuredRadius noise = measured({.d = 50, .dimension = 0, .epsilon = 0}, s, 8000, Key(2));
  CHECK(noise.error.mean == doctest::Approx(std::sqrt(2 * d * v * v / n)).epsilon(0.05));
  const double fourth = 12 * d * (d + 4) * std::pow(v, 4), second = 2 * d * v * v;
  CHECK(noise.error.variance == doctest::Approx(std::sqrt((fourth - second * second) / n)).epsilon(0.1));
}

TEST_CASE("Gaussian manifold: it has its own dimensions before smoothing and nearly all of them after much of it") {
  CHECK(predicted({.d = 784, .dimension = 10, .epsilon = 0}, 0).dimensions() == doctest::Approx(10));
  CHECK(predicted({.d = 784, .dimension = 10, .epsilon = 0.05}, 5).dimensions() > 783);
  const MeasuredRadius before = measured({.d = 60, .dimension = 3, .epsilon = 0}, 0, 8000, Key(3));
  CHECK(before.squared.dimensions() == doctest::Approx(3).epsilon(0.1));
  for (const double radius : measured({.d = 60, .dimension = 0, .epsilon = 0}, s, 100, Key(4)).radii)
    CHECK(std::abs(radius - s * std::sqrt(60)) < 4 * s);
}

TEST_CASE("Gaussian manifold: where the paper's condition is met Y lies on the paper's sphere, and else beyond it") {
  const auto radius_over_sphere = [](const GaussianManifold& manifold) {
    double radius = 0;
    const MeasuredRadius found = measured(manifold, s, 500, Key(5));
    for (const double each : found.radii) radius += each / 500;
    const double thin = manifold.epsilon * manifold.epsilon + s * s;
    return radius / std::sqrt(thin * static_cast<double>(manifold.d - manifold.dimension));
  };
  // Delta = 1.25 / 0.26, so Delta^2 = 23.1: against 19 and 1999.
  CHECK(condition_margin(small, s) == doctest::Approx(19 / (1.25 / 0.26 * 1.25 / 0.26)));
  CHECK(radius_over_sphere(small) > 1.1);
  const GaussianManifold wide{.d = 2000, .dimension = 1, .epsilon = 0.1};
  CHECK(condition_margin(wide, s) > 80);
  CHECK(radius_over_sphere(wide) == doctest::Approx(1).epsilon(0.005));
  CHECK(condition_margin({.d = 784, .dimension = 10, .epsilon = 0.05}, 0.3) < 1);
}

}  // namespace
}  // namespace neb::test
