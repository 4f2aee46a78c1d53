#include "neb/kernels/smooth_relu.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// The derivatives of the logistic function from those of tanh(u/2), in long double: s' = 1 / (4 cosh^2(u/2)) has no
/// cancellation, and with t = s', h = tanh(u/2) the others are t times a polynomial in t and h.
std::array<long double, 5> logistic_derivatives(long double u) {
  const long double h = std::tanh(u / 2), c = std::cosh(u / 2), t = 1 / (4 * c * c);
  return {u < 0 ? std::exp(u) / (1 + std::exp(u)) : 1 / (1 + std::exp(-u)), t, -t * h, t * (h * h - 2 * t),
          t * h * (8 * t - h * h)};
}

struct Exact {
  long double value;
  long double scale;  // of the terms that it is the sum of
};

Exact exact_derivative(long double z, long double beta, int order) {
  const auto s = logistic_derivatives(beta * z);
  const auto n = static_cast<std::size_t>(order);
  const long double first = static_cast<long double>(order) * s[n - 1], second = beta * z * s[n];
  const long double power = std::pow(beta, static_cast<long double>(order - 1));
  return {power * (first + second), power * (std::abs(first) + std::abs(second))};
}

template <class T>
std::vector<T> derivative(const std::vector<T>& z, const std::vector<T>& g, T beta, int order) {
  auto y = unwritten<T>(std::ssize(z));
  kernels::smooth_relu_slope(std::ssize(z), y.data(), z.data(), g.data(), beta, order);
  return y;
}

template <class T>
std::vector<T> derivative(const std::vector<T>& z, T beta, int order) {
  return derivative(z, std::vector<T>(z.size(), T(1)), beta, order);
}

constexpr double betas[] = {0.5, 1, 10};

}  // namespace

TEST_CASE_TEMPLATE("derivatives 1 to 4 of the smooth ReLU are exact to rounding, without cancellation in the tails", T,
                   float, double) {
  constexpr long double epsilon = std::numeric_limits<T>::epsilon();
  for (const double beta : betas)
    for (int order = 1; order <= 4; ++order) {
      CAPTURE(beta);
      CAPTURE(order);
      std::vector<T> z;
      for (int i = -2000; i <= 2000; ++i) z.push_back(static_cast<T>(0.02 * i / beta));  // u in [-40, 40]
      const auto y = derivative(z, static_cast<T>(beta), order);
      long double worst = 0;
      for (std::size_t i = 0; i < z.size(); ++i) {
        const long double u = beta * static_cast<long double>(z[i]);
        const Exact exact = exact_derivative(z[i], beta, order);
        // exp(u) of a rounded u is off by |u| epsilon / 2, which no formula in T can avoid.
        const long double unit = epsilon * (1 + std::abs(u)) * exact.scale + 4 * std::numeric_limits<T>::denorm_min();
        worst = std::max(worst, std::abs(static_cast<long double>(y[i]) - exact.value) / unit);
      }
      CHECK(worst < 12);
    }
}

TEST_CASE_TEMPLATE("derivatives of the smooth ReLU are finite for every finite argument", T, float, double) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> z{T(0), T(-0.0)};
  for (const T size :
       {Limits::denorm_min(), Limits::min(), Limits::epsilon(), T(1), T(100), T(1e4), T(1e30), Limits::max()})
    for (const T sign : {T(-1), T(1)}) z.push_back(sign * size);
  for (const double beta : betas) {
    for (int order = 1; order <= 6; ++order) {
      CAPTURE(beta);
      CAPTURE(order);
      for (const T y : derivative(z, static_cast<T>(beta), order)) CHECK(std::isfinite(y));
    }
    const auto slope = derivative<T>({Limits::max(), -Limits::max()}, static_cast<T>(beta), 1);
    CHECK(slope[0] == 1);
    CHECK(slope[1] == 0);
    for (int order = 2; order <= 6; ++order)
      for (const T y : derivative<T>({Limits::max(), -Limits::max(), T(1e5), T(-1e5)}, static_cast<T>(beta), order))
        CHECK(y == 0);
  }
}

TEST_CASE("derivatives at zero are those of z/2 + beta z^2/4 - beta^3 z^4/48 + ...") {
  for (const double beta : betas) {
    const std::vector<double> zero{0};
    const double tiny = 1e-15 * std::pow(beta, 5);
    CHECK(derivative(zero, beta, 1)[0] == 0.5);
    CHECK(derivative(zero, beta, 2)[0] == beta / 2);
    CHECK(std::abs(derivative(zero, beta, 3)[0]) <= tiny);
    CHECK(derivative(zero, beta, 4)[0] == doctest::Approx(-std::pow(beta, 3) / 2).epsilon(1e-14));
    CHECK(std::abs(derivative(zero, beta, 5)[0]) <= tiny);
    CHECK(derivative(zero, beta, 6)[0] == doctest::Approx(1.5 * std::pow(beta, 5)).epsilon(1e-14));
  }
}

TEST_CASE("each derivative is the slope of the one below, to order 7") {
  std::vector<double> z, above, below;
  const double step = 1e-3;
  for (int i = -30; i <= 30; ++i) z.push_back(0.3 * i);
  for (int order = 2; order <= 7; ++order) {
    CAPTURE(order);
    const auto at = [&](double shift) {
      auto moved = z;
      for (double& each : moved) each += shift * step;
      return derivative(moved, 1.25, order - 1);
    };
    const auto p1 = at(1), m1 = at(-1), p2 = at(2), m2 = at(-2), y = derivative(z, 1.25, order);
    for (std::size_t i = 0; i < z.size(); ++i)
      CHECK(y[i] == doctest::Approx((8 * (p1[i] - m1[i]) - (p2[i] - m2[i])) / (12 * step)).epsilon(1e-8).scale(1));
  }
}

TEST_CASE("the slope is multiplied by the cotangent, in one pass") {
  const auto z = reals<double>(20'000, 1), g = reals<double>(20'000, 2);
  for (int order = 1; order <= 4; ++order) {
    const auto alone = derivative(z, 1.5, order), product = derivative(z, g, 1.5, order);
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); ++i) worst = std::max(worst, std::abs(product[i] - g[i] * alone[i]));
    CHECK(worst <= 1e-15);
  }
}

TEST_CASE_TEMPLATE("the logistic function keeps its relative precision in both tails", T, float, double) {
  constexpr long double epsilon = std::numeric_limits<T>::epsilon();
  for (int i = -400; i <= 400; ++i) {
    const T u = static_cast<T>(i) / T(5);
    const kernels::LogisticParts<T> parts(u);
    const auto s = logistic_derivatives(u);
    CHECK(std::abs(parts.sigmoid - s[0]) <= 4 * epsilon * s[0]);
  }
}

TEST_CASE("a NaN stays a NaN in every derivative") {
  for (int order = 1; order <= 5; ++order)
    CHECK(std::isnan(derivative<double>({std::numeric_limits<double>::quiet_NaN()}, 1.0, order)[0]));
}

TEST_CASE_TEMPLATE("both cotangents of a slope have the bits of two passes, the last elements too", T, float, double) {
  for (const Index n : {Index(1), Index(37), Index(20'003)}) {
    const auto z = reals<T>(n, 1), g = reals<T>(n, 2), c = reals<T>(n, 3);
    auto dz = unwritten<T>(n), dg = unwritten<T>(n), product = unwritten<T>(n);
    kernels::smooth_relu_slope_vjps(n, dz.data(), dg.data(), z.data(), g.data(), c.data(), T(1.5));
    for (std::size_t i = 0; i < product.size(); ++i) product[i] = c[i] * g[i];
    CHECK(dz == derivative<T>(z, product, T(1.5), 2));
    CHECK(dg == derivative<T>(z, c, T(1.5), 1));
  }
}
