/// Which convolutions Winograd's kernels compute, and about how much work they are.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

inline constexpr Index resident_bytes = 1280
                                        << 10;  ///< of filters at the points, or sums for them, that stay near a core
inline constexpr Index few_tiles = 64;          ///< that larger filters are multiplied with slice by slice

/// Taps along one axis that meet one phase of an image: all of them at stride 1, every other at stride 2.
inline Index phase_taps(const Conv2dGeometry& g) {
  return tile_count(std::max(g.kernel_height, g.kernel_width), g.stride);
}

/// Whether a convolution is one that these kernels compute.
inline bool applies_to(const Conv2dGeometry& g) { return phase_taps(g) >= 2 && phase_taps(g) <= 5; }

/// How many tiles along one axis, of `outputs` outputs each, lie wholly inside the image.
inline Index whole_tiles(const Conv2dGeometry& g, Index outputs, Index out_extent, Index extent, Index kernel) {
  const Index step = outputs * g.stride, before = tile_count(g.padding, step);
  const Index last = std::min(out_extent * g.stride - step, extent + g.padding - kernel - step + g.stride);
  return last < 0 ? 0 : std::max<Index>(0, last / step + 1 - before);
}

/// About how many multiply-adds of the direct kernels, those with padding not counted, take as long as a pass at `points` points. A
/// number that is transformed costs 7 of them, and twice that in a tile at the edge of an image, of which a part is copied first; a
/// filter's costs as much as products with 20 tiles, fitted to passes over images of 7 x 7 to 28 x 28 pixels on a processor with AVX2;
/// with 12 where larger filters go slice by slice, estimated there from two layers. Few tiles with many filters may so go to the direct kernels where these lose a
/// little: filters at the points come from a last-level cache that others may have filled.
inline double cost(const Conv2dGeometry& g, Index points) {
  const auto number = [](Index n) { return static_cast<double>(n); };
  const Index outputs = points + 1 - phase_taps(g);
  const double in = number(g.stride * g.stride * tile_count(g.in_channels, 16) * 16);
  const double out = number(tile_count(g.out_channels, 16) * 16);
  const double tiles = number(g.batch * tile_count(g.out_height(), outputs) * tile_count(g.out_width(), outputs));
  const double whole = number(g.batch * whole_tiles(g, outputs, g.out_height(), g.height, g.kernel_height) *
                              whole_tiles(g, outputs, g.out_width(), g.width, g.kernel_width));
  const bool sliced = number(4 * points * points) * in * out > number(resident_bytes) && tiles <= number(few_tiles);
  return number(points * points) * ((tiles + (sliced ? 12 : 20)) * in * out + 7 * (2 * tiles - whole) * (in + out));
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
