#include <doctest/doctest.h>

#include "gaussian_world.hpp"
#include "io/scratch.hpp"
#include "paper/denoising.hpp"
#include "parts/denoise.hpp"

namespace neb::test {
namespace {

double loss_with(double factor) {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const GaussianWorld world;
  const examples::Summary numbers = examples::denoise(program, world.energy(factor), world.images(1, 4000), 20);
  return std::get<double>(examples::value_of(numbers, "test_loss"));
}

TEST_CASE("denoising loses what the best jump must lose") {
  CHECK(loss_with(1) == doctest::Approx(GaussianWorld{}.best_loss()).epsilon(0.02));
}

TEST_CASE("denoising with the wrong sign, or without sigma^2, loses visibly more") {
  CHECK(loss_with(-1) > 2 * GaussianWorld{}.best_loss());
  CHECK(loss_with(1 / (0.3 * 0.3)) > 2 * GaussianWorld{}.best_loss());
}

TEST_CASE("denoising: the best jump shrinks the range of pixels as it shrinks each of them; mutants turn or widen it") {
  const GaussianWorld world;
  const Tensor<float> x = world.images(1, 250).test;
  const auto ranges = [&](double factor) { return examples::paper::jump_ranges(world.energy(factor), x, Key(1)); };
  const auto [noisy, denoised] = ranges(1);
  // The largest of 9000 normal numbers is 3.9 standard deviations out, give or take 0.3.
  const double out = 3.9 * std::sqrt(world.variance + world.sigma * world.sigma);
  CHECK(noisy.high == doctest::Approx(out).epsilon(0.2));
  CHECK(noisy.low == doctest::Approx(-out).epsilon(0.2));
  const double shrink = world.variance / (world.variance + world.sigma * world.sigma);
  CHECK(denoised.low == doctest::Approx(shrink * noisy.low));
  CHECK(denoised.high == doctest::Approx(shrink * noisy.high));
  CHECK(ranges(-1).denoised.high > 2 * denoised.high);
  CHECK(ranges(1 / (0.3 * 0.3)).denoised.high > 2 * denoised.high);
}

}  // namespace
}  // namespace neb::test
