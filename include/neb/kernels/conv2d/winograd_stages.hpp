/// The stages of Winograd's passes: all tiles of a range, or all filters of a chunk, to the points and back.
///
/// Stages run in parallel; within a task, on its thread.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/kept_filters.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_tiles.hpp"
#include "neb/kernels/conv2d/winograd_tiling.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// Operands larger than this are written past the caches.
inline constexpr Index cache_bytes = 8 << 20;

/// Scratch for planes of up to `rows` rows of `channels`; for none with rows = 0.
template <class F, class T>
class Operand {
 public:
  Operand(Index rows, Index channels)
      : size_(rows > 0 ? Planes<T>::size(F::planes, rows, channels) : 0), scratch_(size_) {}

  Planes<T> planes(Index rows, Index channels) const {
    return {scratch_.data(), rows, channels, size_ * static_cast<Index>(sizeof(T)) > cache_bytes};
  }

 private:
  Index size_;
  Scratch<T> scratch_;
};

/// The stages of a layer.
template <class F, class T>
struct Stages {
  using Slab = typename Layer<F, T>::Slab;
  using Tiles = typename Layer<F, T>::Tiles;
  static constexpr Index slab = slab_channels<T>;

  Layer<F, T> layer;

  /// The rows of a range of tiles.
  TileRows rows(const Run& range) const { return {layer.tiling, range}; }

  /// Calls body(tiles, channel) for parts of a range of tiles and the slabs of `channels`.
  template <class Body>
  static void each_slab(const TileRows& rows, Index channels, Body&& body) {
    constexpr Index most = 32;
    const Run& range = rows.range();
    const Index slabs = tile_count(channels, slab);
    parallel_tasks(tile_count(range.count, most) * slabs, [&](Index task) {
      const Index first = task / slabs * most;
      body(Tiles{rows, {range.first + first, std::min(most, range.count - first)}}, task % slabs * slab);
      fence();
    });
  }

  /// X of a range of tiles.
  void images_to_points(const T* x, const TileRows& rows, const Planes<T>& to) const {
    each_slab(rows, layer.in_channels, [&](const Tiles& tiles, Index channel) {
      layer.image_to_points(x, tiles, channel, Slab{to, 0, channel});
    });
  }

  /// Y of a range of tiles, for the channels from `first` on that fit into the planes.
  void cotangents_to_points(const T* dy, const TileRows& rows, Index first, const Planes<T>& to) const {
    each_slab(rows, to.channels, [&](const Tiles& tiles, Index channel) {
      layer.cotangent_to_points(dy, tiles, first + channel, Slab{to, 0, channel});
    });
  }

  /// y of a range of tiles, for the channels from `first` on that the planes hold, with the bias, which may be null.
  void outputs_from_points(const Planes<T>& from, const TileRows& rows, Index first, const T* bias, T* y) const {
    each_slab(rows, from.channels, [&](const Tiles& tiles, Index channel) {
      layer.output_from_points(Slab{from, 0, channel}, tiles, first + channel, bias, y);
    });
  }

  /// dx of a range of tiles, for the channels from `first` on that the planes hold. The tiles of an image come in order.
  void images_from_points(const Planes<T>& from, const TileRows& rows, Index first, T* dx) const {
    const Run& range = rows.range();
    const Index last = range.first + range.count, per_image = layer.image_tiles;
    const Index first_image = range.first / per_image, images = tile_count(last, per_image) - first_image;
    parallel_tasks(images * tile_count(from.channels, slab), [&](Index task) {
      const Index image = first_image + task % images, channel = task / images * slab;
      const Index begin = std::max(range.first, image * per_image), end = std::min(last, (image + 1) * per_image);
      layer.image_from_points(Slab{from, 0, channel}, {rows, {begin, end - begin}}, first + channel, dx);
    });
  }

  /// W with inputs in rows, for the outputs from `first` and the inputs from `first_row` on that fit into the planes.
  void filters_by_input(const T* w, Index first, const Planes<T>& to, Index first_row = 0) const {
    const Index slabs = to.rows / slab;
    parallel_tasks(to.channels / slab * slabs, [&](Index task) {
      const Index out = task / slabs * slab, channel = task % slabs * slab;
      layer.filters_to_points(w, first + out, first_row + channel, Slab{to, channel, out});
      fence();
    });
  }

  /// W with outputs in rows, for the inputs from `first` and the outputs from `first_row` on that fit into the planes.
  void filters_by_output(const T* w, Index first, const Planes<T>& to, Index first_row = 0) const {
    parallel_tiles(to.rows, 16, [&](Index begin, Index end) {
      for (Index channel = 0; channel < to.channels; channel += slab)
        for (Index out = begin; out < end; ++out)
          layer.filter_to_points(w, first_row + out, first + channel, Slab{to, out, channel});
      fence();
    });
  }

  /// dY = X W of a range of tiles: W has the rows of X's channels from `first_row` on.
  void multiply_outputs(const TileRows& rows, const Planes<T>& x, const Planes<T>& w, const Planes<T>& to,
                        Index first_row = 0) const {
    const auto counting = [&](Index plane) {
      return PlaneExtents{rows.counting(plane), layer.counting_channels(plane), {0, to.channels}};
    };
    multiply_planes(F::planes, counting, x, w, to, first_row);
  }

  /// dX = Y W of a range of tiles, for the channels of X from `first` on that W and dX have: W has the rows of Y's channels from
  /// `first_row` on.
  void multiply_images(const TileRows& rows, const Planes<T>& y, const Planes<T>& w, const Planes<T>& to,
                       Index first = 0, Index first_row = 0) const {
    const auto counting = [&](Index plane) {
      const Run channels = layer.counting_channels(plane);
      return PlaneExtents{rows.counting(plane), {0, y.channels}, {channels.first - first, channels.count}};
    };
    multiply_planes(F::planes, counting, y, w, to, first_row);
  }

  /// dW (+)= Y^T X over a range of tiles, for the filters from `first_row` and the channels of X from `first_channel` on that dW has.
  void multiply_filters(const TileRows& rows, const Planes<T>& y, const Planes<T>& x, const Planes<T>& to, bool add,
                        Index first_row = 0, Index first_channel = 0) const {
    const auto counting = [&](Index plane) {
      return PlaneExtents{{0, to.rows}, rows.counting(plane), layer.counting_channels(plane)};
    };
    multiply_planes_transposed(F::planes, counting, y, x, to, add, first_row, first_channel);
  }

  /// What all filters at these points are kept as.
  FilterForm form(FilterForm::Order order) const {
    return {.order = order, .points = F::points, .stride = layer.g.stride};
  }

  /// All filters with inputs in rows, or with outputs, as they are kept; without data where they are not.
  Planes<T> kept_by_input(const T* w, KeptFilters<T>* kept) const {
    return kept_as(FilterForm::Order::by_input, kept, layer.in_channels, layer.out_channels,
                   [&](const Planes<T>& to) { filters_by_input(w, 0, to); });
  }
  Planes<T> kept_by_output(const T* w, KeptFilters<T>* kept) const {
    return kept_as(FilterForm::Order::by_output, kept, layer.out_channels, layer.in_channels,
                   [&](const Planes<T>& to) { filters_by_output(w, 0, to); });
  }

  /// dw of the filters from `first` and their inputs from `first_channel` on that the planes hold.
  void filters_from_points(const Planes<T>& from, Index first, T* dw, Index first_channel = 0) const {
    parallel_tiles(std::min(from.rows, layer.g.out_channels - first), 8, [&](Index begin, Index end) {
      for (Index channel = 0; channel < from.channels; channel += slab)
        for (Index row = begin; row < end; ++row)
          layer.filter_from_points(Slab{from, row, channel}, first + row, first_channel + channel, dw);
    });
  }

 private:
  template <class Make>
  Planes<T> kept_as(FilterForm::Order order, KeptFilters<T>* kept, Index rows, Index channels, Make&& make) const {
    const auto fill = [&](T* to) { make(Planes<T>{to, rows, channels}); };
    return {kept ? kept->get(form(order), Planes<T>::size(F::planes, rows, channels), fill) : nullptr, rows, channels};
  }
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
