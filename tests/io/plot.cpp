#include "neb/io/plot.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "neb/core/error.hpp"

using namespace neb;

namespace {

double brightness(const Colour& colour) { return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]; }

/// Number of pixels that are not black.
Index painted(const Tensor<float>& image) {
  Index count = 0;
  for (Index i = 0; i < image.size(); i += 3) count += image.data()[i] > 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("plot: the colour map runs from dark to bright, and clips") {
  for (int i = 0; i < 100; ++i) CHECK(brightness(viridis(i / 100.0)) < brightness(viridis((i + 1) / 100.0)));
  CHECK(viridis(-5) == viridis(0));
  CHECK(viridis(5) == viridis(1));
  CHECK(viridis(NAN) == viridis(0));
}

TEST_CASE("plot: a field in colours keeps its shape, and NaN is grey") {
  const Tensor<float> image = colour_map(Tensor<float>({1, 3}, {2, 4, NAN}), {2, 4});
  CHECK(image.shape() == Shape{1, 3, 3});
  for (Index c = 0; c < 3; ++c) {
    CHECK(image(0, 0, c) == static_cast<float>(viridis(0)[static_cast<std::size_t>(c)]));
    CHECK(image(0, 1, c) == static_cast<float>(viridis(1)[static_cast<std::size_t>(c)]));
    CHECK(image(0, 2, c) == 0.5F);
  }
  CHECK_THROWS_AS(colour_map(Tensor<float>::ones({2, 2, 3}), {0, 1}), ShapeError);
  CHECK_THROWS_AS(colour_map(Tensor<float>::ones({2, 2}), {1, 0}), ValueError);
}

TEST_CASE("plot: the range of a field ignores what is not finite") {
  const PixelRange range = finite_range(Tensor<float>({5}, {3, -1, NAN, HUGE_VALF, -HUGE_VALF}));
  CHECK(range.low == -1);
  CHECK(range.high == 3);
  const PixelRange constant = finite_range(Tensor<double>({2}, {3, 3}));
  CHECK(constant.low < 3);
  CHECK(constant.high > 3);
  const PixelRange huge = finite_range(Tensor<double>({1}, {1e300}));
  CHECK(huge.low < huge.high);
  const PixelRange nothing = finite_range(Tensor<double>({1}, {NAN}));
  CHECK(nothing.low < nothing.high);
}

TEST_CASE("plot: pixel centres run from the top left, and y points up") {
  const Tensor<double> centres = pixel_centres<double>({0, 4, 0, 2}, 2, 4);
  CHECK(centres.shape() == Shape{8, 2});
  CHECK(centres(0, 0) == 0.5);
  CHECK(centres(0, 1) == 1.5);
  CHECK(centres(7, 0) == 3.5);
  CHECK(centres(7, 1) == 0.5);
}

TEST_CASE("plot: a point is drawn in the pixel whose centre it is") {
  const Bounds bounds{-1, 3, -2, 2};
  const Tensor<float> centres = pixel_centres<float>(bounds, 8, 8);
  for (Index i = 0; i < 64; ++i) {
    const Tensor<float> image =
        draw_points(Tensor<float>::zeros({8, 8, 3}), centres.rows(i, i + 1), bounds, {1, 0, 0}, 0);
    CHECK(painted(image) == 1);
    CHECK(image(i / 8, i % 8, 0) == 1);
  }
}

TEST_CASE("plot: discs have their area, are cut at the border, and leave out what is outside") {
  const Bounds bounds{0, 100, 0, 100};
  const auto drawn = [&](float x, float y, double radius) {
    const Tensor<float> canvas = Tensor<float>::zeros({100, 100, 3});
    const Tensor<float> image = draw_points(canvas, Tensor<float>({1, 2}, {x, y}), bounds, {1, 1, 1}, radius);
    CHECK(painted(canvas) == 0);  // the tensor that was passed is not touched
    return static_cast<double>(painted(image));
  };
  CHECK(drawn(50, 50, 20) == doctest::Approx(1256.6).epsilon(0.02));
  CHECK(drawn(0, 0, 20) == doctest::Approx(314.2).epsilon(0.05));
  CHECK(drawn(99.9F, 99.9F, 10000) == 10000);
  CHECK(drawn(100, 0, 0.1) == 1);
  CHECK(drawn(100.1F, 50, 5) == 0);
  CHECK(drawn(-1e30F, 50, 5) == 0);
  CHECK(drawn(NAN, 50, 5) == 0);
  CHECK_THROWS_AS(drawn(50, 50, -1), ValueError);
  CHECK_THROWS_AS(drawn(50, 50, NAN), ValueError);
}

TEST_CASE("plot: shapes and bounds that do not fit are errors") {
  const Tensor<float> image = Tensor<float>::zeros({4, 4, 3});
  CHECK_THROWS_AS(draw_points(image, Tensor<float>::zeros({2, 3}), {}, {1, 1, 1}), ShapeError);
  CHECK_THROWS_AS(draw_points(Tensor<float>::zeros({4, 4, 1}), Tensor<float>::zeros({2, 2}), {}, {1, 1, 1}),
                  ShapeError);
  CHECK_THROWS_AS(draw_points(image, Tensor<float>::zeros({2, 2}), {1, 1, 0, 1}, {1, 1, 1}), ValueError);
  CHECK_THROWS_AS(pixel_centres<float>({0, NAN, 0, 1}, 2, 2), ValueError);
}
