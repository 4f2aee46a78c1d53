#include "neb/sampling/normal_quantile.hpp"

#include <doctest/doctest.h>

#include <numbers>

#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;

namespace {

/// Phi^-1(p) for p <= 1/2 by Newton's method in long double: in the tail as the root of log erfc(-z / sqrt 2), where p is small;
/// in the middle as that of erf(z / sqrt 2), where p - 1/2 is.
long double inverted(long double p) {
  constexpr long double root_2 = std::numbers::sqrt2_v<long double>;
  long double z = p < 0.1L ? -std::sqrt(-2 * std::log(p)) : 0;
  for (int step = 0; step < 100; ++step) {
    const long double density = std::exp(-z * z / 2) * std::numbers::inv_sqrtpi_v<long double> / root_2;
    const long double share = std::erfc(-z / root_2) / 2;
    z -= (p < 0.25L ? std::log(share / p) * share : std::erf(z / root_2) / 2 - (p - 0.5L)) / density;
  }
  return z;
}

}  // namespace

TEST_CASE("normal quantile: it is what inverting erfc gives, to 1e-12 of itself") {
  std::vector<double> shares{0.075, 0.0750001, 0.2, 0.25, 0.3, 0.4, 0.49, 0.4999, 0.499999999, 1.4e-11, 1.3e-11};
  for (double p = 0.45; p > 1e-300; p *= 0.7) shares.push_back(p);
  for (const double p : shares) {
    CAPTURE(p);
    const long double z = inverted(p);
    CHECK(std::abs(normal_quantile(p) / z - 1) < 1e-12L);
    // 1 - p may be rounded: what is compared is the quantile of the number that it became.
    const double above = 1 - p;
    if (above < 1)
      CHECK(std::abs(normal_quantile(above) / -inverted(1 - static_cast<long double>(above)) - 1) < 1e-12L);
  }
}

TEST_CASE("normal quantile: known values, ends and what is no probability") {
  CHECK(normal_quantile(0.5) == 0);
  CHECK(normal_quantile(0.975) == doctest::Approx(1.959963984540054).epsilon(1e-15));
  CHECK(normal_quantile(0) == -HUGE_VAL);
  CHECK(normal_quantile(1) == HUGE_VAL);
  for (const double p : {-0.1, 1.1, std::nan("")}) CHECK_THROWS_AS(normal_quantile(p), ValueError);
  CHECK(message_of<ValueError>([] { normal_quantile(2); }) ==
        "normal_quantile: p is a probability, from 0 to 1, got 2.000000");
}
