#include "neb/sampling/dual_averaging.hpp"

#include <doctest/doctest.h>

using namespace neb;

TEST_CASE("dual averaging: the first estimates follow the recursion, worked out by hand") {
  DualAveraging search{.start = 0.03};
  // i = 1: shortfall (0.574 - 1) / 11, log delta = log 0.3 + 0.426 / 11 / 0.05, which is all of the average.
  CHECK(search.update(1) == doctest::Approx(0.3 * std::exp(0.426 / 0.55)).epsilon(1e-12));
  CHECK(search.result() == doctest::Approx(0.3 * std::exp(0.426 / 0.55)).epsilon(1e-12));
  // i = 2: shortfall 11/12 of that, and 0.574 / 12.
  const double shortfall = -0.426 / 12 + 0.574 / 12, next = std::log(0.3) - shortfall * std::sqrt(2.0) / 0.05;
  CHECK(search.update(0) == doctest::Approx(std::exp(next)).epsilon(1e-12));
  const double first = std::log(0.3) + 0.426 / 0.55;
  CHECK(search.result() == doctest::Approx(std::exp(first + std::pow(2, -0.75) * (next - first))).epsilon(1e-12));
}

TEST_CASE("dual averaging: comes to the delta whose acceptance is the target, from far below and far above") {
  const double at_target = 0.2;
  const auto acceptance = [&](double delta) { return std::exp(std::log(DualAveraging::target) * delta / at_target); };
  for (const double start : {1e-4, 0.02, 5.0}) {
    DualAveraging search{.start = start};
    double delta = start;
    for (int i = 0; i < 1000; ++i) delta = search.update(acceptance(delta));
    CHECK(search.result() == doctest::Approx(at_target).epsilon(0.02));
  }
}
