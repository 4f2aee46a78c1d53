/// Which convolutions Winograd's kernels compute, and about how much work they are.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/winograd_tiling.hpp"
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
/// with 12 where larger filters go slice by slice, estimated there from two layers. Few tiles with many filters may so go to the direct
/// kernels where these lose a little: filters at the points come from a last-level cache that others may have filled. At a stride, two
/// taps a phase make many numbers for few products, which wait for memory: three times the cost, from ten layers on Zen 4 with both
/// widths.
inline double cost(const Conv2dGeometry& g, Index points) {
  const auto number = [](Index n) { return static_cast<double>(n); };
  const Index taps = phase_taps(g), outputs = points + 1 - taps;
  const TiledAxis down(g.out_height(), outputs, points), across(g.out_width(), outputs, points);
  const Phases phases{{g.kernel_height, g.stride, taps}, {g.kernel_width, g.stride, taps}};
  const double phase = number(tile_count(g.in_channels, 16) * 16), out = number(tile_count(g.out_channels, 16) * 16);
  const double in = number(phases.count()) * phase, planes = number(points * points);
  const double transform = g.stride > 1 && taps == 2 ? 21 : 7;
  const double tiles = number(g.batch * down.tiles * across.tiles);
  const double whole = number(g.batch * whole_tiles(g, outputs, g.out_height(), g.height, g.kernel_height) *
                              whole_tiles(g, outputs, g.out_width(), g.width, g.kernel_width));
  const double values = number(g.batch * phases.down.values(down, points) * phases.across.values(across, points));
  const double filters = number(phases.down.values(points) * phases.across.values(points));
  const bool sliced = 4 * planes * in * out > number(resident_bytes) && tiles <= number(few_tiles);
  return (values + filters * (sliced ? 12 : 20)) * phase * out + planes * transform * (2 * tiles - whole) * (in + out);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
