#include "neb/io/half.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace neb;

namespace {

/// Without doctest's machinery, which is slow for 65 536 comparisons.
bool rounds_to(float value, int half) {
  const int found = half_from_float(value), mirrored = half_from_float(-value);
  if (found == half && mirrored == (half | 0x8000)) return true;
  MESSAGE(value, " becomes half ", found, " and its mirror image ", mirrored, ", expected ", half);
  return false;
}

}  // namespace

TEST_CASE("half: every one of the 65536 comes back from its float, NaNs with their bits") {
  for (int bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if (half_from_float(float_from_half(half)) != half) FAIL_CHECK("half ", bits, " does not come back");
  }
}

TEST_CASE("half: between two neighbours the nearer one is taken, in the middle the even one") {
  for (int lower = 0; lower < 0x7BFF; ++lower) {  // up to the pair that ends at 65504, the largest
    const double a = double{float_from_half(static_cast<std::uint16_t>(lower))};
    const double b = double{float_from_half(static_cast<std::uint16_t>(lower + 1))};
    const auto middle = static_cast<float>((a + b) / 2);  // exact: a float has 13 bits more
    REQUIRE(double{middle} == (a + b) / 2);
    const bool right = rounds_to(middle, lower % 2 == 0 ? lower : lower + 1) &&
                       rounds_to(std::nextafter(middle, 0.0F), lower) &&
                       rounds_to(std::nextafter(middle, HUGE_VALF), lower + 1);
    REQUIRE(right);
  }
  CHECK(rounds_to(std::numeric_limits<float>::denorm_min(), 0));
}

TEST_CASE("half: what would round to infinity is refused, infinities and NaN stay what they are") {
  CHECK(rounds_to(std::nextafter(65520.0F, 0.0F), 0x7BFF));
  CHECK_THROWS_WITH_AS(half_from_float(65520), "half_from_float: 65520.000000 is beyond 65504, the largest half",
                       ValueError);
  CHECK_THROWS_AS(half_from_float(-65520), ValueError);
  CHECK_THROWS_AS(half_from_float(std::numeric_limits<float>::max()), ValueError);
  CHECK(rounds_to(std::numeric_limits<float>::infinity(), 0x7C00));
  const auto quiet_low_bit = std::bit_cast<float>(0x7F800001U);  // a NaN whose payload a half cannot hold
  CHECK(std::isnan(float_from_half(half_from_float(quiet_low_bit))));
}
