#include "paper/walk_noise.hpp"

#include <doctest/doctest.h>

#include "gaussian_world.hpp"
#include "progress.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

constexpr double variance = 0.5, delta = 0.1;
constexpr Index chains = 20, d = 100;

const Tensor<float> origin = Tensor<float>::zeros({chains, d});

/// y0 ~ N(0, variance I), and both walks on `factor` times the energy.
WalkNoise walks(Index steps, double factor = 1) {
  const auto y0 = normal_samples<float>(chains, d, variance, Key(1));
  return walk_both(GaussianEnergy<float>{static_cast<float>(variance / factor)}, y0, delta, {steps}, Key(2));
}

TEST_CASE("walk noise: the stationary variances are v / (1 - delta^2 / 2v), and taken literally 1 / delta times that") {
  const double right = variance / (1 - delta * delta / (2 * variance));
  CHECK(stationary_variance(variance, delta, std::sqrt(2.0) * delta) == doctest::Approx(right));
  CHECK(stationary_variance(variance, delta, std::sqrt(2 * delta)) == doctest::Approx(right / delta));
  CHECK(std::sqrt(stationary_variance(0.09, 0.003, std::sqrt(0.006)) / 0.09) == doctest::Approx(18.3).epsilon(0.01));
}

TEST_CASE("walk noise: both walks settle where their closed forms say, and not where the other's does") {
  const WalkNoise found = walks(300);  // six natural time units
  const double right = stationary_variance(variance, delta, std::sqrt(2.0) * delta);
  CHECK(mean_squared_distance(found.y[0], origin) == doctest::Approx(right).epsilon(0.1));
  CHECK(mean_squared_distance(found.literal[0], origin) == doctest::Approx(right / delta).epsilon(0.1));
}

TEST_CASE("walk noise: the distance from the start is that of an Ornstein-Uhlenbeck walk, step by step") {
  constexpr Index steps = 20;
  const WalkNoise found = walks(steps);
  const double kept = 1 - delta * delta / variance, r = std::pow(kept, steps);
  const auto expected = [&](double spread) {
    return (1 - r) * (1 - r) * variance + (1 - r * r) * stationary_variance(variance, delta, spread);
  };
  const auto y0 = normal_samples<float>(chains, d, variance, Key(1));
  CHECK(mean_squared_distance(found.y[0], y0) == doctest::Approx(expected(std::sqrt(2.0) * delta)).epsilon(0.1));
  CHECK(mean_squared_distance(found.literal[0], y0) == doctest::Approx(expected(std::sqrt(2 * delta))).epsilon(0.1));
}

TEST_CASE("walk noise: on an energy of the wrong sign, or of another scale, neither would settle there") {
  const double right = stationary_variance(variance, delta, std::sqrt(2.0) * delta);
  for (const double factor : {-1.0, 1 / (0.3 * 0.3)}) {
    const WalkNoise found = walks(300, factor);
    CHECK(std::abs(mean_squared_distance(found.y[0], origin) / right - 1) > 0.5);
    CHECK(std::abs(mean_squared_distance(found.literal[0], origin) / (right / delta) - 1) > 0.5);
  }
}

TEST_CASE("walk noise: a walk looked at twice is the walk looked at once") {
  const auto y0 = normal_samples<float>(3, 5, variance, Key(1));
  const GaussianEnergy<float> phi{static_cast<float>(variance)};
  const WalkNoise twice = walk_both(phi, y0, delta, {4, 10}, Key(2)), once = walk_both(phi, y0, delta, {10}, Key(2));
  CHECK(mean_squared_distance(twice.y[1], once.y[0]) == 0);
  CHECK(mean_squared_distance(twice.literal[1], once.literal[0]) == 0);
  CHECK(mean_squared_distance(twice.y[0], once.y[0]) > 0);

  ProgressRecord record, stopped;
  CHECK(mean_squared_distance(walk_both(phi, y0, delta, {4, 10}, Key(2), record.until()).literal[1], once.literal[0]) ==
        0);
  CHECK(record.complete());
  CHECK(record.told.size() == 20);
  const WalkNoise part = walk_both(phi, y0, delta, {4, 10}, Key(2), stopped.until(17));
  CHECK(part.steps == std::vector<Index>{4});
  CHECK(mean_squared_distance(part.literal[0], twice.literal[0]) == 0);
}

}  // namespace
}  // namespace neb::test
