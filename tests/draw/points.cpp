#include "neb/draw/points.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include "neb/core/error.hpp"

using namespace neb;

namespace {

/// Number of pixels that are not black.
Index painted(const Tensor<float>& image) {
  Index count = 0;
  for (Index i = 0; i < image.size(); i += 3) count += image.data()[i] > 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("points: pixel centres run from the top left, and y points up") {
  const Tensor<double> centres = pixel_centres<double>({0, 4, 0, 2}, 2, 4);
  CHECK(centres.shape() == Shape{8, 2});
  CHECK(centres(0, 0) == 0.5);
  CHECK(centres(0, 1) == 1.5);
  CHECK(centres(7, 0) == 3.5);
  CHECK(centres(7, 1) == 0.5);
}

TEST_CASE("points: a point is drawn in the pixel whose centre it is") {
  const Bounds bounds{-1, 3, -2, 2};
  for (const auto& [height, width] : {std::pair<Index, Index>{6, 8}, std::pair<Index, Index>{8, 6}}) {
    const Tensor<float> centres = pixel_centres<float>(bounds, height, width);
    for (Index i = 0; i < 48; ++i) {
      const Tensor<float> image =
          draw_points(Tensor<float>::zeros({height, width, 3}), centres.rows(i, i + 1), bounds, {1, 0, 0}, 0);
      CHECK(painted(image) == 1);
      CHECK(image(i / width, i % width, 0) == 1);
    }
    const Tensor<float> around({4, 2}, {-1.1F, 0, 3.1F, 0, 0, -2.1F, 0, 2.1F});
    CHECK(painted(draw_points(Tensor<float>::zeros({height, width, 3}), around, bounds, {1, 0, 0}, 3)) == 0);
  }
}

TEST_CASE("points: discs have their area, are cut at the border, and leave out what is outside") {
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

TEST_CASE("points: shapes and bounds that do not fit are errors") {
  const Tensor<float> image = Tensor<float>::zeros({4, 4, 3});
  CHECK_THROWS_AS(draw_points(image, Tensor<float>::zeros({2, 3}), {}, {1, 1, 1}), ShapeError);
  CHECK_THROWS_AS(draw_points(Tensor<float>::zeros({4, 4, 1}), Tensor<float>::zeros({2, 2}), {}, {1, 1, 1}),
                  ShapeError);
  CHECK_THROWS_AS(draw_points(image, Tensor<float>::zeros({2, 2}), {1, 1, 0, 1}, {1, 1, 1}), ValueError);
  CHECK_THROWS_AS(pixel_centres<float>({0, NAN, 0, 1}, 2, 2), ValueError);
}
