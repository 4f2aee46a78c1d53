/// Winograd convolution and input gradient, for 3 x 3 filters at stride 1.
///
/// Images are cut into tiles of 4 x 4 outputs. A block of tiles goes through three stages: transform its inputs (V),
/// multiply by the transformed filters (U) in 36 planes, transform the products (M) to outputs. The input gradient is the
/// same correlation, of dy with flipped filters whose channels changed places.
/// Two orders of the loops, by the size of the transformed filters. Up to `resident_bytes` they stay in a core's
/// second-level cache: a task takes a block of tiles, small enough that V and M stay there too, through all stages. Larger
/// filters are taken in chunks of output channels that all cores work on together, stage by stage over all tiles, so that
/// each filter is transformed and read once.
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

/// V and M of a block of tiles beside resident filters.
inline constexpr Index block_bytes = 800 << 10;

/// The outputs y = A^T m A of one tile, channels [first, first + count) of y, from row `row` of M.
template <class T>
void transform_output_tile(const Correlation& k, const Planes<T>& m, Index row, Index n, Index top, Index left,
                           Index first, Index count, T* y) {
  using V = Vector<T>;
  T* const corner = y + n * k.y_image + top * k.y_row + left * k.y_pixel + first;
  const Index pitch = m.pitch();
  for (Index c = 0; c < count; c += vector_lanes<T>) {
    const T* const from = m.at(row, c);
    transform_square<V, 6, 4>([&](int i, int j) { return load(from + (i * points + j) * pitch); }, transform_output<V>,
                              [&](int i, int j, const V& value) {
                                if (top + i >= k.out_height || left + j >= k.out_width) return;
                                T* const to = corner + i * k.y_row + j * k.y_pixel + c;
                                if (c + vector_lanes<T> <= count) return store(to, value);
                                store_first(to, value, count - c);
                              });
  }
}

/// U = G w G^T of the filters w (O,3,3,I) of a convolution, for its outputs [first, first + count): u (36, I, count).
template <class T>
void transform_filters(const Conv2dGeometry& g, const T* w, Index first, Index count, const Planes<T>& u) {
  using V = Vector<T>;
  constexpr Index lanes = vector_lanes<T>;
  const Index slabs = tile_count(g.in_channels, lanes);
  parallel_tasks(tile_count(count, lanes) * slabs, [&](Index task) {
    const Index o = task / slabs * lanes;
    const Index i = task % slabs * lanes;
    const Index filters = std::min(lanes, count - o);
    const Index rows = std::min(lanes, g.in_channels - i);
    alignas(vector_bytes) T across[taps * taps][lanes * lanes] = {};
    for (Index tap = 0; tap < taps * taps; ++tap)
      transpose(filters, rows, w + ((first + o) * taps * taps + tap) * g.in_channels + i, g.patch_size(), across[tap],
                lanes);
    for (Index row = 0; row < rows; ++row) {
      T* const to = u.at(i + row, o);
      transform_square<V, 3, 6>([&](int a, int b) { return load(across[a * taps + b] + row * lanes); },
                                transform_filter<V>,
                                [&](int a, int b, const V& v) { store(to + (a * points + b) * u.pitch(), v); });
    }
  });
}

/// The same for the input gradient, whose filters are flipped and have their channels exchanged: u (36, O, count), for the
/// input channels [first, first + count).
template <class T>
void transform_flipped_filters(const Conv2dGeometry& g, const T* w, Index first, Index count, const Planes<T>& u) {
  using V = Vector<T>;
  constexpr Index lanes = vector_lanes<T>;
  parallel_tiles(g.out_channels, 16, [&](Index begin, Index end) {
    for (Index o = begin; o < end; ++o)
      for (Index i = 0; i < count; i += lanes) {
        T* const to = u.at(o, i);
        const auto tap = [&](int a, int b) {
          const T* const from = w + ((o * taps + taps - 1 - a) * taps + taps - 1 - b) * g.in_channels + first + i;
          return i + lanes <= count ? load(from) : load_first(from, count - i);
        };
        transform_square<V, 3, 6>(tap, transform_filter<V>,
                                  [&](int a, int b, const V& v) { store(to + (a * points + b) * u.pitch(), v); });
      }
  });
}

/// Tiles of a block beside resident filters: whole register tiles, at most about `most`, and few enough for a few cores to
/// share the blocks evenly, but at least eight, because fewer rows leave multipliers idle.
inline Index resident_block(Index tiles, Index most) {
  const Index whole = std::max<Index>(1, most / tile_rows) * tile_rows;
  if (tiles >= 16 * whole) return whole;
  const Index blocks = tile_count(tile_count(tiles, whole), 4) * 4;
  return std::max<Index>(tile_count(tiles, blocks), std::min<Index>(tiles, 8));
}

/// y = correlation of x (N,H,W,C) with filters that filters(first, count, u) transforms, see Correlation.
template <class T, class Filters>
void correlate(const Correlation& k, const T* x, T* y, Filters&& filters) {
  const TileGrid grid{k.batch, k.out_height, k.out_width};
  if (grid.count() * k.out_channels == 0) return;
  constexpr Index scalar = sizeof(T);
  const bool resident = panel_size<T>(k.channels, k.out_channels) * scalar <= resident_bytes;
  const Index chunk = resident ? k.out_channels : std::min(chunk_channels, k.out_channels);
  const Scratch<T> filter_scratch(panel_size<T>(k.channels, chunk));
  const auto filters_of = [&](Index count) { return panel_planes(filter_scratch.data(), k.channels, count); };
  if (resident) filters(Index{0}, chunk, filters_of(chunk));

  const Index tile_bytes = planes * scalar * (whole_lanes<T>(k.channels) + whole_lanes<T>(chunk));
  const Index block =
      resident ? resident_block(grid.count(), block_bytes / tile_bytes) : slab_block<T>(grid.count(), k.channels);
  const Index blocks = tile_count(grid.count(), block);
  const auto work = [&](Index index) {
    const Index begin = index * block;
    const Index count = std::min(block, grid.count() - begin);
    const Scratch<T> image_scratch(plain_size<T>(count, k.channels));
    const Scratch<T> product_scratch(plain_size<T>(count, chunk));
    const Planes<T> v = plain_planes(image_scratch.data(), count, k.channels);
    grid.each(begin, count, [&](Index row, Index n, Index top, Index left) {
      transform_image_tile(k, x, n, top - k.top, left - k.left, v, row);
    });
    for (Index channel = 0; channel < k.out_channels; channel += chunk) {
      const Index channels = std::min(chunk, k.out_channels - channel);
      const Planes<T> u = filters_of(channels);
      const Planes<T> m = plain_planes(product_scratch.data(), count, channels);
      if (!resident) filters(channel, channels, u);
      multiply_planes(v, u, m, {.rows = count});
      grid.each(begin, count, [&](Index row, Index n, Index top, Index left) {
        transform_output_tile(k, m, row, n, top, left, channel, channels, y);
      });
    }
  };
  if (resident) return parallel_tasks(blocks, work);
  for (Index index = 0; index < blocks; ++index) work(index);
}

}  // namespace winograd

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,3,3,I)) at stride 1; float or double.
template <class T>
void conv2d_winograd(const Conv2dGeometry& g, const T* x, const T* w, T* y) {
  winograd::correlate(detail::forward_correlation(g), x, y,
                      [&](Index first, Index count, const winograd::Planes<T>& u) {
                        winograd::transform_filters(g, w, first, count, u);
                      });
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,3,3,I)) at stride 1; float or double.
template <class T>
void conv2d_input_grad_winograd(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  const Correlation k{.batch = g.batch,
                      .height = g.out_height(),
                      .width = g.out_width(),
                      .channels = g.out_channels,
                      .out_height = g.height,
                      .out_width = g.width,
                      .out_channels = g.in_channels,
                      .kernel_height = winograd::taps,
                      .kernel_width = winograd::taps,
                      .stride = 1,
                      .top = winograd::taps - 1 - g.padding,
                      .left = winograd::taps - 1 - g.padding,
                      .y_image = g.height * g.width * g.in_channels,
                      .y_row = g.width * g.in_channels,
                      .y_pixel = g.in_channels};
  winograd::correlate(k, dy, dx, [&](Index first, Index count, const winograd::Planes<T>& u) {
    winograd::transform_flipped_filters(g, w, first, count, u);
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
