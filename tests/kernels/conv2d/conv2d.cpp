#include "neb/kernels/conv2d/conv2d.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

#include "kernels/support.hpp"

using neb::Index;
using neb::kernels::Conv2dGeometry;
using neb::kernels::Conv2dRung;
using namespace neb::test;

namespace {

constexpr std::array<Conv2dRung, 2> exact_rungs = {Conv2dRung::im2col, Conv2dRung::direct};
constexpr std::array<Conv2dRung, 3> winograd_rungs = {Conv2dRung::winograd, Conv2dRung::winograd_seven,
                                                      Conv2dRung::winograd_eight};
constexpr std::array<Conv2dRung, 5> fast_rungs = {Conv2dRung::im2col, Conv2dRung::direct, Conv2dRung::winograd,
                                                  Conv2dRung::winograd_seven, Conv2dRung::winograd_eight};

bool suits(Conv2dRung rung, const Conv2dGeometry& g) {
  return rung < Conv2dRung::winograd || neb::kernels::winograd::applies_to(g);
}

/// The three results of one geometry: y from (x, w), dx from (dy, w), dw from (x, dy).
template <class T>
struct Triple {
  std::vector<T> x, w, dy, y, dx, dw;

  template <class Fill>
  Triple(const Conv2dGeometry& g, Conv2dRung rung, Fill fill)
      : x(fill(g.input_shape().size(), 1U)),
        w(fill(g.filter_shape().size(), 2U)),
        dy(fill(g.output_shape().size(), 3U)),
        y(unwritten<T>(g.output_shape().size())),
        dx(unwritten<T>(g.input_shape().size())),
        dw(unwritten<T>(g.filter_shape().size())) {
    neb::kernels::conv2d(g, x.data(), w.data(), y.data(), rung);
    neb::kernels::conv2d_input_grad(g, dy.data(), w.data(), dx.data(), rung);
    neb::kernels::conv2d_filter_grad(g, x.data(), dy.data(), dw.data(), rung);
  }
};

/// Kernels x strides x paddings at few channels, then channels around the widths of registers, then extremes.
std::vector<Conv2dGeometry> geometries() {
  std::vector<Conv2dGeometry> table;
  for (const auto& [kh, kw] : {std::array<Index, 2>{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {1, 3}, {4, 2}})
    for (const Index stride : {1, 2, 3})
      for (const Index padding : {0, 1, 2, 3}) table.push_back(geometry({3, 7, 6, 2}, {3, kh, kw, 2}, stride, padding));
  for (const Index channels : {1, 2, 3, 8, 16, 17, 32, 33, 48, 64}) {
    table.push_back(geometry({1, 9, 18, channels}, {5, 3, 3, channels}, 1, 0));
    table.push_back(geometry({2, 6, 7, 3}, {channels, 3, 3, 3}, 1, 1));
    table.push_back(geometry({1, 6, 8, channels}, {channels, 4, 4, channels}, 2, 1));
    table.push_back(geometry({1, 5, 16, channels}, {channels + 1, 1, 1, channels}, 1, 0));
  }
  for (const Index size : {1, 2, 3, 5}) table.push_back(geometry({2, size, size, 4}, {6, size, size, 4}, 1, 0));
  for (const Index batch : {0, 1, 3}) table.push_back(geometry({batch, 5, 33, 17}, {33, 3, 2, 17}, 1, 1));
  table.push_back(geometry({2, 5, 5, 0}, {4, 3, 3, 0}, 1, 0));
  table.push_back(geometry({2, 5, 5, 2}, {0, 3, 3, 2}, 1, 1));
  table.push_back(geometry({1, 0, 2, 2}, {3, 2, 2, 2}, 1, 3));
  table.push_back(geometry({1, 2, 2, 2}, {3, 2, 2, 2}, 5, 7));  // most outputs see padding alone
  table.push_back(geometry({1, 40, 40, 1}, {2, 3, 3, 1}, 1, 0));
  table.push_back(geometry({20, 4, 4, 2}, {3, 3, 3, 2}, 1, 0));
  table.push_back(geometry({2, 12, 30, 70}, {36, 3, 3, 70}, 1, 1));
  table.push_back(geometry({3, 300, 300, 8}, {1, 1, 3, 8}, 1, 1));  // copied between zeros by many tasks
  return table;
}

template <class T>
void check_against_reference(const Conv2dGeometry& g) {
  const Triple<T> expected(g, Conv2dRung::reference, integers<T>);
  for (const Conv2dRung rung : exact_rungs) {
    CAPTURE(static_cast<int>(rung));
    const Triple<T> fast(g, rung, integers<T>);
    CHECK((fast.y == expected.y));
    CHECK((fast.dx == expected.dx));
    CHECK((fast.dw == expected.dw));
  }
}

template <class T>
double absolute_error(const std::vector<T>& values, const std::vector<T>& expected) {
  double error = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    error = std::max(error, std::abs(static_cast<double>(values[i] - expected[i])));
  return error;
}

/// The norm of the error over the norm of what is expected.
template <class T>
double relative_error(const std::vector<T>& values, const std::vector<double>& expected) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    error += std::pow(static_cast<double>(values[i]) - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  return std::sqrt(error / size);
}

const std::vector<Conv2dGeometry> larger = {
    geometry({3, 16, 17, 40}, {70, 3, 3, 40}, 1, 0),  geometry({3, 14, 14, 33}, {48, 4, 4, 33}, 2, 1),
    geometry({1, 24, 24, 32}, {48, 3, 3, 32}, 1, 1),  geometry({9, 12, 12, 1}, {32, 5, 5, 1}, 1, 2),
    geometry({29, 7, 7, 24}, {40, 7, 7, 24}, 2, 3),   geometry({20, 4, 4, 66}, {17, 3, 3, 66}, 1, 1),
    geometry({2, 13, 10, 40}, {300, 3, 3, 40}, 1, 1),  // wide: Winograd's filters do not stay in a core's cache
    geometry({5, 7, 6, 72}, {80, 7, 7, 72}, 2, 3)};  // the same with few tiles: in slices of filters on one or two threads

/// A geometry drawn at random: sizes 0..9, kernels 1..5, strides 1..4, paddings 0..4, channels often around a register.
Conv2dGeometry random_geometry(std::mt19937& generator) {
  const auto draw = [&](Index first, Index last) {
    return std::uniform_int_distribution<Index>(first, last)(generator);
  };
  const auto channels = [&] { return draw(0, 3) == 0 ? draw(14, 34) : draw(1, 5); };
  const Index kernel_height = draw(1, 5), kernel_width = draw(1, 5), padding = draw(0, 4), in = channels();
  const Index height = std::max(draw(0, 9), kernel_height - 2 * padding);
  const Index width = std::max(draw(0, 9), kernel_width - 2 * padding);
  return geometry({draw(1, 9), height, width, in}, {channels(), kernel_height, kernel_width, in}, draw(1, 4), padding);
}

}  // namespace

TEST_CASE("every rung but Winograd equals the reference exactly on integers") {
  for (const Conv2dGeometry& g : geometries()) {
    CAPTURE(describe(g));
    check_against_reference<float>(g);
    check_against_reference<double>(g);
  }
}

TEST_CASE("every rung but Winograd equals the reference exactly on integers at 2 000 random geometries") {
  std::mt19937 generator(2019);
  for (int i = 0; i < 2000; ++i) {
    const Conv2dGeometry g = random_geometry(generator);
    CAPTURE(describe(g));
    check_against_reference<float>(g);
  }
}

TEST_CASE("Winograd equals the reference up to rounding at 1 000 random geometries") {
  std::mt19937 generator(1980);
  int tried = 0;
  for (int i = 0; i < 1000; ++i) {
    const Conv2dGeometry drawn = random_geometry(generator);
    const Conv2dGeometry g =
        geometry({drawn.batch, drawn.height + 6, drawn.width + 6, drawn.in_channels},
                 {drawn.out_channels, drawn.kernel_height + i % 3, drawn.kernel_width + i % 3, drawn.in_channels},
                 1 + drawn.stride % 3, drawn.padding);
    if (!neb::kernels::winograd::applies_to(g)) continue;
    ++tried;
    CAPTURE(describe(g));
    const Triple<double> expected(g, Conv2dRung::reference, integers<double>);
    for (const Conv2dRung rung : winograd_rungs) {
      const Triple<double> fast(g, rung, integers<double>);
      REQUIRE(absolute_error(fast.y, expected.y) <= 1e-10);  // of integers up to some thousands
      REQUIRE(absolute_error(fast.dx, expected.dx) <= 1e-10);
      REQUIRE(absolute_error(fast.dw, expected.dw) <= 1e-10);
    }
  }
  CHECK(tried > 500);
}

TEST_CASE("a bias is added to each output, exactly on integers, and by Winograd after all else") {
  const auto with_bias = [](const Conv2dGeometry& g, Conv2dRung rung, auto fill) {
    using T = typename decltype(fill(1, 1U))::value_type;
    const auto x = fill(g.input_shape().size(), 1U), w = fill(g.filter_shape().size(), 2U);
    const auto bias = fill(g.out_channels, 4U);
    auto y = unwritten<T>(g.output_shape().size()), expected = y;
    neb::kernels::conv2d_passes<T>(g, {.x = x.data(), .w = w.data(), .bias = bias.data(), .y = y.data()}, rung);
    neb::kernels::conv2d(g, x.data(), w.data(), expected.data(), rung);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += bias[i % static_cast<std::size_t>(g.out_channels)];
    CHECK((y == expected));
  };
  for (const Conv2dGeometry& g : geometries()) {
    CAPTURE(describe(g));
    for (const Conv2dRung rung : {Conv2dRung::reference, Conv2dRung::im2col, Conv2dRung::direct}) {
      with_bias(g, rung, integers<float>);
      with_bias(g, rung, integers<double>);
    }
  }
  for (const Conv2dGeometry& g : larger)
    for (const Conv2dRung rung : winograd_rungs) {
      CAPTURE(describe(g));
      if (suits(rung, g)) with_bias(g, rung, reals<float>);
    }
}

TEST_CASE("Winograd takes wide filters in chunks or, for few tiles, in slices, and many tiles in ranges") {
  for (const Conv2dGeometry& g :
       {geometry({7, 5, 6, 100}, {130, 5, 5, 100}, 1, 2), geometry({9, 7, 7, 72}, {90, 7, 7, 72}, 2, 3),
        geometry({2, 9, 11, 40}, {300, 3, 3, 40}, 1, 1), geometry({2, 9, 11, 300}, {40, 3, 3, 300}, 1, 0),
        geometry({1, 190, 190, 128}, {80, 3, 3, 128}, 1, 0), geometry({5, 21, 20, 70}, {90, 5, 5, 70}, 2, 2)}) {
    CAPTURE(describe(g));
    const Triple<double> expected(g, Conv2dRung::direct, integers<double>);
    for (const Conv2dRung rung : winograd_rungs) {
      const Triple<double> fast(g, rung, integers<double>);
      CHECK(absolute_error(fast.y, expected.y) <= 1e-9);
      CHECK(absolute_error(fast.dx, expected.dx) <= 1e-9);
      CHECK(absolute_error(fast.dw, expected.dw) <= 1e-9);
    }
  }
}

TEST_CASE(
    "an infinite pixel leaves no output finite whose window holds it, and beyond the tiles that read it changes no bit") {
  constexpr Index side = 30, reach = 8;  // the largest tiles read 8 pixels
  const auto g = geometry({2, side, side, 16}, {16, 3, 3, 16}, 1, 1);
  std::vector<float> x = reals<float>(g.input_shape().size(), 1);
  const std::vector<float> w = reals<float>(g.filter_shape().size(), 2);
  const Index row = 14, column = 15;
  for (const Conv2dRung rung : fast_rungs) {
    CAPTURE(static_cast<int>(rung));
    std::vector<float> before(static_cast<std::size_t>(g.output_shape().size())), after = before;
    neb::kernels::conv2d(g, x.data(), w.data(), before.data(), rung);
    std::vector<float> broken = x;
    broken[static_cast<std::size_t>((row * side + column) * 16 + 5)] = HUGE_VALF;
    neb::kernels::conv2d(g, broken.data(), w.data(), after.data(), rung);
    Index finite = 0, changed = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      const Index place = static_cast<Index>(i) / 16, r = place / side,
                  c = place % side;  // the second image's rows come after
      const Index distance = std::max(std::abs(r - row), std::abs(c - column));
      if (distance <= 1) finite += std::isfinite(after[i]) ? 1 : 0;
      if (distance >= reach)
        changed += std::bit_cast<std::uint32_t>(after[i]) != std::bit_cast<std::uint32_t>(before[i]);
    }
    CHECK(finite == 0);
    CHECK(changed == 0);
  }
}

TEST_CASE("passes that are asked for together give the bits of each alone") {
  for (const Conv2dGeometry& g : larger) {
    if (!neb::kernels::winograd::applies_to(g)) continue;
    CAPTURE(describe(g));
    const Triple<float> alone(g, Conv2dRung::winograd, reals<float>);
    Triple<float> together = alone;
    for (auto* const result : {&together.y, &together.dx, &together.dw})
      *result = unwritten<float>(std::ssize(*result));
    neb::kernels::conv2d_passes<float>(g,
                                       {.x = together.x.data(),
                                        .w = together.w.data(),
                                        .dy = together.dy.data(),
                                        .y = together.y.data(),
                                        .dx = together.dx.data(),
                                        .dw = together.dw.data()},
                                       Conv2dRung::winograd);
    CHECK(same_bits(together.y, alone.y));
    CHECK(same_bits(together.dx, alone.dx));
    CHECK(same_bits(together.dw, alone.dw));
  }
}

TEST_CASE("the automatic rung is the one that choose_rung names, and Winograd where that is less work") {
  for (const Conv2dGeometry& g : larger) {
    const Triple<float> expected(g, neb::kernels::choose_rung(g), reals<float>);
    const Triple<float> automatic(g, Conv2dRung::automatic, reals<float>);
    CHECK(same_bits(automatic.y, expected.y));
    CHECK(same_bits(automatic.dx, expected.dx));
    CHECK(same_bits(automatic.dw, expected.dw));
  }
  CHECK(neb::kernels::choose_rung(geometry({8, 26, 26, 256}, {512, 3, 3, 256}, 1, 0)) == Conv2dRung::winograd);
  CHECK(neb::kernels::choose_rung(geometry({32, 26, 26, 32}, {64, 5, 5, 32}, 1, 2)) == Conv2dRung::winograd_seven);
  CHECK(neb::kernels::choose_rung(geometry({16, 28, 28, 64}, {128, 5, 5, 64}, 2, 0)) == Conv2dRung::winograd);
  CHECK(neb::kernels::choose_rung(geometry({16, 7, 7, 128}, {256, 3, 3, 128}, 2, 1)) == Conv2dRung::direct);
  CHECK(neb::kernels::choose_rung(geometry({16, 28, 28, 64}, {128, 3, 3, 64}, 2, 1)) == Conv2dRung::direct);
  CHECK(neb::kernels::choose_rung(geometry({16, 7, 7, 64}, {128, 7, 7, 64}, 2, 3)) == Conv2dRung::winograd_seven);
  CHECK(neb::kernels::choose_rung(geometry({16, 14, 14, 16}, {32, 4, 4, 16}, 1, 2)) == Conv2dRung::winograd);
  CHECK(neb::kernels::choose_rung(geometry({16, 4, 4, 64}, {64, 3, 3, 64}, 1, 1)) == Conv2dRung::winograd);
  CHECK(neb::kernels::choose_rung(geometry({8, 28, 28, 1}, {32, 3, 3, 1}, 1, 0)) == Conv2dRung::direct);
  // A tile of the direct kernel needs a few pixels in a row.
  CHECK(neb::kernels::choose_rung(geometry({8, 2, 2, 32}, {32, 1, 1, 32}, 1, 0)) == Conv2dRung::im2col);
}

TEST_CASE_TEMPLATE("an image has the same bits alone, among few and among many", T, float, double) {
  for (Conv2dGeometry g :
       {geometry({17, 7, 7, 20}, {33, 7, 7, 20}, 2, 3), geometry({17, 14, 13, 64}, {18, 3, 3, 64}, 2, 1),
        geometry({17, 4, 5, 70}, {16, 3, 2, 70}, 1, 1), geometry({17, 20, 19, 16}, {17, 3, 3, 16}, 1, 1),
        // What all of it is at the points is larger than the caches, and written past them.
        geometry({64, 8, 8, 100}, {256, 3, 3, 100}, 1, 1)})
    for (const Conv2dRung rung : {Conv2dRung::im2col, Conv2dRung::direct, Conv2dRung::winograd}) {
      if (!suits(rung, g)) continue;
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const Triple<T> all(g, rung, reals<T>);
      const Index in = g.input_shape().stride(0), out = g.output_shape().stride(0), size = g.batch;
      for (const auto& [first, count] : {std::array<Index, 2>{0, 1}, {16, 1}, {3, 2}, {5, 11}}) {
        g.batch = count;
        std::vector<T> y = unwritten<T>(count * out), dx = unwritten<T>(count * in);
        neb::kernels::conv2d(g, all.x.data() + first * in, all.w.data(), y.data(), rung);
        neb::kernels::conv2d_input_grad(g, all.dy.data() + first * out, all.w.data(), dx.data(), rung);
        CHECK(std::equal(y.begin(), y.end(), all.y.begin() + first * out));
        CHECK(std::equal(dx.begin(), dx.end(), all.dx.begin() + first * in));
      }
      g.batch = size;
    }
}

TEST_CASE("more points than six are for who prefers speed, or where seven spare a fifth, and never in double") {
  using neb::Conv2dPrecision;
  using neb::kernels::choose_rung;
  const Conv2dGeometry wide = geometry({8, 26, 26, 256}, {512, 3, 3, 256}, 1, 0);
  const Conv2dGeometry small = geometry({32, 14, 14, 32}, {64, 7, 7, 32}, 2, 3);
  neb::set_conv2d_precision(Conv2dPrecision::fast);
  const Conv2dRung fast = choose_rung(wide);
  neb::set_conv2d_precision(Conv2dPrecision::accurate);
  CHECK(fast == Conv2dRung::winograd_eight);
  CHECK(choose_rung(wide) == Conv2dRung::winograd);
  CHECK(choose_rung<double>(wide, Conv2dPrecision::fast) == Conv2dRung::winograd);
  CHECK(choose_rung(small) == Conv2dRung::winograd_seven);
  CHECK(choose_rung<double>(small) == Conv2dRung::winograd);
}

TEST_CASE("Winograd asked for other filters is an error") {
  const Conv2dGeometry g = geometry({1, 8, 8, 2}, {2, 7, 7, 2}, 1, 0);
  std::vector<float> x(128), w(196), y(8);
  CHECK_THROWS_WITH_AS(
      neb::kernels::conv2d(g, x.data(), w.data(), y.data(), Conv2dRung::winograd),
      "conv2d: Winograd's kernels take filters of 2 to 5 taps a stride   [x: (1, 8, 8, 2), w: (2, 7, 7, 2), "
      "stride: 1]",
      neb::ValueError);
}

TEST_CASE("the three kernels are one trilinear form, exactly on integers") {
  for (const Conv2dGeometry& g : geometries())
    for (const Conv2dRung rung : {Conv2dRung::reference, Conv2dRung::im2col, Conv2dRung::direct}) {
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const Triple<double> t(g, rung, integers<double>);
      CHECK(dot(t.y, t.dy) == dot(t.x, t.dx));
      CHECK(dot(t.y, t.dy) == dot(t.w, t.dw));
    }
}

TEST_CASE("every rung gives the same bits at any number of threads") {
  for (const Conv2dGeometry& g : larger)
    for (const Conv2dRung rung : fast_rungs) {
      if (!suits(rung, g)) continue;
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const WithThreads one(1);
      const Triple<float> expected(g, rung, reals<float>);
      for (const int count : {2, 3, 8, 32}) {
        const WithThreads some(count);
        const Triple<float> again(g, rung, reals<float>);
        CHECK(same_bits(again.y, expected.y));
        CHECK(same_bits(again.dx, expected.dx));
        CHECK(same_bits(again.dw, expected.dw));
      }
    }
}

TEST_CASE("every rung is accurate in float") {
  for (const Conv2dGeometry& g : larger) {
    const Triple<double> exact(g, Conv2dRung::reference, reals<double>);
    for (const Conv2dRung rung : fast_rungs) {
      if (!suits(rung, g)) continue;
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const Triple<float> fast(g, rung, reals<float>);
      const double bound = rung == Conv2dRung::winograd_eight ? 1e-5 : rung >= Conv2dRung::winograd ? 5e-6 : 1e-6;
      CHECK(relative_error(fast.y, exact.y) <= bound);
      CHECK(relative_error(fast.dx, exact.dx) <= bound);
      CHECK(relative_error(fast.dw, exact.dw) <= bound);
    }
  }
}

TEST_CASE("the entry points work in long double, where the fast rungs give way") {
  const Conv2dGeometry g = geometry({2, 7, 8, 3}, {4, 3, 3, 3}, 1, 1);
  const Triple<long double> expected(g, Conv2dRung::reference, integers<long double>);
  for (const Conv2dRung rung : fast_rungs) {
    const Triple<long double> fast(g, rung, integers<long double>);
    CHECK((fast.y == expected.y));
    CHECK((fast.dx == expected.dx));
    CHECK((fast.dw == expected.dw));
  }
}
