#include "neb/flow/saddles.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "neb/core/random.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/power.hpp"
#include "neb/ops/reduction.hpp"

using namespace neb;

TEST_CASE("saddles: the least curvature of a bowl is that of its flattest direction, in units of sigma^-2") {
  const Tensor<double> curvatures({3}, {-2.0, 40.0, 100.0});
  const auto bowl = [&](const Var<double>& y) { return sum(Var<double>::constant(curvatures) * square(y), 1) / 2.0; };
  const Tensor<double> y = random_normal<double>({4, 3}, Key(1)), v = random_normal<double>({4, 3}, Key(2));
  for (const double s : {0.1, 1.0, 3.0})
    for (const double least : flow::least_curvatures(bowl, y, s * s, v))
      CHECK(least == doctest::Approx(-2 * s * s).epsilon(0.03));
}

TEST_CASE("saddles: curvature is that within some hundredths of sigma, for energies bend from one sigma to the next") {
  for (const double s : {0.1, 3.0}) {
    // -cos(y / s) has the curvature cos(y / s) in units of sigma^-2.
    const auto waves = [s](const Var<double>& y) { return -sum(cos(y / s), 1); };
    const Tensor<double> y({2, 1}, {3.14159265358979 * s, s}), v({2, 1}, {1.0, 1.0});
    const std::vector<double> least = flow::least_curvatures(waves, y, s * s, v);
    CHECK(least[0] == doctest::Approx(-1).epsilon(1e-3));
    CHECK(least[1] == doctest::Approx(std::cos(1)).epsilon(1e-3));
  }
}
