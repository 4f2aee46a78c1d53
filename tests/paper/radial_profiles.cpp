#include "paper/radial_profiles.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "neb/ops/extrema.hpp"
#include "parts/radial_profile.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

const examples::Program quiet{.name = "test", .out = "", .quiet = true};
const std::vector<double> radii{0, 0.25, 0.5, 0.75, 1};
constexpr double sigma = 0.1;

/// Points that are far from each other: 16 numbers with a step of 3 between points.
Tensor<float> far_points() {
  Tensor<float> points({50, 4, 4, 1});
  for (Index i = 0; i < points.size(); ++i) points.mutable_data()[i] = 3.0f * static_cast<float>(i / 16);
  return points;
}

Depth depth(const examples::TrainedEnergy& energy) {
  return depth_of(measure_profile(quiet, "", energy, far_points(), radii).profile, 16);
}

}  // namespace

TEST_CASE("around points that are alone a right energy is as deep as it should be, at every radius") {
  const Depth found = depth(energy_of(far_points(), sigma));
  CHECK(std::isnan(found.rate.at(0)));
  CHECK(std::isnan(found.energy.at(0)));
  for (std::size_t i = 1; i < radii.size(); ++i) {
    // The mean of 800 squares, whose spread is that of the noise and the same at every radius.
    CHECK(found.rate[i] == doctest::Approx(1).epsilon(0.1));
    CHECK(found.rate[i] == doctest::Approx(found.rate[1]).epsilon(1e-3));
    CHECK(found.energy[i] == doctest::Approx(found.rate[i]).epsilon(1e-3));
  }
}

TEST_CASE("a crater shows: flat inside, though right on the shell") {
  // 0 up to half of the shell's radius, and from there on the slope of the shell.
  const Tensor<float> centre = Tensor<float>::zeros({1, 4, 4, 1});
  const examples::TrainedEnergy crater{[](const Var<float>& y) {
                                         const Var<float> r2 = sum(square(flatten(y)), 1) / float(sigma * sigma * 16);
                                         return 8.0f * maximum(r2 - 0.25f, 0.0f);
                                       },
                                       sigma,
                                       {4, 4, 1}};
  const Tensor<float> x = Tensor<float>::zeros({400, 4, 4, 1});
  const Depth found = depth_of(measure_profile(quiet, "", crater, x, {0.25, 1}).profile, 16);
  CHECK(found.rate[0] < 0.05);
  CHECK(found.rate[1] == doctest::Approx(1).epsilon(0.1));
  CHECK(found.energy[0] < 0.05);
}

TEST_CASE("an energy without its sigma^2 is too deep, and one of the wrong sign is negative") {
  const Depth steep = depth(energy_of(far_points(), sigma, 1 / (sigma * sigma))),
              wrong = depth(energy_of(far_points(), sigma, -1));
  CHECK(steep.rate.at(2) > 1000);
  CHECK(steep.energy.at(2) > 50);
  CHECK(wrong.energy.at(2) < -0.5);
}

}  // namespace neb::test
