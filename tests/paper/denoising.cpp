#include <doctest/doctest.h>

#include "gaussian_world.hpp"
#include "io/scratch.hpp"
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

}  // namespace
}  // namespace neb::test
