#include "neb/kernels/conv2d/winograd_tiling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

using namespace neb::kernels::winograd;
using neb::Index;

namespace {

/// Whether a tile at the edge, whose outputs beyond those of the axis are zero, is zero at a point: a polynomial with the
/// coefficients `first` ... `last` of 0 ... outputs - 1.
bool zero_at(Index point, Index points, Index first, Index last, Index outputs) {
  if (point == 0) return first > 0;
  return points % 2 == 0 && point == points - 1 && last < outputs - 1;
}

}  // namespace

TEST_CASE("tiles along an axis take each output once, and only the last one has room to spare") {
  for (const Index points : {6, 7, 8})
    for (const Index taps : {2, 3, 4, 5})
      for (Index extent = 1; extent < 40; ++extent) {
        const Index outputs = points + 1 - taps;
        const TiledAxis axis(extent, outputs, points);
        CAPTURE(points);
        CAPTURE(taps);
        CAPTURE(extent);
        Index taken = 0, values = 0;
        for (Index tile = 0; tile < axis.tiles; ++tile) {
          const Index start = axis.start(tile, outputs);
          REQUIRE(start <= taken);
          REQUIRE(start + outputs > taken);
          const Index first = taken - start, last = std::min(outputs, extent - start) - 1;
          CHECK((axis.at_edge(tile) || (first == 0 && last == outputs - 1)));
          for (Index point = 0; point < points; ++point) {
            const bool zero = zero_at(point, points, first, last, outputs);
            CHECK((axis.at_edge(tile) && axis.vanishes(point, points)) == zero);
            values += zero ? 0 : 1;
          }
          taken = start + last + 1;
        }
        CHECK(taken == extent);
        CHECK(axis.values(points) == values);
      }
  // 22 outputs of 3 taps: five tiles at six points and one at four. 7 points have no infinity.
  CHECK(TiledAxis(22, 4, 6).values(6) == 34);
  CHECK(TiledAxis(21, 4, 6).values(6) == 34);
  CHECK(TiledAxis(23, 4, 6).values(6) == 35);
  CHECK(TiledAxis(24, 4, 6).values(6) == 36);
  CHECK(TiledAxis(14, 5, 7).values(7) == 20);
}

TEST_CASE("each tile of a range has a row, and those that count in a plane are those that are not zero there") {
  for (const Index height : {4, 5, 8, 10, 13})
    for (const Index width : {1, 4, 7, 11, 16})
      for (const Index points : {6, 7}) {
        const Index outputs = points - 2, batch = 3;
        const Tiling tiling{{height, outputs, points}, {width, outputs, points}, points};
        const Index all = batch * tiling.image_tiles();
        for (Index first = 0; first < all; ++first)
          for (Index count = 1; first + count <= all; count += 3) {
            const TileRows rows(tiling, {first, count});
            CAPTURE(height);
            CAPTURE(width);
            CAPTURE(first);
            CAPTURE(count);
            std::set<Index> used;
            for (Index tile = first; tile < first + count; ++tile) {
              const Index row = tile % tiling.image_tiles() / tiling.across.tiles, column = tile % tiling.across.tiles;
              const Index at = rows.from(tile)[tiling.kind(row, column)];
              CHECK(used.insert(at).second);
              for (Index plane = 0; plane < points * points; ++plane) {
                const bool zero = (tiling.down.at_edge(row) && tiling.down.vanishes(plane / points, points)) ||
                                  (tiling.across.at_edge(column) && tiling.across.vanishes(plane % points, points));
                const Run counting = rows.counting(plane);
                if ((at >= counting.first && at < counting.first + counting.count) == zero)
                  FAIL_CHECK("plane ", plane, ", tile ", tile);
              }
            }
            CHECK(*used.begin() == 0);
            CHECK(*used.rbegin() == count - 1);
          }
      }
}

TEST_CASE("phases come once each, and those that count in a plane are those whose filters are not zero there") {
  for (const Index stride : {1, 2, 3})
    for (const Index kernel_height : {2, 3, 5, 7})
      for (const Index kernel_width : {1, 3, 4, 6}) {
        const Index taps = neb::tile_count(std::max(kernel_height, kernel_width), stride);
        const auto taps_of = [&](Index kernel, Index phase) { return neb::tile_count(kernel - phase, stride); };
        const Phases phases{{kernel_height, stride, taps}, {kernel_width, stride, taps}};
        CAPTURE(stride);
        CAPTURE(kernel_height);
        CAPTURE(kernel_width);
        CHECK(phases.count() == std::min(stride, kernel_height) * std::min(stride, kernel_width));
        std::set<std::array<Index, 2>> seen;
        for (Index phase = 0; phase < phases.count(); ++phase) {
          const auto [down, across] = phases.at(phase);
          CHECK(down < std::min(stride, kernel_height));
          CHECK(across < std::min(stride, kernel_width));
          CHECK(seen.insert({down, across}).second);
          const bool down_lacks = taps_of(kernel_height, down) < taps,
                     across_lacks = taps_of(kernel_width, across) < taps;
          CHECK(phases.down.without_first(down) == down_lacks);
          CHECK(phases.across.without_first(across) == across_lacks);
          for (const Index row_point : {0, 1, 5})
            for (const Index column_point : {0, 1, 5}) {
              const Run counting = phases.counting(row_point, column_point);
              const bool counts = phase >= counting.first && phase < counting.first + counting.count;
              CHECK(counts == !((row_point == 0 && down_lacks) || (column_point == 0 && across_lacks)));
            }
        }
      }
  // 14 outputs of 3 taps at stride 2: 6, 6 and 5 values for the 2 taps of one phase, 5, 5 and 4 for the one of the other.
  const TiledAxis axis(14, 5, 6);
  CHECK(PhasedAxis(3, 2, 2).values(axis, 6) == 31);
  CHECK(PhasedAxis(3, 2, 2).values(6) == 11);
}
