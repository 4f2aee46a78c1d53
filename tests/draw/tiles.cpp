#include "neb/draw/tiles.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/scratch.hpp"

using namespace neb;
using neb::test::content_of;
using neb::test::Scratch;

TEST_CASE("tiles: a grid has padding around and between, and background where images are missing") {
  const Tensor<float> images({3, 1, 2, 1}, {1, 2, 3, 4, 5, 6});
  const Tensor<float> grid = image_grid(images, 2, {.padding = 1, .background = 0});
  CHECK(grid.shape() == Shape{5, 7, 1});
  const std::vector<float> expected{0, 0, 0, 0, 0, 0, 0,  //
                                    0, 1, 2, 0, 3, 4, 0,  //
                                    0, 0, 0, 0, 0, 0, 0,  //
                                    0, 5, 6, 0, 0, 0, 0,  //
                                    0, 0, 0, 0, 0, 0, 0};
  CHECK(std::vector<float>(grid.span().begin(), grid.span().end()) == expected);
}

TEST_CASE("tiles: a scaled grid repeats pixels, channels together") {
  Tensor<float> images({2, 5, 2, 3});
  for (Index i = 0; i < images.size(); ++i) images.mutable_data()[i] = static_cast<float>(i);
  const Tensor<float> grid = image_grid(images, 2, {.padding = 0, .scale = 3});
  CHECK(grid.shape() == Shape{15, 12, 3});
  for (Index y = 0; y < 15; ++y)
    for (Index x = 0; x < 12; ++x)
      for (Index c = 0; c < 3; ++c) CHECK(grid(y, x, c) == images(x / 6, y / 3, x % 6 / 3, c));
}

TEST_CASE("tiles: a grid of nothing or with impossible options is an error") {
  const Tensor<float> images = Tensor<float>::ones({2, 3, 3, 1});
  CHECK_THROWS_AS(image_grid(Tensor<float>::ones({0, 3, 3, 1}), 1), ShapeError);
  CHECK_THROWS_AS(image_grid(Tensor<float>::ones({3, 3, 1}), 1), ShapeError);
  CHECK_THROWS_AS(image_grid(images, 0), ValueError);
  CHECK_THROWS_AS(image_grid(images, 1, {.padding = -1}), ValueError);
  CHECK_THROWS_AS(image_grid(images, 1, {.scale = 0}), ValueError);
  constexpr Index limit = 1 << 15;
  CHECK_THROWS_AS(image_grid(images, limit + 1), ValueError);
  CHECK_THROWS_AS(image_grid(images, 1, {.padding = limit + 1}), ValueError);
  CHECK_THROWS_AS(image_grid(images, 1, {.scale = limit + 1}), ValueError);
  CHECK(image_grid(images, limit, {.padding = 0}).shape() == Shape{3, 3 * limit, 1});
  CHECK(image_grid(images, 1, {.padding = 0}).shape() == Shape{6, 3, 1});
}

TEST_CASE("tiles: a grid is written as a picture") {
  const Scratch scratch;
  write_grid(scratch.path("a.pgm"), Tensor<float>::zeros({2, 1, 1, 1}), 2, {.padding = 1});
  const std::string white(6, '\xff');
  CHECK(content_of(scratch.path("a.pgm")) == "P5\n5 3\n255\n" + white + std::string("\0\xff\0", 3) + white);
}
