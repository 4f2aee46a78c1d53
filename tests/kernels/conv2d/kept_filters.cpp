#include "neb/kernels/conv2d/kept_filters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "kernels/support.hpp"
#include "neb/kernels/conv2d/conv2d.hpp"

using neb::Index;
using neb::kernels::Conv2dGeometry;
using neb::kernels::Conv2dRung;
using neb::kernels::FilterForm;
using neb::kernels::FilterRoom;
using neb::kernels::KeptFilters;
using namespace neb::test;

namespace {

FilterRoom room_of(Index bytes) { return std::make_shared<std::atomic<Index>>(bytes); }

/// y and dx of a geometry, one after the other.
template <class T>
std::vector<T> products(const Conv2dGeometry& g, Conv2dRung rung, KeptFilters<T>* kept) {
  const auto x = reals<T>(g.input_shape().size(), 1U), w = reals<T>(g.filter_shape().size(), 2U),
             dy = reals<T>(g.output_shape().size(), 3U);
  auto y = unwritten<T>(g.output_shape().size()), dx = unwritten<T>(g.input_shape().size());
  neb::kernels::conv2d_passes<T>(g, {.x = x.data(), .w = w.data(), .y = y.data(), .kept = kept}, rung);
  neb::kernels::conv2d_passes<T>(g, {.w = w.data(), .dy = dy.data(), .dx = dx.data(), .kept = kept}, rung);
  y.insert(y.end(), dx.begin(), dx.end());
  return y;
}

}  // namespace

TEST_CASE(
    "kept filters: a form is made once, and not at all where there is no room; who keeps it gives its room back") {
  const FilterRoom room = room_of(100 * sizeof(float));
  {
    KeptFilters<float> kept(room);
    int made = 0;
    const auto get = [&](const FilterForm& form, Index count) {
      return kept.get(form, count, [&](float* to) { std::fill_n(to, count, static_cast<float>(++made)); });
    };
    const float* const first = get({.order = FilterForm::Order::rows}, 60);
    REQUIRE(first != nullptr);
    CHECK(get({.order = FilterForm::Order::rows}, 60) == first);
    CHECK(first[59] == 1);
    CHECK(get({.order = FilterForm::Order::inner}, 60) == nullptr);
    CHECK(made == 1);
    CHECK(*room == 40 * sizeof(float));
    const float* const second = get({.order = FilterForm::Order::phase, .stride = 2, .row = 1}, 40);
    REQUIRE(second != nullptr);
    CHECK(second[39] == 2);
    CHECK(first[59] == 1);
    CHECK(*room == 0);
  }
  CHECK(*room == 100 * sizeof(float));
}

TEST_CASE_TEMPLATE("kept filters: results have the same bits when they are made, kept, and for want of room neither", T,
                   float, double) {
  const Conv2dGeometry table[] = {
      geometry({3, 12, 12, 3}, {5, 3, 3, 3}, 2, 1),      geometry({9, 7, 7, 1}, {32, 5, 5, 1}, 1, 2),
      geometry({16, 6, 6, 40}, {33, 3, 3, 40}, 1, 1),    geometry({4, 5, 8, 24}, {40, 1, 1, 24}, 1, 0),
      geometry({5, 7, 6, 72}, {80, 7, 7, 72}, 2, 3),  // few tiles with larger filters: in slices, if they are not kept
      geometry({30, 13, 10, 40}, {300, 3, 3, 40}, 1, 1),  // many tiles: in chunks
  };
  for (const Conv2dGeometry& g : table)
    for (const Conv2dRung rung : {Conv2dRung::im2col, Conv2dRung::direct, Conv2dRung::winograd,
                                  Conv2dRung::winograd_seven, Conv2dRung::winograd_eight}) {
      if (rung >= Conv2dRung::winograd && !neb::kernels::winograd::applies_to(g)) continue;
      CAPTURE(describe(g));
      CAPTURE(static_cast<int>(rung));
      const auto expected = products<T>(g, rung, nullptr);
      const FilterRoom room = room_of(64 << 20);
      KeptFilters<T> kept(room), roomless(room_of(0));
      CHECK(same_bits(products<T>(g, rung, &kept), expected));
      const Index left = *room;
      CHECK((left < 64 << 20) == (rung != Conv2dRung::im2col));
      CHECK(same_bits(products<T>(g, rung, &kept), expected));
      CHECK(*room == left);
      CHECK(same_bits(products<T>(g, rung, &roomless), expected));
    }
}
