/// Winograd filter gradient, for 3 x 3 filters at stride 1: dw = G^T [ (A dy A^T) * (B^T x B) ] G, summed over tiles.
///
/// In each of 36 planes, D (O, I) = Y^T (tiles, O) times V (tiles, I): sums over tiles take the place of sums over
/// channels. The same two orders of the loops as in winograd.hpp: while D fits into a core's second-level cache,
/// tasks sum shares of the tiles, block by block, and the shares are added in order; a larger D is taken in chunks of output
/// channels that all cores work on together.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_tiles.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace winograd {

/// Row `row` of Y = A dy A^T of one tile, of channels [first, first + count) of dy (N,OH,OW,O).
template <class T>
void transform_upstream_tile(const Conv2dGeometry& g, const T* dy, Index n, Index top, Index left, Index first,
                             Index count, const Planes<T>& y, Index row) {
  using V = Vector<T>;
  const T* const corner = dy + ((n * g.out_height() + top) * g.out_width() + left) * g.out_channels + first;
  const Index height = g.out_height() - top, width = g.out_width() - left, pitch = y.pitch();
  for (Index c = 0; c < count; c += vector_lanes<T>) {
    T* const to = y.at(row, c);
    const auto pixel = [&](int i, int j) {
      if (i >= height || j >= width) return V{};
      const T* const from = corner + (i * g.out_width() + j) * g.out_channels + c;
      return c + vector_lanes<T> <= count ? load(from) : load_first(from, count - c);
    };
    transform_square<V, 4, 6>(pixel, transform_upstream<V>,
                              [&](int i, int j, const V& v) { store(to + (i * points + j) * pitch, v); });
  }
}

/// dw (O,3,3,I) = G^T d G for the filters [first, first + d.rows).
template <class T>
void transform_filter_sums_to(const Conv2dGeometry& g, const Planes<T>& d, Index first, T* dw) {
  using V = Vector<T>;
  parallel_tiles(d.rows, 8, [&](Index begin, Index end) {
    for (Index o = begin; o < end; ++o)
      for (Index i = 0; i < g.in_channels; i += vector_lanes<T>) {
        const T* const from = d.at(o, i);
        T* const to = dw + (first + o) * g.patch_size() + i;
        transform_square<V, 6, 3>([&](int a, int b) { return load(from + (a * points + b) * d.pitch()); },
                                  transform_filter_sums<V>,
                                  [&](int a, int b, const V& v) {
                                    T* const tap = to + (a * taps + b) * g.in_channels;
                                    if (i + vector_lanes<T> <= g.in_channels) return store(tap, v);
                                    store_first(tap, v, g.in_channels - i);
                                  });
      }
  });
}

/// How the sums of the filter gradient are cut: blocks of tiles, and chunks of output channels.
struct FilterGradBlocks {
  Index tiles, channels;

  /// V of a block and Y of a chunk stay in the second-level cache. The more tiles a block has, the less often the sums
  /// come and go; a chunk keeps few enough of them in the cache meanwhile.
  template <class T>
  static FilterGradBlocks resident(Index tiles, Index in_channels, Index out_channels) {
    constexpr Index bytes = planes * sizeof(T);
    const Index block =
        std::clamp<Index>((1 << 20) / (bytes * whole_lanes<T>(in_channels)), 1, std::min<Index>(tiles, 112));
    const Index chunk = std::max<Index>(tile_columns<T>, (512 << 10) / (bytes * block));
    return {block, std::min(chunk, out_channels)};
  }
};

/// Sums d over the tiles [begin, end) for the output channels [first, first + d.rows).
template <class T>
void sum_tiles(const Conv2dGeometry& g, const T* x, const T* dy, Index begin, Index end, const FilterGradBlocks& blocks,
               Index first, const Planes<T>& d) {
  const Correlation k = detail::forward_correlation(g);
  const TileGrid grid{g.batch, g.out_height(), g.out_width()};
  const Index chunk = std::min(blocks.channels, d.rows);
  const Scratch<T> image_scratch(panel_size<T>(blocks.tiles, g.in_channels));
  const Scratch<T> upstream_scratch(plain_size<T>(blocks.tiles, chunk));
  for (Index start = begin; start < end; start += blocks.tiles) {
    const Index count = std::min(blocks.tiles, end - start);
    const Planes<T> v = panel_planes(image_scratch.data(), count, g.in_channels);
    grid.each(start, count, [&](Index row, Index n, Index top, Index left) {
      transform_image_tile(k, x, n, top - k.top, left - k.left, v, row);
    });
    for (Index channel = 0; channel < d.rows; channel += chunk) {
      const Index channels = std::min(chunk, d.rows - channel);
      const Planes<T> y = plain_planes(upstream_scratch.data(), count, channels);
      grid.each(start, count, [&](Index row, Index n, Index top, Index left) {
        transform_upstream_tile(g, dy, n, top, left, first + channel, channels, y, row);
      });
      multiply_planes(y, v, d, {.rows = channels, .first = channel, .transposed = true, .add = start != begin});
    }
  }
}

}  // namespace winograd

/// dw (O,3,3,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w) at stride 1; float or double.
template <class T>
void conv2d_filter_grad_winograd(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  using namespace winograd;
  constexpr Index scalar = sizeof(T);
  const Index tiles = TileGrid{g.batch, g.out_height(), g.out_width()}.count();
  if (g.batch == 0) std::fill_n(dw, g.filter_shape().size(), T(0));
  if (tiles * g.filter_shape().size() == 0) return;
  const Index size = plain_size<T>(g.out_channels, g.in_channels);

  if (size * scalar > resident_bytes) {
    const Index chunk = std::min(chunk_channels, g.out_channels);
    const FilterGradBlocks blocks{slab_block<T>(tiles, g.in_channels), chunk};
    const Scratch<T> sums(plain_size<T>(chunk, g.in_channels));
    for (Index channel = 0; channel < g.out_channels; channel += chunk) {
      const Planes<T> d = plain_planes(sums.data(), std::min(chunk, g.out_channels - channel), g.in_channels);
      sum_tiles(g, x, dy, 0, tiles, blocks, channel, d);
      transform_filter_sums_to(g, d, channel, dw);
    }
    return;
  }
  const auto blocks = FilterGradBlocks::resident<T>(tiles, g.in_channels, g.out_channels);
  const Index shares = std::min<Index>(8, tile_count(tiles, blocks.tiles));
  const Index share = tile_count(tiles, shares);
  const Scratch<T> sums(shares * size);
  parallel_tasks(shares, [&](Index s) {
    const Planes<T> d = plain_planes(sums.data() + s * size, g.out_channels, g.in_channels);
    if (s * share < tiles) return sum_tiles(g, x, dy, s * share, std::min((s + 1) * share, tiles), blocks, 0, d);
    std::fill_n(d.data, size, T(0));
  });
  parallel_tiles(size, 4096, [&](Index begin, Index end) {
    for (Index s = 1; s < shares; ++s)
      for (Index i = begin; i < end; ++i) sums.data()[i] += sums.data()[s * size + i];
  });
  transform_filter_sums_to(g, plain_planes(sums.data(), g.out_channels, g.in_channels), 0, dw);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
