#include "paper/several_measurements.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

const examples::Program program{.name = "test", .out = "", .quiet = true};

/// Two images of 4 pixels whose distance is 2.
const Tensor<float> points = flat_images({0, 1});

/// The energies of means of 1, 4 and 16 measurements with noise of 1.2.
std::vector<examples::TrainedEnergy> energies(double factor = 1) {
  return {energy_of(points, 1.2, factor), energy_of(points, 0.6, factor), energy_of(points, 0.3, factor)};
}

constexpr MeasurementWalks settings{.chains = 1000, .warm_up = 100, .steps = 300};

}  // namespace

TEST_CASE("several measurements: means are distributed as those of images with noise, and the jump finds the image") {
  const auto found = measure_in_sequence(program, energies(), settings);
  REQUIRE(found.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const MeanMeasurement& one = found[i];
    CHECK(one.sigma == doctest::Approx(1.2 / std::pow(2.0, i)));
    CHECK(one.acceptance > 0.4);
    // Half of the images are each point; the mean of the pixels of one is 0 or 1, and its noise sigma / 2.
    double mean = 0, square = 0;
    for (Index row = 0; row < settings.chains; ++row) {
      double pixels = 0;
      for (Index p = 0; p < 4; ++p) pixels += static_cast<double>(one.y.data()[4 * row + p]) / 4;
      mean += pixels / 1000;
      square += pixels * pixels / 1000;
    }
    const double variance = 0.25 + one.sigma * one.sigma / 4;
    CHECK(std::abs(mean - 0.5) < 5 * std::sqrt(variance / 1000));
    CHECK(square - mean * mean == doctest::Approx(variance).epsilon(5 * std::sqrt(2.0 / 1000)));
    // What a block takes away are 4 normal numbers of each chain.
    if (i > 0) CHECK(std::abs(one.added - 1) < 5 * std::sqrt(2.0 / 4000));
  }
  const Sharpness blurred = sharpness_of(found[0].xhat, points, [](const Tensor<float>& x) {
    return std::vector<double>(static_cast<std::size_t>(x.shape()[0]), 0.5);
  });
  const Sharpness sharp = sharpness_of(found[2].xhat, points, [](const Tensor<float>& x) {
    return std::vector<double>(static_cast<std::size_t>(x.shape()[0]), 0.995);
  });
  CHECK(sharp.chi < 0.1 * blurred.chi);
  CHECK(blurred.sure == 0);
  CHECK(sharp.sure == 1);
  CHECK(sharp.confidence == 0.995);
}

TEST_CASE(
    "several measurements: with energies of the wrong sign, what a block adds is no noise of the right strength") {
  const auto found = measure_in_sequence(program, energies(-1), {.chains = 100, .warm_up = 50, .steps = 50});
  CHECK(std::abs(found[1].added - 1) > 10 * std::sqrt(2.0 / 400));
}

}  // namespace neb::test
