#include "neb/flow/step_curve.hpp"

#include <doctest/doctest.h>

using namespace neb;

TEST_CASE("step curve: it is the path itself where that is a cubic, and starts and ends at the step's bits") {
  // y(t) = a + b t + c t^2 + e t^3 on [0, h], one row of coefficients for each number; gradients are -y'.
  constexpr Index d = 3;
  constexpr double h = 0.7, a[d] = {1, -2, 0.3}, b[d] = {0.1, 0.7, -3}, c[d] = {2, 0, 0.9}, e[d] = {-1, 0.4, 5};
  const auto path = [&](double t, Index p) { return a[p] + t * (b[p] + t * (c[p] + t * e[p])); };
  const auto slope = [&](double t, Index p) { return -(b[p] + t * (2 * c[p] + t * 3 * e[p])); };
  double y[d], g[d], next[d], next_g[d];
  for (Index p = 0; p < d; ++p) {
    y[p] = path(0, p);
    g[p] = slope(0, p);
    next[p] = path(h, p);
    next_g[p] = slope(h, p);
  }
  const flow::StepCurve<double> curve{d, h, y, g, next, next_g};
  for (const double theta : {0.0, 0.2, 0.5, 0.9, 1.0}) {
    double squares = 0, distance = 0;
    for (Index p = 0; p < d; ++p) {
      CHECK(curve.point(theta, p) == doctest::Approx(path(theta * h, p)).epsilon(1e-12));
      CHECK(curve.gradient(theta, p) == doctest::Approx(slope(theta * h, p)).epsilon(1e-12));
      squares += slope(theta * h, p) * slope(theta * h, p);
      distance += (path(theta * h, p) - y[p]) * (path(theta * h, p) - y[p]);
    }
    CHECK(curve.squared_slope(theta) == doctest::Approx(squares).epsilon(1e-12));
    CHECK(curve.distance(theta, y) == doctest::Approx(std::sqrt(distance)).epsilon(1e-12));
  }
  for (Index p = 0; p < d; ++p) {
    CHECK(curve.point(0, p) == y[p]);
    CHECK(curve.point(1, p) == next[p]);
    CHECK(curve.gradient(1, p) == next_g[p]);
  }
}

TEST_CASE("step curve: a crossing is found to twelve digits, on the side where the condition holds") {
  for (const double at : {1e-6, 0.3, 0.999}) {
    const double found = flow::crossing([at](double theta) { return theta >= at; });
    CHECK(found >= at);
    CHECK(found - at < 1e-12);
  }
  CHECK(flow::crossing([](double theta) { return theta == 1; }) == 1);
}
