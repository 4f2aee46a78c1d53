#include "neb/draw/colour.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "neb/core/error.hpp"

using namespace neb;

namespace {

double brightness(const Colour& colour) { return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]; }

}  // namespace

TEST_CASE("colour: the colour map runs from dark to bright, and clips") {
  for (int i = 0; i < 100; ++i) CHECK(brightness(viridis(i / 100.0)) < brightness(viridis((i + 1) / 100.0)));
  // Matplotlib's, at both ends and at one of the stops.
  CHECK(viridis(0) == Colour{0.267, 0.005, 0.329});
  CHECK(viridis(1) == Colour{0.993, 0.906, 0.144});
  const Colour third = viridis(1.0 / 3), expected{0.191, 0.407, 0.556};
  for (std::size_t part = 0; part < 3; ++part) CHECK(third[part] == doctest::Approx(expected[part]));
  CHECK(viridis(-5) == viridis(0));
  CHECK(viridis(5) == viridis(1));
  CHECK(viridis(NAN) == viridis(0));
}

TEST_CASE("colour: a field in colours keeps its shape, and NaN is grey") {
  const Tensor<float> image = colour_map(Tensor<float>({1, 3}, {2, 4, NAN}), {2, 4});
  CHECK(image.shape() == Shape{1, 3, 3});
  for (Index c = 0; c < 3; ++c) {
    CHECK(image(0, 0, c) == static_cast<float>(viridis(0)[static_cast<std::size_t>(c)]));
    CHECK(image(0, 1, c) == static_cast<float>(viridis(1)[static_cast<std::size_t>(c)]));
    CHECK(image(0, 2, c) == 0.5F);
  }
  CHECK(colour_map(Tensor<float>::ones({2, 5, 1}), {0, 1}).shape() == Shape{2, 5, 3});
  CHECK_THROWS_AS(colour_map(Tensor<float>::ones({2, 2, 3}), {0, 1}), ShapeError);
  CHECK_THROWS_AS(colour_map(Tensor<float>::ones({2, 2, 1, 1}), {0, 1}), ShapeError);
  CHECK_THROWS_AS(colour_map(Tensor<float>::ones({2, 2}), {1, 0}), ValueError);
}

TEST_CASE("colour: the range of a field ignores what is not finite") {
  const PixelRange range = finite_range(Tensor<float>({5}, {3, -1, NAN, HUGE_VALF, -HUGE_VALF}));
  CHECK(range.low == -1);
  CHECK(range.high == 3);
  const PixelRange constant = finite_range(Tensor<double>({2}, {3, 3}));
  CHECK(constant.low == 2.5);
  CHECK(constant.high == 3.5);
  const PixelRange huge = finite_range(Tensor<double>({1}, {1e300}));
  CHECK(huge.low == doctest::Approx(1e300 * (1 - 1e-6)).epsilon(1e-12));
  CHECK(huge.high == doctest::Approx(1e300 * (1 + 1e-6)).epsilon(1e-12));
  const PixelRange nothing = finite_range(Tensor<double>({1}, {NAN}));
  CHECK(nothing.low < nothing.high);
}
