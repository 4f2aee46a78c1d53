/// Winograd filter gradient, for 3 x 3 filters at stride 1: dw = G^T [ (A dy A^T) * (B^T x B) ] G, summed over tiles.
///
/// In each of 36 planes, D (O, I) = Y^T (tiles, O) times V (tiles, I): sums over tiles take the place of sums over
/// channels. The same two orders of the loops as in conv2d_winograd.hpp: while D fits into a core's second-level cache,
/// tasks sum shares of the tiles, block by block, and the shares are added in order; a larger D is taken in chunks of output
/// channels that all cores work on together.
#pragma once

#include "neb/kernels/conv2d_winograd.hpp"

namespace neb::kernels {

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

/// In every plane, d (O, I) = the product of y (tiles, O), transposed, with the panels v (tiles, I), or adds it.
template <class T>
void multiply_transposed_planes(const Planes<T>& y, const Planes<T>& v, const Planes<T>& d, bool add) {
  constexpr Index group = 4;  // panels of a task
  const Index groups = tile_count(v.panels, group);
  parallel_tasks(planes * groups, [&](Index task) {
    const Index plane = task / groups;
    const Index first = task % groups * group;
    for (Index panel = first; panel < std::min(first + group, v.panels); ++panel)
      multiply_rows<T>(d.rows, {.a = y.data + plane * y.pitch(),
                                .a_row = 1,
                                .outer = 1,
                                .a_outer = 0,
                                .inner = y.rows,
                                .a_inner = y.width,
                                .b = v.data + plane * v.pitch() + panel * v.rows * v.width,
                                .c = d.data + plane * d.pitch() + panel * v.width,
                                .c_row = d.width,
                                .columns = std::min(v.width, d.width - panel * v.width),
                                .add = add});
  });
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

/// Sums d over the tiles [begin, end), in blocks of `block`, for the output channels [first, first + d.rows).
template <class T>
void sum_tiles(const Conv2dGeometry& g, const T* x, const T* dy, Index begin, Index end, Index block, Index first,
               const Planes<T>& d) {
  const Correlation k = detail::forward_correlation(g);
  const TileGrid grid{g.batch, g.out_height(), g.out_width()};
  const Scratch<T> image_scratch(panel_size<T>(block, g.in_channels));
  const Scratch<T> upstream_scratch(plain_size<T>(block, d.rows));
  for (Index start = begin; start < end; start += block) {
    const Index count = std::min(block, end - start);
    const Planes<T> v = panel_planes(image_scratch.data(), count, g.in_channels);
    const Planes<T> y = plain_planes(upstream_scratch.data(), count, d.rows);
    parallel_tiles(count, 8, [&](Index from, Index to) {
      for (Index t = from; t < to; ++t) {
        const Index n = grid.image(start + t), top = grid.top(start + t), left = grid.left(start + t);
        transform_image_tile(k, x, n, top - k.top, left - k.left, v, t);
        transform_upstream_tile(g, dy, n, top, left, first, d.rows, y, t);
      }
    });
    multiply_transposed_planes(y, v, d, start != begin);
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
  const Index in_bytes = planes * scalar * tile_count(g.in_channels, tile_columns<T>) * tile_columns<T>;
  const auto tile_bytes = [&](Index channels) { return in_bytes + planes * scalar * whole_lanes<T>(channels); };

  if (size * scalar > resident_bytes) {
    const Index chunk = std::min(chunk_channels, g.out_channels);
    const Index block = std::min(tiles, std::max<Index>(1, 2 * slab_bytes / tile_bytes(chunk)));
    const Scratch<T> sums(plain_size<T>(chunk, g.in_channels));
    for (Index channel = 0; channel < g.out_channels; channel += chunk) {
      const Planes<T> d = plain_planes(sums.data(), std::min(chunk, g.out_channels - channel), g.in_channels);
      sum_tiles(g, x, dy, 0, tiles, block, channel, d);
      transform_filter_sums_to(g, d, channel, dw);
    }
    return;
  }
  const Index block = std::max<Index>(1, std::min(tiles, block_bytes / tile_bytes(g.out_channels)));
  const Index shares = std::min<Index>(8, tile_count(tiles, block));
  const Index share = tile_count(tiles, shares);
  const Scratch<T> sums(shares * size);
  parallel_tasks(shares, [&](Index s) {
    const Planes<T> d = plain_planes(sums.data() + s * size, g.out_channels, g.in_channels);
    if (s * share < tiles) return sum_tiles(g, x, dy, s * share, std::min((s + 1) * share, tiles), block, 0, d);
    std::fill_n(d.data, size, T(0));
  });
  parallel_tiles(size, 4096, [&](Index begin, Index end) {
    for (Index s = 1; s < shares; ++s)
      for (Index i = begin; i < end; ++i) sums.data()[i] += sums.data()[s * size + i];
  });
  transform_filter_sums_to(g, plain_planes(sums.data(), g.out_channels, g.in_channels), 0, dw);
}

}  // namespace neb::kernels
