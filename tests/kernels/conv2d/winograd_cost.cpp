#include "neb/kernels/conv2d/winograd_cost.hpp"

#include <doctest/doctest.h>

#include "kernels/support.hpp"

using neb::Index;
using namespace neb::test;

TEST_CASE("whole tiles are those that read no padding and whose outputs are all there") {
  for (const Index extent : {1, 4, 7, 12, 28})
    for (const Index kernel : {2, 3, 5, 7})
      for (const Index stride : {1, 2})
        for (const Index padding : {0, 1, 2, 3})
          for (const Index outputs : {2, 3, 4, 6}) {
            if (extent + 2 * padding < kernel) continue;
            const auto g = geometry({1, extent, extent, 1}, {1, kernel, kernel, 1}, stride, padding);
            Index whole = 0;
            for (Index first = 0; first + outputs <= g.out_height(); first += outputs) {
              const Index low = first * stride - padding, high = (first + outputs - 1) * stride - padding + kernel - 1;
              whole += low >= 0 && high < extent;
            }
            CAPTURE(describe(g));
            CAPTURE(outputs);
            CHECK(neb::kernels::winograd::whole_tiles(g, outputs, g.out_height(), extent, kernel) == whole);
          }
}

TEST_CASE("a pass at the points costs products of all values, and transforms, twice as much of tiles at an edge") {
  // 14 x 14 outputs in tiles of 4 are 16 tiles with 22 x 22 values; those that read no padding are 2 x 2.
  const auto g = geometry({3, 14, 14, 32}, {64, 3, 3, 32}, 1, 1);
  CHECK(neb::kernels::winograd::phase_taps(g) == 3);
  CHECK(neb::kernels::winograd::cost(g, 6) ==
        (3 * 22 * 22 + 36 * 20) * 32 * 64 + 36 * 7 * (2 * 48 - 3 * 4) * (32 + 64));
  // At stride 2 an image has four phases, and a filter of 7 has 4 taps in each: tiles of 3 outputs. In every other phase it has 3,
  // and one value less. 20 channels are computed as 32.
  const auto strided = geometry({1, 12, 12, 20}, {16, 7, 7, 20}, 2, 3);
  CHECK(neb::kernels::winograd::phase_taps(strided) == 4);
  CHECK(neb::kernels::winograd::cost(strided, 6) ==
        (22 * 22 + 11 * 11 * 20) * 32 * 16 + 36 * 7 * (2 * 4) * (4 * 32 + 16));
  // Two taps a phase, in 3 x 3 tiles of 5 outputs, one of which lacks its last, and one value less of every other phase: 17 and 14.
  CHECK(neb::kernels::winograd::cost(geometry({2, 28, 28, 16}, {16, 3, 3, 16}, 2, 1), 6) ==
        (2 * 31 * 31 + 11 * 11 * 20) * 16 * 16 + 36 * 21 * (2 * 18 - 2) * (4 * 16 + 16));
  // 256 x 128 filters at 49 points are larger than what stays near a core. One tile an image: 64 are few, 65 are not.
  for (const Index images : {64, 65})
    CHECK(neb::kernels::winograd::cost(geometry({images, 7, 7, 64}, {128, 7, 7, 64}, 2, 3), 7) ==
          13 * 13 * (images + (images == 64 ? 12 : 20)) * 64 * 128 + 49 * 7 * (2 * images) * (256 + 128));
}
