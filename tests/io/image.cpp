#include "neb/io/image.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "io/scratch.hpp"

using namespace neb;
using neb::test::content_of;
using neb::test::Scratch;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

}  // namespace

TEST_CASE("image: a PGM file has the values rounded, clipped, and NaN black") {
  const Scratch scratch;
  constexpr float inf = std::numeric_limits<float>::infinity();
  write_image(scratch.path("a.pgm"), Tensor<float>({2, 4, 1}, {0, 1, 0.5F, -3, 7, NAN, inf, -inf}));
  CHECK(content_of(scratch.path("a.pgm")) == "P5\n4 2\n255\n" + bytes({0, 255, 128, 0, 255, 0, 255, 0}));
}

TEST_CASE("image: the range says what is black and white") {
  const Scratch scratch;
  write_image(scratch.path("a.pgm"), Tensor<double>({1, 3, 1}, {-1, 0, 3}), {-1, 3});
  CHECK(content_of(scratch.path("a.pgm")) == "P5\n3 1\n255\n" + bytes({0, 64, 255}));
}

TEST_CASE("image: a PPM file has three channels, grey or not") {
  const Scratch scratch;
  write_image(scratch.path("a.ppm"), Tensor<float>({1, 2, 3}, {0, 0.2F, 0.4F, 0.6F, 0.8F, 1}));
  CHECK(content_of(scratch.path("a.ppm")) == "P6\n2 1\n255\n" + bytes({0, 51, 102, 153, 204, 255}));
  write_image(scratch.path("b.ppm"), Tensor<float>({2, 1, 1}, {0, 0.2F}));
  CHECK(content_of(scratch.path("b.ppm")) == "P6\n1 2\n255\n" + bytes({0, 0, 0, 51, 51, 51}));
}

TEST_CASE("image: what cannot be written is an error, and leaves no file") {
  const Scratch scratch;
  const Tensor<float> grey = Tensor<float>::ones({2, 2, 1}), colour = Tensor<float>::ones({2, 2, 3});
  CHECK_THROWS_WITH_AS(write_image("a.pgm", colour), "write_image: .pgm is grey, write .ppm   [image: (2, 2, 3)]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(write_image("a.jpg", grey), "a.jpg: expected a name that ends with .png, .ppm or .pgm",
                       FileError);
  CHECK_THROWS_WITH_AS(write_image("a.ppm", Tensor<float>::ones({2, 2, 2})),
                       "write_image: expects (H, W, 1) or (H, W, 3)   [image: (2, 2, 2)]", ShapeError);
  CHECK_THROWS_AS(write_image("a.pgm", Tensor<float>::ones({2, 2})), ShapeError);
  CHECK_THROWS_AS(write_image("a.pgm", Tensor<float>::ones({0, 2, 1})), ShapeError);
  CHECK_THROWS_AS(write_image("a.pgm", grey, {1, 1}), ValueError);
  CHECK_THROWS_AS(write_image("a.pgm", grey, {0, NAN}), ValueError);
  CHECK_THROWS_AS(write_image("a.pgm", grey, {0, HUGE_VAL}), ValueError);
  CHECK_THROWS_AS(write_image("a.pgm", grey, {-1e308, 1e308}), ValueError);  // whose extent is no double
  CHECK_THROWS_AS(write_image(scratch.path("no/a.pgm"), grey), FileError);
  CHECK(scratch.file_count() == 0);
}

#if defined(NEB_HAVE_PNG)

namespace {

/// The pixels of a PNG file, grey or colour as it is stored.
std::vector<std::uint8_t> read_png(const std::string& path, int& width, int& height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()) != 0);
  width = static_cast<int>(image.width);
  height = static_cast<int>(image.height);
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
  return pixels;
}

}  // namespace

TEST_CASE("image: a PNG file holds the same bytes as a PGM or PPM file") {
  const Scratch scratch;
  for (const Index channels : {1, 3}) {
    Tensor<float> image({5, 7, channels});
    for (Index i = 0; i < image.size(); ++i)
      image.mutable_data()[i] = static_cast<float>(i) / static_cast<float>(image.size());
    write_image(scratch.path("a.png"), image);
    write_image(scratch.path("a.ppm"), image);
    if (channels == 1) write_image(scratch.path("a.ppm"), image.reshaped({5, 7, 1}));
    int width = 0, height = 0;
    const auto pixels = read_png(scratch.path("a.png"), width, height);
    CHECK(width == 7);
    CHECK(height == 5);
    REQUIRE(pixels.size() == static_cast<std::size_t>(image.size()));
    const std::string ppm = content_of(scratch.path("a.ppm")).substr(11);
    for (std::size_t i = 0; i < pixels.size(); ++i)
      CHECK(pixels[i] == static_cast<std::uint8_t>(ppm[channels == 1 ? 3 * i : i]));
  }
}

TEST_CASE("image: a size that PNG cannot have is an error") {
  const Scratch scratch;
  const Tensor<float> wide = Tensor<float>::zeros({1, 1'000'001, 1});
  CHECK(test::file_error_of([&] { write_image(scratch.path("a.png"), wide); }).find("a.png: libpng cannot encode") !=
        std::string::npos);
  CHECK(scratch.file_count() == 0);
}

#else

TEST_CASE("image: without libpng a PNG name is an error that says what to do") {
  const std::string error = test::file_error_of([] { write_image("a.png", Tensor<float>::ones({2, 2, 1})); });
  CHECK(error.starts_with("a.png: this program was built without libpng: write .pgm or .ppm"));
}

#endif
