#include "paper/walking.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <numbers>

#include "io/scratch.hpp"
#include "neb/io/png.hpp"
#include "neb/sampling/walk_jump.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

using examples::Jumps, examples::paper::Mixing, examples::paper::mixing, examples::paper::Walking;

constexpr double sigma = 0.3;

/// Jumps at which chain c is at `classes[jump][c]`, and has left the data where that is negative.
Jumps jumps_of(const std::vector<std::vector<float>>& classes) {
  Jumps jumps{.x0 = flat_images(classes[0]), .delta = 0.01};
  for (const std::vector<float>& now : classes) {
    jumps.steps.push_back(std::ssize(jumps.steps));
    jumps.xhat.push_back(flat_images(now));
    std::vector<bool> escaped;
    for (const float level : now) escaped.push_back(level < 0);
    jumps.escaped.push_back(escaped);
  }
  return jumps;
}

std::vector<int> level(const Tensor<float>& images) {
  std::vector<int> levels;
  for (Index i = 0; i < images.shape()[0]; ++i) levels.push_back(static_cast<int>(images.data()[4 * i]));
  return levels;
}

/// What the experiment finds when it walks between two points.
examples::Summary walked(double distance, double factor, Index chains = 100) {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const Tensor<float> points = flat_images({0, static_cast<float>(distance)});
  const Walking settings{.chains = chains, .units = 10, .steps_per_unit = 200, .long_chains = chains, .long_units = 10};
  const auto classify = [&](const Tensor<float>& images) { return nearest_point(points, images); };
  const auto results = examples::paper::walking(program, energy_of(points, sigma, factor), as_images(points), classify,
                                                settings, "walk");
  for (const examples::paper::Picture& picture : results.pictures)
    CHECK(std::filesystem::exists(scratch.path(picture.file)));
  return results.numbers;
}

double number(const examples::Summary& numbers, const char* key) {
  return std::get<double>(examples::value_of(numbers, key));
}
Index count(const examples::Summary& numbers, const char* key) {
  return std::get<Index>(examples::value_of(numbers, key));
}

/// Between two points much nearer than sigma the walk is an Ornstein-Uhlenbeck process of correlation e^-1 per unit of
/// time, and the class is its sign.
double closed_form_changes(double distance) {
  const double variance = sigma * sigma, spread = distance * distance;  // (distance / 2)^2 in each of 4 pixels
  return std::acos(std::exp(-variance / (variance + spread))) / std::numbers::pi;
}

}  // namespace

TEST_CASE("mixing counts changes of class at whole units, and those on the way") {
  // Two jumps a unit. The first chain changes class once, the second one and back between units, the third one leaves.
  const Mixing found = mixing(jumps_of({{0, 0, 0}, {0, 1, 0}, {0, 0, 0}, {1, 0, -1}, {1, 0, -1}}), 2, level);
  CHECK(found.escaped == 1);
  CHECK(found.pairs == 5);
  CHECK(found.changes == doctest::Approx(1.0 / 5));
  CHECK(found.changes_on_the_way == doctest::Approx(2 * 3.0 / 10));
  CHECK(found.faithful == 1);
  // Rates 1/2, 0, 0 of three chains: standard deviation sqrt(1/12), over sqrt(3).
  CHECK(found.error == doctest::Approx(1.0 / 6));
  // The first chain moves by 1 in all pixels, a chi of 1/2; the others are where they began.
  CHECK(found.chi_from_first == doctest::Approx(0.5 / 3));
  CHECK(found.chi_in_class == 0);
}

TEST_CASE("walk-jump between far points never changes class, and its jumps are the points") {
  const examples::Summary numbers = walked(2, 1, 40);
  CHECK(number(numbers, "class_changes") == 0);
  CHECK(number(numbers, "long_class_changes_on_the_way") == 0);
  CHECK(number(numbers, "long_class_changes") == 0);
  CHECK(count(numbers, "long_chains_of_one_class") == 40);
  CHECK(count(numbers, "escaped") == 0);
  CHECK(count(numbers, "long_escaped") == 0);
  CHECK(number(numbers, "jump_min") == doctest::Approx(0).epsilon(1e-4));
  CHECK(number(numbers, "jump_max") == doctest::Approx(2).epsilon(1e-4));
  CHECK(number(numbers, "long_chi_in_class") < 1e-4);
}

TEST_CASE("walk-jump between near points changes class as often as the closed form, whatever the step") {
  const examples::Summary numbers = walked(0.02, 1);
  const double expected = closed_form_changes(0.02);
  CHECK(std::abs(number(numbers, "class_changes") - expected) < 4 * number(numbers, "class_changes_error"));
  CHECK(std::abs(number(numbers, "long_class_changes") - expected) < 4 * number(numbers, "long_class_changes_error"));
  CHECK(number(numbers, "class_changes_error") < 0.02);
}

TEST_CASE("walk-jump with the wrong sign escapes, and without sigma^2 changes class too often") {
  CHECK(count(walked(0.02, -1, 40), "escaped") == 40);
  const examples::Summary numbers = walked(0.02, 1 / (sigma * sigma));
  CHECK(number(numbers, "class_changes") - closed_form_changes(0.02) > 4 * number(numbers, "class_changes_error"));
}

TEST_CASE("walk-jump with the noise sqrt(2 delta) e mixes points that are far apart") {
  // y - delta^2 grad phi + sqrt(2 delta) e is the right walk on delta phi with steps of sqrt(delta).
  const Tensor<float> points = flat_images({0, 2});
  const double delta = sigma / 10;
  const auto right = energy_of(points, sigma), literal = energy_of(points, sigma, delta);
  const Key key(1);
  Jumps jumps{.x0 = flat_images(std::vector<float>(50, 0)), .delta = delta};
  Tensor<float> y = smooth(jumps.x0, static_cast<float>(sigma), key);
  for (Index unit = 0; unit <= 10; ++unit) {
    jumps.xhat.push_back(robbins_jump(right.phi, y, static_cast<float>(sigma)));
    jumps.escaped.emplace_back(50, false);
    y = langevin_walk(literal.phi, y, {.delta = std::sqrt(delta), .steps = 100, .first_step = 100 * unit}, key);
  }
  const auto classify = [&](const Tensor<float>& images) { return nearest_point(points, images); };
  CHECK(mixing(jumps, 1, classify).changes > 0.1);
}

TEST_CASE("the film has as many frames as it says") {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const Tensor<float> points = flat_images({0, 1});
  const Walking settings{.chains = 2,
                         .units = 1,
                         .steps_per_unit = 5,
                         .long_chains = 4,
                         .long_shown = 3,
                         .long_units = 3,
                         .long_steps_per_unit = 10,
                         .long_jumps_per_unit = 5,
                         .film_units = 2};
  const auto results = examples::paper::walking(
      program, energy_of(points, sigma), as_images(points),
      [](const Tensor<float>& x) { return std::vector(static_cast<std::size_t>(x.shape()[0]), 0); }, settings, "walk");
  const examples::paper::Picture& film = results.pictures.at(2);
  CHECK(film.frames == 10);
  // Frames are square: width and height are in the header of a PNG, from byte 16 on.
  const std::string bytes = content_of(scratch.path(film.file));
  const auto word = [&](std::size_t at) {
    return 256 * static_cast<unsigned char>(bytes[at + 2]) + static_cast<unsigned char>(bytes[at + 3]);
  };
  if (png_available) CHECK(word(16) == film.frames * word(20));
}

}  // namespace neb::test
