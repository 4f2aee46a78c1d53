#include "neb/kernels/conv2d.hpp"

#include <doctest/doctest.h>

#include <array>

#include "support.hpp"

using neb::Index;
using neb::kernels::Conv2dGeometry;
using neb::kernels::Conv2dRung;
using namespace neb::test;

namespace {

constexpr std::array<Conv2dRung, 3> fast_rungs = {Conv2dRung::im2col, Conv2dRung::direct, Conv2dRung::automatic};

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
  table.push_back(geometry({3, 300, 300, 8}, {1, 1, 3, 8}, 1, 1));  // copied between zeros in more than one part
  return table;
}

template <class T>
void check_against_reference(const Conv2dGeometry& g) {
  const Triple<T> expected(g, Conv2dRung::reference, integers<T>);
  for (const Conv2dRung rung : fast_rungs) {
    CAPTURE(static_cast<int>(rung));
    const Triple<T> fast(g, rung, integers<T>);
    CHECK((fast.y == expected.y));
    CHECK((fast.dx == expected.dx));
    CHECK((fast.dw == expected.dw));
  }
}

template <class T>
double relative_error(const std::vector<T>& values, const std::vector<double>& expected) {
  double error = 0;
  double scale = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    error = std::max(error, std::abs(static_cast<double>(values[i]) - expected[i]));
    scale = std::max(scale, std::abs(expected[i]));
  }
  return error / scale;
}

const std::vector<Conv2dGeometry> larger = {
    geometry({3, 16, 17, 40}, {70, 3, 3, 40}, 1, 0), geometry({3, 14, 14, 33}, {48, 4, 4, 33}, 2, 1),
    geometry({1, 24, 24, 32}, {48, 3, 3, 32}, 1, 1), geometry({9, 12, 12, 1}, {32, 5, 5, 1}, 1, 2)};

}  // namespace

TEST_CASE("every rung equals the reference exactly on integers") {
  for (const Conv2dGeometry& g : geometries()) {
    CAPTURE(describe(g));
    check_against_reference<float>(g);
    check_against_reference<double>(g);
  }
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
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const WithThreads one(1);
      const Triple<float> expected(g, rung, reals<float>);
      for (const int count : {2, 3, 4}) {
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
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const Triple<float> fast(g, rung, reals<float>);
      CHECK(relative_error(fast.y, exact.y) <= 1e-5);
      CHECK(relative_error(fast.dx, exact.dx) <= 1e-5);
      CHECK(relative_error(fast.dw, exact.dw) <= 1e-5);
    }
  }
}

TEST_CASE("the entry points work in long double, where the direct rung gives way") {
  const Conv2dGeometry g = geometry({2, 7, 8, 3}, {4, 3, 3, 3}, 1, 1);
  const Triple<long double> expected(g, Conv2dRung::reference, integers<long double>);
  for (const Conv2dRung rung : fast_rungs) {
    const Triple<long double> fast(g, rung, integers<long double>);
    CHECK((fast.y == expected.y));
    CHECK((fast.dx == expected.dx));
    CHECK((fast.dw == expected.dw));
  }
}

TEST_CASE("images too narrow for a register tile go to im2col, all others to the direct kernel") {
  using neb::kernels::choose_rung;
  CHECK(choose_rung(geometry({32, 28, 28, 1}, {32, 3, 3, 1}, 1, 0)) == Conv2dRung::direct);
  CHECK(choose_rung(geometry({1, 24, 24, 64}, {128, 3, 3, 64}, 1, 0)) == Conv2dRung::direct);
  CHECK(choose_rung(geometry({8, 7, 7, 64}, {10, 7, 7, 64}, 1, 0)) == Conv2dRung::im2col);
}
