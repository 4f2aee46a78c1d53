#include "paper/settled_memories.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;
using examples::NearestNeighbour;

// Much larger than the error of a step, which is 0.001.
constexpr double sigma = 1;

const examples::Program quiet{.name = "test", .out = "", .quiet = true};
const Tensor<float> points = flat_images({-10, -5, 0, 5, 10});
const std::vector<std::uint8_t> labels{0, 1, 2, 3, 4, 0, 1, 2, 3};

/// Nine starts, each 2 from a point, in its first pixel: points 0 to 4, and 0 to 3 again.
Tensor<float> starts() {
  Tensor<float> y0({9, 2, 2, 1});
  for (Index i = 0; i < y0.size(); ++i)
    y0.mutable_data()[i] = points.data()[i % points.size()] + (i % 4 == 0 ? 2.0f : 0);
  return y0;
}

Remembered remembered(double factor, const Remembering& settings = {}) {
  return remember(quiet, energy_of(points, sigma, factor), {{"nearest", NearestNeighbour(points, {0, 1, 2, 3, 4})}},
                  starts(), labels, settings);
}

double mean(const std::vector<double>& values) { return spread_of(values).mean; }

}  // namespace

TEST_CASE("flows near far points settle on the way to them: distances, paths and times are exact") {
  // y - x = 2 exp(-t), and (y - x)^2 / sigma^2 nats are lost per sigma^2 of time.
  const auto left = [](double rate) { return sigma * std::sqrt(rate); };
  const Remembered found = remembered(1);
  CHECK(found.chi.size() == 9);
  CHECK(mean(found.chi) == doctest::Approx((2 - left(settled_rate)) / 4).epsilon(5e-3));  // chi = |a - b| / (2 sqrt 4)
  CHECK(mean(found.path_length) == doctest::Approx(2 - left(settled_rate)).epsilon(5e-3));
  CHECK(mean(found.time) == doctest::Approx(std::log(2 / left(settled_rate))).epsilon(1e-2));
  CHECK(found.kept.at(0).share == 1);
  CHECK(found.kept.at(0).labelled == 1);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(mean(found.below.at(k).chi) == doctest::Approx((2 - left(looks_below[k])) / 4).epsilon(5e-3));
    CHECK(mean(found.below.at(k).path_length) == doctest::Approx(2 - left(looks_below[k])).epsilon(5e-3));
    CHECK(mean(found.at.at(k).chi) == doctest::Approx(0.5).epsilon(1e-2));
  }
}

TEST_CASE("a settled memory lasts until it has moved so far, and one that never does lasts to the end") {
  // What is left of the way is sigma sqrt(rate) exp(-t); chi is a quarter of it.
  const double left = sigma * std::sqrt(settled_rate);
  const Remembered found = remembered(1, {.lasting_chi = 0.1});
  CHECK(found.lasting.size() == 9);
  CHECK(mean(found.lasting) == doctest::Approx(-std::log(1 - 0.4 / left)).epsilon(3e-2));
  CHECK(mean(remembered(1, {.lasting_chi = 0.3, .lasting = 55}).lasting) == 55);
}

TEST_CASE("followed are the first, and numbers say of how many they are") {
  const Remembered found = remembered(1, {.followed = 4});
  const examples::Summary numbers = numbers_of(found, {{"nearest", nullptr}}, "kde_");
  CHECK(std::get<Index>(examples::value_of(numbers, "kde_starts")) == 9);
  CHECK(std::get<Index>(examples::value_of(numbers, "kde_followed")) == 4);
  CHECK(std::get<double>(examples::value_of(numbers, "kde_kept_by_nearest")) == 1);
  CHECK(found.at.at(0).chi.size() == 4);
}

TEST_CASE("with the wrong sign nothing settles and no class is kept") {
  const Remembered found = remembered(-1);
  CHECK(found.flow.count(FlowEnd::escaped) == 9);
  CHECK(found.chi.empty());
  CHECK(found.kept.at(0).share == 0);
  CHECK(found.lasting.empty());
}

TEST_CASE("on a flat crater digits settle where they are, which chi and path tell") {
  const Remembered found = remembered(1e-3);
  CHECK(found.chi.size() == 9);
  CHECK(mean(found.chi) == 0);
  CHECK(mean(found.path_length) == 0);
}

TEST_CASE("where two points interact, the flow leaves them and the class of one is lost") {
  // Two points 0.4 apart with sigma = 0.5: both flow to the middle, and the nearest of it is the first or the second.
  const Tensor<float> pair = flat_images({0, 0.2f});
  const std::vector<Judge> judges{{"nearest", NearestNeighbour(pair, {0, 1})}};
  const Remembered near = remember(quiet, energy_of(pair, 0.05), judges, pair, {0, 1}, {}),
                   far = remember(quiet, energy_of(pair, 0.5), judges, pair, {0, 1}, {});
  CHECK(near.kept.at(0).share == 1);
  CHECK(mean(near.at.back().chi) < 0.001);
  CHECK(mean(far.at.back().chi) == doctest::Approx(0.05).epsilon(2e-2));
}

}  // namespace neb::test
