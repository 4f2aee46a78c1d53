#include "neb/kernels/conv2d/geometry.hpp"

#include <doctest/doctest.h>

#include <limits>

using neb::Conv2dOptions;
using neb::Index;
using neb::Shape;
using neb::ShapeError;
using neb::ValueError;
using neb::kernels::Conv2dGeometry;

namespace {

std::string complaint(const Shape& x, const Shape& w, const Conv2dOptions& options = {}) {
  try {
    static_cast<void>(Conv2dGeometry::from(x, w, options));
  } catch (const neb::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a geometry knows the shapes of a convolution") {
  const auto valid = Conv2dGeometry::from({8, 28, 28, 3}, {16, 3, 3, 3}, {});
  CHECK(valid.output_shape() == Shape{8, 26, 26, 16});
  CHECK(valid.input_shape() == Shape{8, 28, 28, 3});
  CHECK(valid.filter_shape() == Shape{16, 3, 3, 3});
  CHECK(valid.patch_size() == 27);
  CHECK(valid.macs() == 8 * 26 * 26 * 16 * 27);

  const auto halved = Conv2dGeometry::from({2, 28, 14, 1}, {4, 4, 4, 1}, {.stride = 2, .padding = 1});
  CHECK(halved.output_shape() == Shape{2, 14, 7, 4});

  const auto leftover = Conv2dGeometry::from({1, 8, 9, 1}, {1, 3, 2, 1}, {.stride = 3});
  CHECK(leftover.output_shape() == Shape{1, 2, 3, 1});
}

TEST_CASE("an empty batch and zero channels are legal") {
  CHECK(Conv2dGeometry::from({0, 5, 5, 2}, {3, 3, 3, 2}, {}).output_shape() == Shape{0, 3, 3, 3});
  CHECK(Conv2dGeometry::from({2, 5, 5, 0}, {4, 3, 3, 0}, {}).output_shape() == Shape{2, 3, 3, 4});
  CHECK(Conv2dGeometry::from({2, 5, 5, 2}, {0, 3, 3, 2}, {}).output_shape() == Shape{2, 3, 3, 0});
  CHECK(Conv2dGeometry::from({1, 0, 0, 1}, {1, 2, 2, 1}, {.padding = 1}).output_shape() == Shape{1, 1, 1, 1});
}

TEST_CASE("shapes that do not fit are refused with the rule and the shapes") {
  CHECK(complaint({8, 28, 28, 3}, {16, 3, 3, 1}) ==
        "conv2d: w expects 1 input channel but x has 3   [x: (8, 28, 28, 3), w: (16, 3, 3, 1)]");
  CHECK(complaint({8, 28, 28, 1}, {16, 3, 3, 2}) ==
        "conv2d: w expects 2 input channels but x has 1   [x: (8, 28, 28, 1), w: (16, 3, 3, 2)]");
  CHECK(complaint({28, 28, 3}, {16, 3, 3, 3}) ==
        "conv2d: x has rank 4 (N, H, W, C), got rank 3   [x: (28, 28, 3), w: (16, 3, 3, 3)]");
  CHECK(complaint({1, 28, 28, 3}, {16, 27}) ==
        "conv2d: w has rank 4 (O, KH, KW, I), got rank 2   [x: (1, 28, 28, 3), w: (16, 27)]");
  CHECK(complaint({1, 2, 5, 1}, {1, 5, 3, 1}, {.padding = 1}) ==
        "conv2d: a kernel of 5 x 3 pixels does not fit into an input of 4 x 7 with padding 1"
        "   [x: (1, 2, 5, 1), w: (1, 5, 3, 1)]");
  CHECK(complaint({1, 5, 5, 1}, {1, 0, 3, 1}) ==
        "conv2d: the kernel has at least 1 x 1 pixels, got 0 x 3   [x: (1, 5, 5, 1), w: (1, 0, 3, 1)]");
  CHECK(complaint({1, 5, 5, 1}, {1, 3, 3, 1}, {.stride = 0}) ==
        "conv2d: stride is at least 1, got 0   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]");
  CHECK(complaint({1, 5, 5, 1}, {1, 3, 3, 1}, {.padding = -1}) ==
        "conv2d: padding is not negative, got -1   [x: (1, 5, 5, 1), w: (1, 3, 3, 1)]");
}

TEST_CASE("shapes throw ShapeError, options throw ValueError, in the name of the operation") {
  const Shape x{1, 5, 5, 1};
  CHECK_THROWS_AS(Conv2dGeometry::from(x, {1, 3, 3, 2}, {}), ShapeError);
  CHECK_THROWS_AS(Conv2dGeometry::from(x, {1, 3, 3, 1}, {.stride = -1}), ValueError);
  CHECK_THROWS_WITH_AS(Conv2dGeometry::from(x, {1, 1}, {}, "conv2d_input_grad"),
                       "conv2d_input_grad: w has rank 4 (O, KH, KW, I), got rank 2   [x: (1, 5, 5, 1), w: (1, 1)]",
                       ShapeError);
}

TEST_CASE("extents that overflow an Index are refused") {
  constexpr Index largest = std::numeric_limits<Index>::max();
  const Shape x{1, 5, 5, 1};
  const Shape w{1, 3, 3, 1};
  CHECK_THROWS_AS(Conv2dGeometry::from(x, w, {.padding = largest}), ValueError);
  CHECK_THROWS_AS(Conv2dGeometry::from(x, w, {.padding = largest / 2}), ValueError);
  CHECK_THROWS_AS(Conv2dGeometry::from(x, w, {.padding = largest / 2 - 100}), ShapeError);
  CHECK_THROWS_AS(Conv2dGeometry::from({1 << 20, 1 << 20, 1 << 20, 1}, {1 << 10, 3, 3, 1}, {}), ShapeError);
  CHECK(Conv2dGeometry::from(x, w, {.stride = largest}).output_shape() == Shape{1, 1, 1, 1});
}
