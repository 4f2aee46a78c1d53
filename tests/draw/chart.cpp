#include "neb/draw/chart.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "io/scratch.hpp"
#include "neb/core/error.hpp"

namespace neb::test {
namespace {

TEST_CASE("chart: an axis has from four to ten steps of 1, 2 or 5 times a power of ten") {
  CHECK(tick_step(1) == doctest::Approx(0.1));
  CHECK(tick_step(1.3) == doctest::Approx(0.2));
  CHECK(tick_step(0.0045) == doctest::Approx(0.0005));
  CHECK(tick_step(7000) == doctest::Approx(1000));
  for (double extent = 1e-3; extent < 1e4; extent *= 1.07) {
    const double steps = extent / tick_step(extent);
    CHECK(steps > 3.99);
    CHECK(steps < 10.01);
  }
  for (const double extent : {0.0, -1.0, HUGE_VAL, std::nan("")}) CHECK_THROWS_AS(tick_step(extent), ValueError);
}

TEST_CASE("chart: the numbers of an axis are its round ones, both ends included, and at most eleven") {
  CHECK(detail::ticks(0, 10) == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(detail::ticks(-0.3, 3.6) == std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5});
  CHECK(detail::ticks(100, 110) == std::vector<double>{100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110});
  CHECK(detail::ticks(-0.3, 0.3).size() == 7);
  CHECK_FALSE(std::signbit(detail::ticks(-0.3, 3.6)[0]));
  CHECK(detail::ticks(1e17, 1e17 + 100).size() <= 11);  // where the next whole number is not a double
}

TEST_CASE("chart: lines and numbers are drawn where they belong, and points outside the window are not") {
  const Scratch scratch;
  const auto size_of = [&](const Chart& chart, const char* name) {
    chart.write(scratch.path(name));
    return std::filesystem::file_size(scratch.path(name));
  };
  Chart plain({0, 1, 0, 1}, 100, 200), outside({0, 1, 0, 1}, 100, 200), named({0, 1, 0, 1}, 100, 200);
  outside.line(Tensor<float>({2, 2}, {2.0F, 2.0F, 3.0F, 3.0F}), {1, 0, 0});
  named.label_axes("x", "y");
  // PPM: three bytes a pixel after a header.
  CHECK(size_of(plain, "plain.ppm") == size_of(outside, "outside.ppm"));
  CHECK(size_of(named, "named.ppm") > size_of(plain, "plain.ppm"));
  CHECK(named.picture().height() == 100 + 28 + 54);  // the legend's row, and numbers with their name
  for (const auto& [x_name, y_name] : {std::pair{"x", ""}, std::pair{"", "y"}}) {
    Chart half({0, 1, 0, 1}, 100, 200);
    half.label_axes(x_name, y_name);
    CHECK(half.picture().height() == named.picture().height());
    CHECK(half.picture().width() == named.picture().width());
  }
  const auto bytes = [&](const char* name) {
    std::ifstream file(scratch.path(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  CHECK(bytes("plain.ppm") == bytes("outside.ppm"));

  Chart across({0, 1, 0, 1}, 100, 200);
  across.line(Tensor<float>({2, 2}, {0.0F, 0.5F, 1.0F, 0.5F}), {1, 0, 0});
  across.write(scratch.path("across.ppm"));
  const std::string drawn = bytes("across.ppm");
  const std::size_t header = drawn.size() - 3 * 200 * 128;  // the legend's row is 28 pixels high
  const auto red = [&](std::size_t row, std::size_t column) {
    const std::size_t pixel = header + 3 * (row * 200 + column);
    return drawn[pixel] == '\xff' && drawn[pixel + 1] == '\0' && drawn[pixel + 2] == '\0';
  };
  for (std::size_t column = 2; column < 198; ++column) CHECK(red(28 + 50, column));
  CHECK_FALSE(red(28 + 40, 100));
}

TEST_CASE("chart: a line is unbroken and straight, steep or flat, in any bounds") {
  for (const Bounds& bounds : {Bounds{0, 1, 0, 1}, Bounds{-3, 500, 10, 10.02}, Bounds{-0.01, 0.02, -700, 90}})
    for (const std::array<double, 4>& ends : {std::array{10.5, 90.5, 190.5, 5.5}, std::array{20.5, 3.5, 60.5, 97.5}}) {
      const auto [u0, v0, u1, v1] = ends;  // columns and rows
      const auto x_of = [&](double u) { return static_cast<float>(std::lerp(bounds.x_low, bounds.x_high, u / 200)); };
      const auto y_of = [&](double v) { return static_cast<float>(std::lerp(bounds.y_high, bounds.y_low, v / 100)); };
      Chart chart(bounds, 100, 200);
      chart.line(Tensor<float>({2, 2}, {x_of(u0), y_of(v0), x_of(u1), y_of(v1)}), {1, 0, 0});
      const Tensor<float> pixels = chart.picture().pixels();
      const double length = std::hypot(u1 - u0, v1 - v0);
      Index red = 0;
      double farthest = 0;
      for (Index row = 0; row < 100; ++row)
        for (Index column = 0; column < 200; ++column)
          if (pixels(28 + row, column, 0) == 1 && pixels(28 + row, column, 1) == 0) {
            ++red;
            const double u = static_cast<double>(column) + 0.5 - u0, v = static_cast<double>(row) + 0.5 - v0;
            farthest = std::max(farthest, std::abs(u * (v1 - v0) - v * (u1 - u0)) / length);
          }
      CHECK(red > 2.2 * length);  // 2.6 pixels wide
      CHECK(red < 3 * length);
      CHECK(farthest < 1.5);
      for (int part = 0; part <= 1000; ++part) {
        const auto row = static_cast<Index>(std::lerp(v0, v1, part / 1000.0));
        const auto column = static_cast<Index>(std::lerp(u0, u1, part / 1000.0));
        REQUIRE(pixels(28 + row, column, 1) == 0);
      }
    }
}

TEST_CASE("chart: the graph of a function goes from edge to edge") {
  const Tensor<float> points = detail::points_of_graph({-1, 3, 0, 9}, [](double x) { return x * x; });
  const Index last = points.shape()[0] - 1;
  CHECK(points(0, 0) == -1);
  CHECK(points(0, 1) == 1);
  CHECK(points(last, 0) == 3);
  CHECK(points(last, 1) == 9);
}

TEST_CASE("chart: the lines x = 0 and y = 0 are grey") {
  // Within a pixel, and on the edge between two.
  for (const Bounds& bounds : {Bounds{-1.01, 2.99, -1.01, 0.99}, Bounds{-1, 3, -1.02, 0.98}}) {
    const Tensor<float> pixels = Chart(bounds, 100, 200).picture().pixels();
    for (Index row = 0; row < 100; ++row)
      for (Index column = 0; column < 200; ++column)
        REQUIRE(pixels(28 + row, column, 0) == (row == 49 || column == 50 ? 0.75F : 1.0F));
  }
}

TEST_CASE("chart: the name of an axis is below its numbers, in the middle of the window") {
  Chart chart({0, 1, 0, 1}, 100, 200);
  chart.label_axes("H", "y");
  const Canvas picture = chart.picture();
  const Index left = 84,
              name = 28 + 100 + 34;  // beside the numbers of y; below the legend, the window and the numbers of x
  Index first = picture.width(), last = 0;
  for (Index row = name; row < picture.height(); ++row)
    for (Index column = 0; column < picture.width(); ++column)
      if (picture.pixels()(row, column, 0) < 1) {
        first = std::min(first, column);
        last = std::max(last, column);
      }
  CHECK(last > first);
  CHECK(std::abs(first + last - 2 * (left + 100)) <= 4);
}

TEST_CASE("chart: axes, their marks and their numbers stand at these pixels") {
  Chart chart({10, 20, 3, 5}, 100, 200);  // the lines of zero are outside
  chart.label_axes("across", "up");
  Canvas expected(28 + 100 + 54, 84 + 200 + 42);
  const Colour ink{0.2, 0.2, 0.2}, black{0, 0, 0};
  expected.text(8, 12, "up", black);
  expected.rectangle({128, 82, 2, 202}, ink);
  expected.rectangle({28, 82, 100, 2}, ink);
  for (int i = 0; i <= 10; ++i) {
    expected.rectangle({128, 83 + 20 * i, 8, 2}, ink);
    expected.text(140, 84 + 20 * i - 11, std::to_string(10 + i));
    const std::string beside =
        i % 5 == 0 ? std::to_string(3 + i / 5) : std::to_string(3 + i / 5) + "." + std::to_string(2 * i % 10);
    expected.rectangle({127 - 10 * i, 76, 2, 8}, ink);
    expected.text(128 - 10 * i - 7, 72 - (beside.size() == 3 ? 34 : 10), beside);
  }
  expected.text(162, 84 + (200 - 70) / 2, "across", black);
  const Canvas drawn = chart.picture();
  REQUIRE(drawn.pixels().shape() == expected.pixels().shape());
  for (Index i = 0; i < drawn.pixels().size(); ++i) REQUIRE(drawn.pixels().data()[i] == expected.pixels().data()[i]);
}

TEST_CASE("chart: a line through the middle is unbroken in a wide and in a tall chart") {
  for (const auto& [height, width] : {std::pair<Index, Index>{40, 600}, std::pair<Index, Index>{600, 40}}) {
    const bool wide = width > height;
    Chart chart({-1, 1, -1, 1}, height, width);
    chart.line(Tensor<float>({2, 2}, {wide ? -0.9F : 0, wide ? 0 : -0.9F, wide ? 0.9F : 0, wide ? 0 : 0.9F}),
               {1, 0, 0});
    const Tensor<float> pixels = chart.picture().pixels();
    const Index top = pixels.shape()[0] - height;  // the names' row
    for (Index along = 31; along < 569; ++along) REQUIRE(pixels(top + (wide ? 20 : along), wide ? along : 20, 1) == 0);
    CHECK(pixels(top + (wide ? 20 : 28), wide ? 28 : 20, 1) > 0);
  }
}

TEST_CASE("chart: names of lines stand one after the other, and in the next row where they do not fit") {
  const Tensor<float> below({2, 2}, {0, -1, 1, -1});  // outside the window: only their names are seen
  Chart chart({0, 1, 0, 1}, 100, 300);
  chart.line(below, {1, 0, 0}, "first");
  chart.line(below, {0, 0, 1}, "second");
  chart.line(below, {0, 1, 0}, "a long name that needs a row");
  const Tensor<float> pixels = chart.picture().pixels();
  struct Box {
    Index top = 1000, bottom = -1, left = 1000, right = -1;
  };
  // Where one channel is bright and another dark.
  const auto box_of = [&](Index bright, Index dark) {
    Box box;
    for (Index row = 0; row < pixels.shape()[0] - 100; ++row)
      for (Index column = 0; column < pixels.shape()[1]; ++column)
        if (pixels(row, column, bright) > 0.5F && pixels(row, column, dark) < 0.5F)
          box = {std::min(box.top, row), std::max(box.bottom, row), std::min(box.left, column),
                 std::max(box.right, column)};
    return box;
  };
  const Box first = box_of(0, 2), second = box_of(2, 0), third = box_of(1, 0);
  CHECK(first.left >= 12);
  CHECK(second.left >= first.right + 20);
  CHECK(second.top < 28);
  CHECK(third.top >= 28);
  CHECK(third.left < second.left);
}

TEST_CASE("chart: lines from and to points that are not finite are left out") {
  const Scratch scratch;
  Chart plain({0, 1, 0, 1}, 100, 200), broken({0, 1, 0, 1}, 100, 200);
  broken.line(Tensor<float>({4, 2}, {0, 0, NAN, 0.5F, 1, 1, HUGE_VALF, 1}), {1, 0, 0});
  plain.write(scratch.path("plain.ppm"));
  broken.write(scratch.path("broken.ppm"));
  const bool same = content_of(scratch.path("plain.ppm")) == content_of(scratch.path("broken.ppm"));
  CHECK(same);
}

TEST_CASE("chart: shapes and bounds that do not fit are errors") {
  CHECK_THROWS_AS(Chart({1, 0, 0, 1}), ValueError);
  CHECK_THROWS_AS(Chart({0, 1, 0, 1}, 0, 200), ShapeError);
  CHECK_THROWS_WITH_AS(Chart({0, 1, 0, 1}).line(Tensor<float>::zeros({2, 3}), {1, 0, 0}),
                       "Chart::line: expects points (N, 2)   [points: (2, 3)]", ShapeError);
}

}  // namespace
}  // namespace neb::test
