#include "neb/data/toy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace neb;

namespace {

struct Moments {
  std::array<double, 2> mean{};
  std::array<double, 2> variance{};
};

Moments moments(const Tensor<double>& points) {
  Moments result;
  const auto n = static_cast<double>(points.shape()[0]);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    for (Index i = 0; i < points.shape()[0]; ++i) result.mean[axis] += points(i, static_cast<Index>(axis)) / n;
    for (Index i = 0; i < points.shape()[0]; ++i)
      result.variance[axis] += std::pow(points(i, static_cast<Index>(axis)) - result.mean[axis], 2) / n;
  }
  return result;
}

}  // namespace

TEST_CASE("toy: two moons without noise are two half circles of radius 1 around the origin") {
  const Tensor<double> moons = two_moons<double>(4000, Key{1}, 0.0);
  CHECK(moons.shape() == Shape{4000, 2});
  for (Index i = 0; i < 4000; ++i) {
    const double side = i % 2 == 0 ? 1 : -1;
    const double x = side * moons(i, 0) + 0.5, y = side * moons(i, 1) + 0.25;
    CHECK(std::hypot(x, y) == doctest::Approx(1));
    CHECK(y >= 0);
  }
  const Moments m = moments(moons);
  CHECK(std::abs(m.mean[0]) < 0.05);
  CHECK(std::abs(m.mean[1]) < 0.05);
  CHECK(m.variance[0] == doctest::Approx(0.75).epsilon(0.05));
}

TEST_CASE("toy: eight Gaussians have variance 1 plus the noise") {
  const Moments m = moments(eight_gaussians<double>(40'000, Key{2}, 0.2));
  for (std::size_t axis = 0; axis < 2; ++axis) {
    CHECK(std::abs(m.mean[axis]) < 0.02);
    CHECK(m.variance[axis] == doctest::Approx(1.04).epsilon(0.02));
  }
  const Tensor<double> centres = eight_gaussians<double>(16, Key{2}, 0.0);
  for (Index i = 0; i < 8; ++i) {
    CHECK(std::hypot(centres(i, 0), centres(i, 1)) == doctest::Approx(std::sqrt(2.0)));
    CHECK(centres(i, 0) == centres(i + 8, 0));
  }
}

TEST_CASE("toy: the swiss roll winds from radius 2/3 to 2") {
  const Tensor<double> roll = swiss_roll<double>(2000, Key{3}, 0.0);
  double smallest = 9, largest = 0;
  for (Index i = 0; i < 2000; ++i) {
    const double radius = std::hypot(roll(i, 0), roll(i, 1));
    smallest = std::min(smallest, radius);
    largest = std::max(largest, radius);
    const double turn = radius * 2.25 * std::acos(-1.0);
    CHECK(roll(i, 0) == doctest::Approx(radius * std::cos(turn)));
    CHECK(roll(i, 1) == doctest::Approx(radius * std::sin(turn)));
  }
  CHECK(smallest == doctest::Approx(2.0 / 3).epsilon(0.01));
  CHECK(largest == doctest::Approx(2).epsilon(0.01));
}

TEST_CASE("toy: the noise has the deviation that was asked for") {
  const Tensor<double> clean = two_moons<double>(20'000, Key{4}, 0.0), noisy = two_moons<double>(20'000, Key{4}, 0.3);
  double sum = 0;
  for (Index i = 0; i < clean.size(); ++i) sum += std::pow(noisy.data()[i] - clean.data()[i], 2);
  CHECK(std::sqrt(sum / static_cast<double>(clean.size())) == doctest::Approx(0.3).epsilon(0.02));
}

TEST_CASE("toy: point i depends on the key and on i alone") {
  const auto check = [](auto&& make) {
    const Tensor<float> few = make(10, Key{5}), many = make(100, Key{5}), other = make(10, Key{6});
    CHECK(std::equal(few.span().begin(), few.span().end(), many.span().begin()));
    CHECK_FALSE(std::equal(few.span().begin(), few.span().end(), other.span().begin()));
  };
  check([](Index n, const Key& key) { return two_moons<float>(n, key); });
  check([](Index n, const Key& key) { return eight_gaussians<float>(n, key); });
  check([](Index n, const Key& key) { return swiss_roll<float>(n, key); });
}

TEST_CASE("toy: a negative number of points or noise is an error") {
  CHECK(two_moons<float>(0, Key{1}).shape() == Shape{0, 2});
  CHECK_THROWS_WITH_AS(two_moons<float>(-1, Key{1}), "two_moons: n is not negative, got -1", ValueError);
  CHECK_THROWS_AS(swiss_roll<float>(1, Key{1}, -0.1F), ValueError);
  CHECK_THROWS_AS(eight_gaussians<float>(1, Key{1}, std::numeric_limits<float>::quiet_NaN()), ValueError);
}
