#include "neb/kernels/conv2d/patches.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"

using neb::Index;
using neb::kernels::col2im_add;
using neb::kernels::im2col;
using namespace neb::test;

namespace {

const std::vector<neb::kernels::Conv2dGeometry> one_image = {
    geometry({1, 5, 6, 2}, {1, 3, 3, 2}, 1, 0), geometry({1, 5, 6, 1}, {1, 3, 2, 1}, 1, 2),
    geometry({1, 7, 4, 3}, {1, 2, 4, 3}, 2, 1), geometry({1, 4, 9, 2}, {1, 1, 5, 2}, 3, 3),
    geometry({1, 1, 1, 4}, {1, 1, 1, 4}, 2, 3)};

}  // namespace

TEST_CASE("im2col writes the inputs of an output pixel as one row") {
  const auto g = geometry({1, 3, 3, 1}, {1, 2, 2, 1}, 1, 1);
  const std::vector<float> image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto patches = unwritten<float>(2 * 4);
  im2col(g, image.data(), 0, 1, patches.data());  // the corner: one pixel of the image, the rest padding
  im2col(g, image.data(), 5, 6, patches.data() + 4);
  CHECK((patches == std::vector<float>{0, 0, 0, 1, 1, 2, 4, 5}));
}

TEST_CASE("im2col of a band is that band of the whole") {
  for (const auto& g : one_image) {
    CAPTURE(describe(g));
    const auto image = integers<double>(g.input_shape().size(), 1);
    auto whole = unwritten<double>(g.out_pixels() * g.patch_size());
    im2col(g, image.data(), 0, g.out_pixels(), whole.data());
    for (Index pixel = 0; pixel < g.out_pixels(); ++pixel) {
      auto row = unwritten<double>(g.patch_size());
      im2col(g, image.data(), pixel, pixel + 1, row.data());
      CHECK(std::equal(row.begin(), row.end(), whole.begin() + pixel * g.patch_size()));
    }
  }
}

TEST_CASE("patches are formed in bands that are worth a task, share the work in sixteen, and fit into two megabytes") {
  const auto band = [](const neb::kernels::Conv2dGeometry& g) {
    return neb::kernels::detail::patch_band(g, sizeof(float));
  };
  CHECK(band(geometry({16, 14, 14, 32}, {64, 3, 3, 32}, 1, 1)) == 14 * 14);
  CHECK(band(geometry({2, 14, 14, 32}, {64, 3, 3, 32}, 1, 1)) == 64);
  CHECK(band(geometry({2, 14, 14, 4}, {64, 3, 3, 4}, 1, 1)) == (1 << 18) / (36 * 64));
  CHECK(band(geometry({64, 28, 28, 4}, {4, 3, 3, 4}, 1, 1)) == 512);
  CHECK(band(geometry({1, 28, 28, 512}, {4, 5, 5, 512}, 1, 1)) == (2 << 20) / (4 * 25 * 512));
}

TEST_CASE("col2im is the adjoint of im2col, and its owners of rows make up the whole image") {
  for (const auto& g : one_image) {
    CAPTURE(describe(g));
    const auto image = integers<double>(g.input_shape().size(), 1);
    const auto upstream = integers<double>(g.out_pixels() * g.patch_size(), 2);
    auto patches = unwritten<double>(g.out_pixels() * g.patch_size());
    im2col(g, image.data(), 0, g.out_pixels(), patches.data());
    std::vector<double> gathered(image.size(), 0);
    for (Index row = 0; row < g.height; ++row)
      col2im_add(g, upstream.data(), 0, g.out_pixels(), row, row + 1, gathered.data());
    CHECK(dot(patches, upstream) == dot(image, gathered));
    std::vector<double> at_once(image.size(), 0);
    col2im_add(g, upstream.data(), 0, g.out_pixels(), 0, g.height, at_once.data());
    CHECK((at_once == gathered));
  }
}
