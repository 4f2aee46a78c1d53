#include "neb/draw/canvas.hpp"

#include <doctest/doctest.h>

#include <string>

#include "io/scratch.hpp"
#include "neb/core/error.hpp"

using namespace neb;
using neb::test::content_of;
using neb::test::Scratch;

namespace {

constexpr Colour white{1, 1, 1}, black{0, 0, 0};

/// The first channel, a character a pixel: # where it is 0, a point where it is 1, ? in between.
std::string drawn(const Canvas& canvas) {
  std::string text;
  for (Index y = 0; y < canvas.height(); ++y) {
    for (Index x = 0; x < canvas.width(); ++x) {
      const float value = canvas.pixels()(y, x, 0);
      text += value == 0 ? '#' : value == 1 ? '.' : '?';
    }
    text += '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("canvas: rectangles are cut at the border, and a frame lies outside its box") {
  Canvas canvas(4, 6);
  canvas.rectangle({-1, -1, 2, 3}, black);
  canvas.rectangle({3, 5, 9, 9}, black);
  canvas.rectangle({2, 3, 0, 5}, black);
  canvas.rectangle({2, 3, 5, -2}, black);
  CHECK(drawn(canvas) ==
        "##....\n"
        "......\n"
        "......\n"
        ".....#\n");
  Canvas framed(4, 6);
  framed.frame({1, 1, 2, 3}, 1, black);
  CHECK(drawn(framed) ==
        "#####.\n"
        "#...#.\n"
        "#...#.\n"
        "#####.\n");
  Canvas thick(6, 8);
  thick.frame({2, 2, 1, 3}, 2, black);
  CHECK(drawn(thick) ==
        "#######.\n"
        "#######.\n"
        "##...##.\n"
        "#######.\n"
        "#######.\n"
        "........\n");
}

TEST_CASE("canvas: an image is scaled, and grey unless it has three channels") {
  Canvas canvas(2, 6);
  canvas.image(0, 1, Tensor<double>({1, 2, 1}, {0, 0.5}), 2);
  CHECK(drawn(canvas) ==
        ".##??.\n"
        ".##??.\n");
  canvas.image(0, 0, Tensor<float>({1, 1, 3}, {0.25F, 0.5F, 0.75F}));
  for (Index c = 0; c < 3; ++c) CHECK(canvas.pixels()(0, 0, c) == 0.25F * static_cast<float>(c + 1));
  canvas.image(0, 0, Tensor<float>({1, 1, 2}, {0.25F, 0.5F}));
  for (Index c = 0; c < 3; ++c) CHECK(canvas.pixels()(0, 0, c) == 0.25F);
  CHECK_THROWS_WITH_AS(canvas.image(0, 0, Tensor<float>::ones({2, 2})),
                       "Canvas::image: expects (H, W, C)   [image: (2, 2)]", ShapeError);
  CHECK_THROWS_AS(canvas.image(0, 0, Tensor<float>::ones({2, 2, 0})), ShapeError);
  CHECK_THROWS_AS(canvas.image(0, 0, Tensor<float>::ones({2, 2, 1, 1})), ShapeError);
}

TEST_CASE("canvas: letters are capitals of 5 x 7 pixels, and what is no letter is a space") {
  Canvas canvas(7, Canvas::text_width("l?1", 1));
  CHECK(canvas.width() == 17);
  CHECK(canvas.height() == Canvas::text_height(1));
  canvas.text(0, 0,
              "l\xe9"
              "1",
              black, 1);
  CHECK(drawn(canvas) ==
        "#.............#..\n"
        "#............##..\n"
        "#.............#..\n"
        "#.............#..\n"
        "#.............#..\n"
        "#.............#..\n"
        "#####........###.\n");
  CHECK(Canvas::text_width("") == 0);
  Canvas small(7, 23), capital(7, 23);
  small.text(0, 0, "abyz", black, 1);
  capital.text(0, 0, "ABYZ", black, 1);
  CHECK(drawn(small) == drawn(capital));
  Canvas twice(14, Canvas::text_width("l1")), scaled(14, 22);
  twice.text(0, 0, "l1", black);
  canvas = Canvas(7, 11);
  canvas.text(0, 0, "l1", black, 1);
  scaled.image(0, 0, canvas.pixels(), 2);
  CHECK(drawn(twice) == drawn(scaled));
}

TEST_CASE("canvas: every glyph has seven rows of five pixels") {
  for (const detail::Glyph& glyph : detail::glyphs) {
    CAPTURE(glyph.letter);
    REQUIRE(glyph.rows.size() == 7 * 6 - 1);
    for (std::size_t i = 0; i < glyph.rows.size(); ++i)
      CHECK((i % 6 == 5 ? glyph.rows[i] == ' ' : glyph.rows[i] == '#' || glyph.rows[i] == '.'));
  }
}

TEST_CASE("canvas: it is written as a picture") {
  const Scratch scratch;
  Canvas canvas(1, 2, black);
  canvas.rectangle({0, 1, 1, 1}, white);
  canvas.write(scratch.path("a.ppm"));
  CHECK(content_of(scratch.path("a.ppm")) == "P6\n2 1\n255\n" + std::string(3, '\0') + std::string(3, '\xff'));
  CHECK_THROWS_AS(Canvas(0, 2).write(scratch.path("b.ppm")), ShapeError);
}
