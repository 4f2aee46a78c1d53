#include "neb/nn/init.hpp"

#include <doctest/doctest.h>

#include "nn/support.hpp"

using namespace neb;
using neb::test::moments;
using neb::test::same_bits;

TEST_CASE_TEMPLATE("init: fan_in_uniform has variance gain / fan_in and stays inside its bound", T, float, double) {
  constexpr Index fan_in = 50;
  const double variance = 2.0 / fan_in, bound = std::sqrt(3 * variance);
  const Tensor<T> w = fan_in_uniform<T>({200, 500}, fan_in, T(2), Key(1));
  const auto [mean, measured] = moments(w);
  const double n = static_cast<double>(w.size());
  CHECK(std::abs(mean) < 5 * std::sqrt(variance / n));
  CHECK(std::abs(measured / variance - 1) < 5 * std::sqrt(0.8 / n));  // the kurtosis of a uniform number is 1.8
  const auto [low, high] = std::minmax_element(w.span().begin(), w.span().end());
  CHECK(static_cast<double>(*high) <= bound * (1 + 1e-6));
  CHECK(static_cast<double>(*low) >= -bound * (1 + 1e-6));
  CHECK(static_cast<double>(*high - *low) > 1.99 * bound);
}

TEST_CASE("init: the key fixes the weights, and a fan-in of zero is no division by zero") {
  CHECK(same_bits(fan_in_uniform<float>({4, 3}, 3, 2.0F, Key(5)), fan_in_uniform<float>({4, 3}, 3, 2.0F, Key(5))));
  CHECK_FALSE(
      same_bits(fan_in_uniform<float>({4, 3}, 3, 2.0F, Key(5)), fan_in_uniform<float>({4, 3}, 3, 2.0F, Key(6))));
  const Tensor<float> weights = fan_in_uniform<float>({4, 3}, 0, 1.0F, Key(5));
  for (const float w : weights.span()) CHECK(std::abs(w) <= std::sqrt(3.0F));
}

TEST_CASE("init: scaled_normal has the deviation asked for") {
  const Tensor<double> w = scaled_normal<double>({100, 1000}, 0.3, Key(2));
  const auto [mean, variance] = moments(w);
  CHECK(std::abs(mean) < 5 * 0.3 / std::sqrt(1e5));
  CHECK(std::abs(variance / 0.09 - 1) < 5 * std::sqrt(2 / 1e5));
}
