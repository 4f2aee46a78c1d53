/// The layer of a convolution as Winograd's passes see it: its tiles, its channels, and the transforms of its arrays.
///
/// Images are cut into tiles of outputs. A stride s > 1 is a stride of 1 over the s x s phases of an image, its pixels
/// (s i + a, s j + b), each with the taps of the filter that meet it, as if they were further channels.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_slabs.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// A run of tiles, counted over the batch.
struct TileRange {
  Index first = 0;
  Index count = 0;
};

/// See above. Channels of X are those of all phases, each in whole slabs; so are the channels of Y.
template <class F, class T>
struct Layer {
  static constexpr Index slab = slab_channels<T>;

  Conv2dGeometry g;
  Index phases_across = std::min(g.stride, g.kernel_width);
  Index phase_channels = whole_slabs<T>(g.in_channels);
  Index in_channels = std::min(g.stride, g.kernel_height) * phases_across * phase_channels;
  Index out_channels = whole_slabs<T>(g.out_channels);
  Index tile_columns = tile_count(g.out_width(), F::outputs);
  Index image_tiles = tile_count(g.out_height(), F::outputs) * tile_columns;
  Index tiles = g.batch * image_tiles;

  /// Where a slab of some tiles, or filters, lies in planes.
  struct Slab {
    const Planes<T>& planes;
    Index row, channel;

    T* at(Index r) const { return planes.at(row + r, channel); }
  };

  /// X = B^T x B of a range of tiles, for the slab of channels at `channel`.
  void image_to_points(const T* x, const TileRange& range, Index channel, const Slab& to) const {
    each_tile(range, [&](Index row, Index n, Index top, Index left) {
      const auto [offset, part] = input_square(n, top, left, channel);
      part_to_points<typename F::BT>(Square<const T>{x + offset, input_row(), input_pixel()}, part, to.at(row),
                                     to.planes);
    });
  }

  /// dx from B dX B^T of a range of tiles of one image, which add up where they overlap.
  void image_from_points(const Slab& from, const TileRange& range, Index channel, T* dx) const {
    each_tile(range, [&](Index row, Index n, Index top, Index left) {
      const auto [offset, part] = input_square(n, top, left, channel);
      part_from_points<typename F::BT>(from.at(row), from.planes, Square<T>{dx + offset, input_row(), input_pixel()},
                                       part, top > 0 ? F::overlap : 0, left > 0 ? F::overlap : 0);
    });
  }

  /// Y = A dy A^T of a range of tiles.
  void cotangent_to_points(const T* dy, const TileRange& range, Index channel, const Slab& to) const {
    each_tile(range, [&](Index row, Index n, Index top, Index left) {
      const auto [offset, part] = output_square(n, top, left, channel);
      part_to_points<typename F::A>(Square<const T>{dy + offset, output_row(), g.out_channels}, part, to.at(row),
                                    to.planes);
    });
  }

  /// y = A^T dY A of a range of tiles, plus the bias, which may be null.
  void output_from_points(const Slab& from, const TileRange& range, Index channel, const T* bias, T* y) const {
    // That of a slab, as far as there is one.
    alignas(vector_bytes) T slab_bias[slab] = {};
    if (bias) std::copy_n(bias + channel, std::min(slab, g.out_channels - channel), slab_bias);

    each_tile(range, [&](Index row, Index n, Index top, Index left) {
      const auto [offset, part] = output_square(n, top, left, channel);
      part_from_points<typename F::A>(from.at(row), from.planes, Square<T>{y + offset, output_row(), g.out_channels},
                                      part, 0, 0, bias ? slab_bias : nullptr);
    });
  }

  /// W = G w G^T of the filter `out`, with outputs in rows; zeros behind the last filter.
  void filter_to_points(const T* w, Index out, Index channel, const Slab& to) const {
    const auto [offset, part] = filter_square(out, channel);
    part_to_points<typename F::G>(Square<const T>{w + offset, filter_row(), input_pixel()},
                                  out < g.out_channels ? part : Part{}, to.at(0), to.planes);
  }

  /// The same with inputs in rows, for a slab of filters from `out` on: the rows of the slab at `channel`.
  void filters_to_points(const T* w, Index out, Index channel, const Slab& to) const {
    alignas(vector_bytes) T across[F::taps * F::taps * slab * slab];
    auto [offset, part] = filter_square(out, channel);
    const Square<const T> square{w + offset, filter_row(), input_pixel()};
    const Index filters = std::min(slab, g.out_channels - out);
    if (filters < slab || part.channels < slab) std::fill(std::begin(across), std::end(across), T(0));
    for (Index i = 0; i < part.last_row; ++i)
      for (Index j = 0; j < part.last_column; ++j)
        transpose(filters, part.channels, square.at(i, j), g.patch_size(), across + (i * F::taps + j) * slab * slab,
                  slab);
    part.channels = slab;
    for (Index c = 0; c < slab; ++c)
      part_to_points<typename F::G>(Square<const T>{across + c * slab, F::taps * slab * slab, slab * slab}, part,
                                    to.at(c), to.planes);
  }

  /// dw = G^T dW G of the filter `out`.
  void filter_from_points(const Slab& from, Index out, Index channel, T* dw) const {
    const auto [offset, part] = filter_square(out, channel);
    part_from_points<typename F::G>(from.at(0), from.planes, Square<T>{dw + offset, filter_row(), input_pixel()}, part,
                                    0, 0);
  }

  /// Whether the tiles reach every pixel of the images; what they do not reach has no derivative.
  bool reaches_all() const {
    const auto reached = [&](Index outputs, Index extent) {
      return (tile_count(outputs, F::outputs) * F::outputs + F::overlap) * g.stride >= extent + g.padding;
    };
    return std::min(g.kernel_height, g.kernel_width) >= g.stride && reached(g.out_height(), g.height) &&
           reached(g.out_width(), g.width);
  }

 private:
  /// The offset of a square from the front of its array, and what of it exists.
  struct Place {
    Index offset;
    Part part;
  };

  Index input_row() const { return g.stride * g.width * g.in_channels; }
  Index input_pixel() const { return g.stride * g.in_channels; }
  Index filter_row() const { return g.stride * g.kernel_width * g.in_channels; }
  Index output_row() const { return g.out_width() * g.out_channels; }

  /// Calls body(row, image, top, left) for the tiles of a range in order: their row in it, and their first output.
  template <class Body>
  void each_tile(const TileRange& range, Body&& body) const {
    for (Index row = 0; row < range.count; ++row) {
      const Index tile = range.first + row;
      body(row, tile / image_tiles, tile % image_tiles / tile_columns * F::outputs, tile % tile_columns * F::outputs);
    }
  }

  /// The steps i < side with 0 <= start + i * step < extent are [first, second).
  static std::pair<Index, Index> inside(Index start, Index step, Index extent, Index side) {
    const Index first = start < 0 ? std::min(side, tile_count(-start, step)) : 0;
    const Index last = extent > start ? std::min(side, tile_count(extent - start, step)) : 0;
    return {first, std::max(first, last)};
  }

  Place input_square(Index n, Index top, Index left, Index channel) const {
    const Index phase = channel / phase_channels, c = channel % phase_channels;
    const Index row = top * g.stride + phase / phases_across - g.padding;
    const Index column = left * g.stride + phase % phases_across - g.padding;
    const auto rows = inside(row, g.stride, g.height, F::points);
    const auto columns = inside(column, g.stride, g.width, F::points);
    return {((n * g.height + row) * g.width + column) * g.in_channels + c,
            {rows.first, rows.second, columns.first, columns.second, std::min(slab, g.in_channels - c)}};
  }

  Place output_square(Index n, Index top, Index left, Index channel) const {
    return {((n * g.out_height() + top) * g.out_width() + left) * g.out_channels + channel,
            {0, std::min<Index>(F::outputs, g.out_height() - top), 0, std::min<Index>(F::outputs, g.out_width() - left),
             std::min(slab, g.out_channels - channel)}};
  }

  Place filter_square(Index out, Index channel) const {
    const Index phase = channel / phase_channels, c = channel % phase_channels;
    const Index row = phase / phases_across, column = phase % phases_across;
    return {((out * g.kernel_height + row) * g.kernel_width + column) * g.in_channels + c,
            {0, inside(row, g.stride, g.kernel_height, F::taps).second, 0,
             inside(column, g.stride, g.kernel_width, F::taps).second, std::min(slab, g.in_channels - c)}};
  }
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
