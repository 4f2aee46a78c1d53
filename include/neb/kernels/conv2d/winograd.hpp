/// Winograd's convolution and both its gradients: the passes of one trilinear form, see winograd_transforms.hpp.
///
/// Three orders of the loops, by the size of the filters W at the points. Up to `resident_bytes` they stay near a core: a task
/// takes some images, a band of tiles at a time, through all stages, and passes that are asked for together share what they
/// transform. Larger filters for few tiles are cut into slices of channels: a core transforms one within its own cache, and
/// multiplies it at once. Those for many tiles are taken in chunks of channels that all cores work on together, stage by stage over
/// as many tiles as the scratch has room for, 48 MB in all, so that each filter is transformed once or a few times.
/// No sum depends on the number of threads: products sum over channels in order, tiles of an image are added to it in order,
/// and sums over tiles are those of shares of the batch, cut by its shape alone.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/conv2d.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/kept_filters.hpp"
#include "neb/kernels/conv2d/winograd_cost.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_slices.hpp"
#include "neb/kernels/conv2d/winograd_stages.hpp"
#include "neb/kernels/conv2d/winograd_tiles.hpp"
#include "neb/kernels/conv2d/winograd_tiling.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace winograd {

inline constexpr Index band_bytes = 2 << 20;      ///< of X, Y and products of a band beside them
inline constexpr Index operand_bytes = 24 << 20;  ///< of X or Y of a range of tiles beside larger filters
inline constexpr Index chunk_bytes = 18 << 20;    ///< of a chunk of larger filters
inline constexpr Index product_bytes = 6 << 20;   ///< of its products with a range of tiles

/// Calls body(rows) for ranges of at most `most` tiles that cover [begin, end), in order.
template <class Body>
void each_range(const Tiling& tiling, Index begin, Index end, Index most, Body&& body) {
  const Index ranges = tile_count(end - begin, most), size = ranges > 0 ? tile_count(end - begin, ranges) : 0;
  for (Index first = begin; first < end; first += size) body(TileRows(tiling, {first, std::min(size, end - first)}));
}

/// Any of the passes, with filters and sums near each core.
template <class F, class T>
void contract_resident(const Stages<F, T>& stages, const Conv2dArrays<T>& a) {
  const Layer<F, T>& layer = stages.layer;
  const Index in = layer.in_channels, out = layer.out_channels, batch = layer.g.batch, most = std::max(in, out);
  const FormedFilters<T> by_input(a.kept, stages.form(FilterForm::Order::by_input),
                                  a.y ? Planes<T>::size(F::planes, in, out) : 0, [&](T* to) {
                                    stages.filters_by_input(a.w, 0, {to, in, out});
                                  });
  const FormedFilters<T> by_output(a.kept, stages.form(FilterForm::Order::by_output),
                                   a.dx ? Planes<T>::size(F::planes, out, in) : 0, [&](T* to) {
                                     stages.filters_by_output(a.w, 0, {to, out, in});
                                   });

  // Bands and shares follow from the layer, so that sums over tiles are always the same. A share has some images, enough for products
  // of full register tiles, and for a sum to be worth keeping beside those of other shares. Where there are few shares, that is no
  // work for many threads: all share each stage then.
  const Index worthwhile = batch / tile_count(a.dw ? 32 : 16, layer.image_tiles);
  const bool apart = worthwhile >= 4;
  const Index tile_bytes = F::planes * static_cast<Index>(sizeof(T)) * (in + out + most);
  const Index band = std::clamp<Index>(band_bytes / tile_bytes, 36, 96) * (apart ? 1 : 4);
  const Index shares = apart ? std::min<Index>(worthwhile, a.dw ? 8 : 64) : 1;
  const Index sums_size = Planes<T>::size(F::planes, out, in);
  const Scratch<T> sums(a.dw ? shares * sums_size : 0);
  const auto work = [&](Index share) {
    const Index begin = share * batch / shares * layer.image_tiles;
    const Index end = (share + 1) * batch / shares * layer.image_tiles;
    const Index rows = std::min(band, end - begin);
    const Operand<F, T> images(a.y || a.dw ? rows : 0, in), cotangents(a.dx || a.dw ? rows : 0, out),
        products(a.y || a.dx ? rows : 0, most);
    each_range(layer.tiling, begin, end, band, [&](const TileRows& tiles) {
      const Planes<T> x = images.planes(tiles.range().count, in), y = cotangents.planes(tiles.range().count, out);
      if (a.y || a.dw) stages.images_to_points(a.x, tiles, x);
      if (a.dx || a.dw) stages.cotangents_to_points(a.dy, tiles, 0, y);
      if (a.y) {
        const Planes<T> dy = products.planes(tiles.range().count, out);
        stages.multiply_outputs(tiles, x, {by_input.data(), in, out}, dy);
        stages.outputs_from_points(dy, tiles, 0, a.bias, a.y);
      }
      if (a.dx) {
        const Planes<T> dx = products.planes(tiles.range().count, in);
        stages.multiply_images(tiles, y, {by_output.data(), out, in}, dx);
        stages.images_from_points(dx, tiles, 0, a.dx);
      }
      if (a.dw)
        stages.multiply_filters(tiles, y, x, {sums.data() + share * sums_size, out, in}, tiles.range().first != begin);
    });
  };
  if (apart)
    parallel_tasks(shares, work);
  else
    work(0);
  if (!a.dw) return;
  parallel_tiles(sums_size, 4096, [&](Index begin, Index end) {
    for (Index s = 1; s < shares; ++s)
      for (Index i = begin; i < end; ++i) sums.data()[i] += sums.data()[s * sums_size + i];
  });
  stages.filters_from_points(Planes<T>{sums.data(), out, in}, 0, a.dw);
}

/// Channels of a chunk of filters whose other channels are `channels`, all where they are `kept`, and rows of a range of tiles.
template <class F, class T>
struct Chunks {
  Index chunk, rows;

  Chunks(Index tiles, Index channels, Index chunked, bool kept = false) {
    // Whole panels: products take as long for a part of one.
    constexpr Index bytes = F::planes * static_cast<Index>(sizeof(T)), panel = panel_width<T>;
    chunk = std::clamp<Index>(chunk_bytes / (bytes * channels) / panel * panel, panel, 128);
    if (kept || chunk > chunked) chunk = chunked;
    rows = std::min(tiles,
                    std::max<Index>(product_rows, std::min(operand_bytes / channels, product_bytes / chunk) / bytes));
  }
};

/// y or dx with larger filters, which may be `kept`: `to_points(tiles, planes)` transforms what they are multiplied with,
/// `filters(first, planes)` a chunk of those that are not kept, `multiply(tiles, left, w, products, first)` multiplies, and
/// `from_points(planes, tiles, first)` brings products back.
template <class F, class T, class ToPoints, class Filters, class Multiply, class FromPoints>
void multiply_in_chunks(const Layer<F, T>& layer, const Planes<T>& kept, ToPoints&& to_points, Filters&& filters,
                        Multiply&& multiply, FromPoints&& from_points) {
  const Index channels = kept.rows, chunked = kept.channels;
  const Chunks<F, T> chunks(layer.tiles, channels, chunked, kept.data != nullptr);
  const Operand<F, T> left(chunks.rows, channels), right(kept.data ? 0 : channels, chunks.chunk),
      products(chunks.rows, chunks.chunk);
  each_range(layer.tiling, 0, layer.tiles, chunks.rows, [&](const TileRows& tiles) {
    const Planes<T> x = left.planes(tiles.range().count, channels);
    to_points(tiles, x);
    for (Index first = 0; first < chunked; first += chunks.chunk) {
      const Index count = std::min(chunks.chunk, chunked - first);
      const Planes<T> w = kept.data ? kept : right.planes(channels, count),
                      y = products.planes(tiles.range().count, count);
      if (!kept.data) filters(first, w);
      multiply(tiles, x, w, y, first);
      from_points(y, tiles, first);
    }
  });
}

template <class F, class T>
void forward_in_chunks(const Stages<F, T>& stages, const Conv2dArrays<T>& a) {
  multiply_in_chunks<F, T>(
      stages.layer, stages.kept_by_input(a.w, a.kept),
      [&](const TileRows& tiles, const Planes<T>& x) { stages.images_to_points(a.x, tiles, x); },
      [&](Index first, const Planes<T>& w) { stages.filters_by_input(a.w, first, w); },
      [&](const TileRows& tiles, const Planes<T>& x, const Planes<T>& w, const Planes<T>& y, Index) {
        stages.multiply_outputs(tiles, x, w, y);
      },
      [&](const Planes<T>& y, const TileRows& tiles, Index first) {
        stages.outputs_from_points(y, tiles, first, a.bias, a.y);
      });
}

template <class F, class T>
void input_grad_in_chunks(const Stages<F, T>& stages, const Conv2dArrays<T>& a) {
  multiply_in_chunks<F, T>(
      stages.layer, stages.kept_by_output(a.w, a.kept),
      [&](const TileRows& tiles, const Planes<T>& y) { stages.cotangents_to_points(a.dy, tiles, 0, y); },
      [&](Index first, const Planes<T>& w) { stages.filters_by_output(a.w, first, w); },
      [&](const TileRows& tiles, const Planes<T>& y, const Planes<T>& w, const Planes<T>& x, Index first) {
        stages.multiply_images(tiles, y, w, x, first);
      },
      [&](const Planes<T>& x, const TileRows& tiles, Index first) {
        stages.images_from_points(x, tiles, first, a.dx);
      });
}

template <class F, class T>
void filter_grad_in_chunks(const Stages<F, T>& stages, const Conv2dArrays<T>& a) {
  const Layer<F, T>& layer = stages.layer;
  const Index in = layer.in_channels, out = layer.out_channels;
  const Chunks<F, T> chunks(layer.tiles, in, out);
  const Operand<F, T> images(chunks.rows, in), cotangents(chunks.rows, chunks.chunk), sums(chunks.chunk, in);
  for (Index first = 0; first < out; first += chunks.chunk) {
    const Index count = std::min(chunks.chunk, out - first);
    const Planes<T> dw = sums.planes(count, in);
    each_range(layer.tiling, 0, layer.tiles, chunks.rows, [&](const TileRows& tiles) {
      const Planes<T> x = images.planes(tiles.range().count, in), y = cotangents.planes(tiles.range().count, count);
      if (first == 0 || chunks.rows < layer.tiles) stages.images_to_points(a.x, tiles, x);
      stages.cotangents_to_points(a.dy, tiles, first, y);
      stages.multiply_filters(tiles, y, x, dw, tiles.range().first > 0);
    });
    stages.filters_from_points(dw, first, a.dw);
  }
}

template <class F, class T>
void contract(const Conv2dGeometry& g, const Conv2dArrays<T>& a) {
  const Stages<F, T> stages{{.g = g}};
  const Layer<F, T>& layer = stages.layer;
  if (a.dx && !layer.reaches_all()) std::fill_n(a.dx, g.input_shape().size(), T(0));
  if (F::planes * layer.in_channels * layer.out_channels * static_cast<Index>(sizeof(T)) <= resident_bytes)
    return contract_resident(stages, a);
  if (fits_slices(layer)) return contract_in_slices(stages, a);
  if (a.y) forward_in_chunks(stages, a);
  if (a.dx) input_grad_in_chunks(stages, a);
  if (a.dw) filter_grad_in_chunks(stages, a);
}

}  // namespace winograd

/// The passes that are asked for, of arrays that are not empty; float or double. `Points` are SixPoints, SevenPoints or EightPoints.
template <class Points, class T>
void conv2d_winograd(const Conv2dGeometry& g, const Conv2dArrays<T>& a) {
  using namespace winograd;
  switch (phase_taps(g)) {
    case 2:
      return contract<Form<SixPoints, 2>>(g, a);  // two taps gain little from more points
    case 3:
      return contract<Form<Points, 3>>(g, a);
    case 4:
      return contract<Form<Points, 4>>(g, a);
    case 5:
      return contract<Form<Points, 5>>(g, a);
    default:
      break;
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
