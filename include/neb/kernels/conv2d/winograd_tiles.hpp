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
#include "neb/kernels/conv2d/winograd_tiling.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// See above. Channels of X are those of all phases, each in whole slabs; so are the channels of Y.
template <class F, class T>
struct Layer {
  static constexpr Index slab = slab_channels<T>;

  Conv2dGeometry g;
  Phases phases{{g.kernel_height, g.stride, F::taps}, {g.kernel_width, g.stride, F::taps}};
  Index phase_channels = whole_slabs<T>(g.in_channels);
  Index in_channels = phases.count() * phase_channels;
  Index out_channels = whole_slabs<T>(g.out_channels);
  Tiling tiling{{g.out_height(), F::outputs, F::points}, {g.out_width(), F::outputs, F::points}, F::points};
  Index image_tiles = tiling.image_tiles();
  Index tiles = g.batch * image_tiles;

  /// Where a slab of tiles, or filters, lies in planes.
  struct Slab {
    const Planes<T>& planes;
    Index row, channel;

    T* at(Index r) const { return planes.at(row + r, channel); }
  };

  /// Some tiles of a range that lies in rows of planes.
  struct Tiles {
    const TileRows& rows;
    Run range;
  };

  /// X = B^T x B of some tiles, for the slab of channels at `channel`.
  void image_to_points(const T* x, const Tiles& some, Index channel, const Slab& to) const {
    each_tile(
        some, [&](const Tile& tile) { return input_place(tile, channel, x); },
        [&](Index row, const Tile&, const Place<const T>& place) {
          part_to_points<typename F::BT>(place.square, place.part, to.at(row), to.planes);
        });
  }

  /// dx from B dX B^T of some tiles of one image, which add up where they overlap.
  void image_from_points(const Slab& from, const Tiles& some, Index channel, T* dx) const {
    each_tile(
        some, [&](const Tile& tile) { return input_place(tile, channel, dx); },
        [&](Index row, const Tile& tile, const Place<T>& place) {
          part_from_points<typename F::BT>(from.at(row), from.planes, place.square, place.part,
                                           tile.row > 0 ? F::overlap + tiling.down.skipped(tile.row) : 0,
                                           tile.column > 0 ? F::overlap + tiling.across.skipped(tile.column) : 0);
        });
  }

  /// Y = A dy A^T of some tiles.
  void cotangent_to_points(const T* dy, const Tiles& some, Index channel, const Slab& to) const {
    each_tile(
        some, [&](const Tile& tile) { return output_place(tile, channel, dy); },
        [&](Index row, const Tile&, const Place<const T>& place) {
          part_to_points<typename F::A>(place.square, place.part, to.at(row), to.planes);
        });
  }

  /// y = A^T dY A of some tiles, plus the bias, which may be null.
  void output_from_points(const Slab& from, const Tiles& some, Index channel, const T* bias, T* y) const {
    // That of a slab, as far as there is one.
    alignas(vector_bytes) T slab_bias[slab] = {};
    if (bias) std::copy_n(bias + channel, std::min(slab, g.out_channels - channel), slab_bias);
    each_tile(
        some, [&](const Tile& tile) { return output_place(tile, channel, y); },
        [&](Index row, const Tile&, const Place<T>& place) {
          part_from_points<typename F::A>(from.at(row), from.planes, place.square, place.part, 0, 0,
                                          bias ? slab_bias : nullptr);
        });
  }

  /// W = G w G^T of the filter `out`, with outputs in rows; zeros behind the last filter.
  void filter_to_points(const T* w, Index out, Index channel, const Slab& to) const {
    const auto [square, part] = filter_place(out, channel, w);
    part_to_points<typename F::G>(square, out < g.out_channels ? part : Part{}, to.at(0), to.planes);
  }

  /// The same with inputs in rows, for a slab of filters from `out` on: the rows of the slab at `channel`.
  void filters_to_points(const T* w, Index out, Index channel, const Slab& to) const {
    alignas(vector_bytes) T across[F::taps * F::taps * slab * slab];
    auto [square, part] = filter_place(out, channel, w);
    const Index filters = std::min(slab, g.out_channels - out);
    if (filters < slab || part.channels < slab) std::fill(std::begin(across), std::end(across), T(0));
    for (Index i = part.first_row; i < part.last_row; ++i)
      for (Index j = part.first_column; j < part.last_column; ++j)
        transpose(filters, part.channels, square.at(i, j), g.patch_size(), across + (i * F::taps + j) * slab * slab,
                  slab);
    part.channels = slab;
    for (Index c = 0; c < slab; ++c)
      part_to_points<typename F::G>(Square<const T>{across + c * slab, F::taps * slab * slab, slab * slab}, part,
                                    to.at(c), to.planes);
  }

  /// dw = G^T dW G of the filter `out`.
  void filter_from_points(const Slab& from, Index out, Index channel, T* dw) const {
    const auto [square, part] = filter_place(out, channel, dw);
    part_from_points<typename F::G>(from.at(0), from.planes, square, part, 0, 0);
  }

  /// The channels of X whose products count in a plane.
  Run counting_channels(Index plane) const {
    const Run some = phases.counting(plane / F::points, plane % F::points);
    return {some.first * phase_channels, some.count * phase_channels};
  }

  /// Whether the tiles reach every pixel of the images; what they do not reach has no derivative.
  bool reaches_all() const {
    const auto reached = [&](const TiledAxis& axis, const PhasedAxis& phased, Index extent) {
      const Index back = phased.full < phased.phases ? 1 : 0;
      return (axis.start(axis.tiles - 1, F::outputs) + F::points - back) * g.stride >= extent + g.padding;
    };
    return std::min(g.kernel_height, g.kernel_width) >= g.stride && reached(tiling.down, phases.down, g.height) &&
           reached(tiling.across, phases.across, g.width);
  }

 private:
  /// A tile of an image, and the first output that it has room for.
  struct Tile {
    Index image, row, column, top, left;
  };

  /// A square in an array of U, which is T or const T, and what of it exists.
  template <class U>
  struct Place {
    Square<U> square;
    Part part;
  };

  Tile tile_at(Index tile) const {
    const Index row = tile % image_tiles / tiling.across.tiles, column = tile % tiling.across.tiles;
    return {tile / image_tiles, row, column, tiling.down.start(row, F::outputs),
            tiling.across.start(column, F::outputs)};
  }

  /// The taps that the filter of a phase is laid further back.
  static Index lacking(const PhasedAxis& axis, Index phase) { return axis.without_first(phase) ? 1 : 0; }

  /// Calls body(row, tile, place) for tiles in order: their row in planes, and their place(tile). Processors do not see by themselves
  /// which pixels come next: each tile asks for those of the next one.
  template <class PlaceOf, class Body>
  void each_tile(const Tiles& some, PlaceOf&& place_of, Body&& body) const {
    auto rows = some.rows.from(some.range.first);
    Tile tile = tile_at(some.range.first);
    auto place = place_of(tile);
    for (Index left = some.range.count; left > 0; --left) {
      const Tile next = left > 1 ? tile_at(some.range.first + some.range.count - left + 1) : tile;
      const auto next_place = place_of(next);
      prefetch_part(next_place.square, next_place.part);
      body(rows[tiling.kind(tile.row, tile.column)]++, tile, place);
      tile = next;
      place = next_place;
    }
  }

  /// The steps i < side with 0 <= start + i * step < extent are [first, second).
  static std::pair<Index, Index> inside(Index start, Index step, Index extent, Index side) {
    const Index first = start < 0 ? std::min(side, tile_count(-start, step)) : 0;
    const Index last = extent > start ? std::min(side, tile_count(extent - start, step)) : 0;
    return {first, std::max(first, last)};
  }

  template <class U>
  Place<U> input_place(const Tile& tile, Index channel, U* x) const {
    const auto [down, across] = phases.at(channel / phase_channels);
    const Index c = channel % phase_channels;
    const Index row = (tile.top - lacking(phases.down, down)) * g.stride + down - g.padding;
    const Index column = (tile.left - lacking(phases.across, across)) * g.stride + across - g.padding;
    const auto rows = inside(row, g.stride, g.height, F::points);
    const auto columns = inside(column, g.stride, g.width, F::points);
    return {{x + ((tile.image * g.height + row) * g.width + column) * g.in_channels + c,
             g.stride * g.width * g.in_channels, g.stride * g.in_channels},
            {rows.first, rows.second, columns.first, columns.second, std::min(slab, g.in_channels - c)}};
  }

  template <class U>
  Place<U> output_place(const Tile& tile, Index channel, U* y) const {
    const Index height = g.out_height(), width = g.out_width();
    return {{y + ((tile.image * height + tile.top) * width + tile.left) * g.out_channels + channel,
             width * g.out_channels, g.out_channels},
            {tiling.down.skipped(tile.row), std::min<Index>(F::outputs, height - tile.top),
             tiling.across.skipped(tile.column), std::min<Index>(F::outputs, width - tile.left),
             std::min(slab, g.out_channels - channel)}};
  }

  template <class U>
  Place<U> filter_place(Index out, Index channel, U* w) const {
    const auto [down, across] = phases.at(channel / phase_channels);
    const Index c = channel % phase_channels;
    const Index row = down - lacking(phases.down, down) * g.stride;
    const Index column = across - lacking(phases.across, across) * g.stride;
    const auto rows = inside(row, g.stride, g.kernel_height, F::taps);
    const auto columns = inside(column, g.stride, g.kernel_width, F::taps);
    return {{w + ((out * g.kernel_height + row) * g.kernel_width + column) * g.in_channels + c,
             g.stride * g.kernel_width * g.in_channels, g.stride * g.in_channels},
            {rows.first, rows.second, columns.first, columns.second, std::min(slab, g.in_channels - c)}};
  }
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
