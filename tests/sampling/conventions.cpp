#include "neb/sampling/conventions.hpp"

#include <doctest/doctest.h>

#include "neb/core/shape.hpp"

using namespace neb;

TEST_CASE("conventions: drift and noise of a step are those of the other code") {
  const auto drift = [](double delta) { return delta * delta; };
  const auto spread = [](double delta) { return std::sqrt(2.0) * delta; };
  constexpr double h = 0.037;
  CHECK(drift(delta_of_time(h)) == doctest::Approx(h));
  CHECK(spread(delta_of_time(h)) == doctest::Approx(std::sqrt(2 * h)));
  CHECK(drift(delta_of_epsilon(h)) == doctest::Approx(h / 2));
  CHECK(spread(delta_of_epsilon(h)) == doctest::Approx(std::sqrt(h)));
  CHECK(drift(delta_of_leapfrog(h)) == doctest::Approx(h * h / 2));
  CHECK(spread(delta_of_leapfrog(h)) == doctest::Approx(h));
}

TEST_CASE("conventions: underdamped motion with an inverse mass is ours with velocities divided by its root") {
  constexpr double h = 0.2, friction = 1.5, u = 4;
  const UnderdampedSettings ours = underdamped_of(h, friction, u);
  const double time = std::sqrt(2.0) * ours.delta;
  // In the other code, in a time h: y by h v, v by -u h g, and a part exp(-friction h) of v is kept. Ours has v / sqrt(u).
  CHECK(time == doctest::Approx(h * std::sqrt(u)));
  CHECK(time / std::sqrt(u) == doctest::Approx(u * h / u));
  CHECK(std::exp(-ours.friction * time) == doctest::Approx(std::exp(-friction * h)));
}
