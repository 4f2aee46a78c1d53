#include "paper/samplers.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "io/scratch.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

using examples::Sampler, examples::paper::MeasuredWalk, examples::paper::SamplerFound, examples::paper::Samplers;

constexpr double sigma = 0.3;

/// What is found between two points so near to each other that the energy is nearly one Gaussian of variance sigma^2.
SamplerFound found(MeasuredWalk walk, double factor = 1) {
  const Tensor<float> points = flat_images({0, 0.02F});
  const examples::Program program{.name = "test", .out = "", .quiet = true};
  const auto classify = [&](const Tensor<float>& images) { return nearest_point(points, images); };
  const Samplers settings{.chains = 20, .warm_up = 100, .spread = 20, .walks = {}};
  const auto energy = energy_of(points, sigma, factor);
  const auto start = start_samplers(program, energy_of(points, sigma), as_images(points), settings);
  return measure(program, energy, classify, start, walk);
}

}  // namespace

TEST_CASE("samplers: on a Gaussian of 4 pixels means are those of exp(-phi), and times those of the walk") {
  for (const Sampler sampler :
       {Sampler::langevin, Sampler::leimkuhler_matthews, Sampler::mala, Sampler::baoab, Sampler::aboba}) {
    CAPTURE(static_cast<int>(sampler));
    const SamplerFound one = found({.name = "one", .sampler = sampler, .share = 0.2, .friction = 1, .units = 100});
    // |y - xhat|^2 / sigma^2 is a chi-square number of 4 degrees; the walk's variance is 1 / (1 - 0.02) times larger.
    const double expected = sampler == Sampler::langevin ? 4 / 0.98 : 4;
    CHECK(std::abs(one.noise.mean - expected) < 4 * one.noise.error);
    CHECK(one.noise.r_hat < 1.05);
    CHECK(one.every == 25);
    CHECK(one.escaped == 0);
    CHECK((one.acceptance > 0.5) == (sampler == Sampler::mala));
    // Draws one unit of time apart correlate by e^-1: (1 + e^-1) / (1 - e^-1) units for a projection, 1.3 for squares.
    if (sampler == Sampler::langevin || sampler == Sampler::leimkuhler_matthews) {
      const double units = one.steps_per_sample(one.slowest) / one.steps_per_unit();
      CHECK(units == doctest::Approx(2.16).epsilon(0.3));
      CHECK(one.steps_per_sample(one.energy) / one.steps_per_unit() == doctest::Approx(1.31).epsilon(0.3));
      CHECK(one.changes == doctest::Approx(0.38).epsilon(0.1));  // acos(e^-1) / pi
    }
  }
}

TEST_CASE("samplers: a step size that is not given is found, and a longer step takes fewer steps a sample") {
  const SamplerFound small = found({.name = "small", .sampler = Sampler::mala, .share = 0.1, .units = 60});
  const SamplerFound large = found({.name = "large", .sampler = Sampler::mala, .share = 0, .units = 60});
  CHECK(large.delta > 0.4);  // 1.167 sigma 4^(-1/6) = 0.93 sigma for many pixels
  CHECK(large.delta < 2);
  CHECK(large.steps_per_sample(large.energy) < 0.2 * small.steps_per_sample(small.energy));
}

TEST_CASE("samplers: with the wrong sign, or without sigma^2, means are far from those of exp(-phi)") {
  const SamplerFound wrong = found({.name = "one", .share = 0.2, .units = 10}, -1);
  CHECK(wrong.escaped == 20);
  const SamplerFound scaled = found({.name = "one", .share = 0.1, .units = 20}, 1 / (sigma * sigma));
  CHECK(std::abs(scaled.noise.mean - 4) > 10 * scaled.noise.error);
}

TEST_CASE("samplers: the table extrapolates the paper's walk from sigma / 8 by the square of the step") {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const std::vector<SamplerFound> walks{found({.name = "walk, sigma / 8", .share = 0.125, .units = 60}),
                                        found({.name = "mala", .sampler = Sampler::mala, .share = 0.5, .units = 60})};
  const auto results = compare_samplers(program, walks, {2.0, 3.0});
  const auto gains = std::get<std::vector<double>>(examples::value_of(results.numbers, "walk__sigma___8_gains"));
  for (const double gain : gains) CHECK(gain == doctest::Approx(std::pow(12.5, 2)));  // of sigma / 8 over sigma / 100
  const auto mala = std::get<std::vector<double>>(examples::value_of(results.numbers, "mala_gains"));
  CHECK(mala[0] == doctest::Approx(std::pow(12.5, 2) * walks[0].steps_per_sample(walks[0].energy) * 2 /
                                   (walks[1].steps_per_sample(walks[1].energy) * 3)));
  CHECK(std::filesystem::exists(scratch.path(results.pictures.at(0).file)));
  const std::vector<double> seconds = seconds_per_step(energy_of(flat_images({0, 1}), sigma), walks, 3, 2, 2);
  CHECK(seconds.size() == 2);
  CHECK(seconds[0] > 0);
}

}  // namespace neb::test
