/// Winograd's passes with filters that are larger than a core's cache, for few tiles.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/conv2d.hpp"
#include "neb/kernels/conv2d/winograd_cost.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_stages.hpp"
#include "neb/kernels/conv2d/winograd_tiles.hpp"
#include "neb/kernels/conv2d/winograd_tiling.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// The channels of a slice of larger filters, which stays in the second-level cache of the core that transforms and multiplies it.
/// A slice costs a look at X or Y of all tiles, so this is for few of them.
template <class T>
struct Slices {
  static constexpr Index across = std::max<Index>(panel_width<T>, 32);  ///< that a slice has of its products
  /// that it sums over at a time: whole panels of the left operand, or equal parts of one
  static constexpr Index depth = across > 32 ? 16 : 32;
};

/// Whether a layer with larger filters is computed so: there are few tiles, and a slice for each thread. The bits are the same.
template <class F, class T>
bool fits_slices(const Layer<F, T>& layer) {
  return layer.tiles <= few_tiles && std::min(layer.in_channels, layer.out_channels) >= Slices<T>::across * threads();
}

/// y or dx from X or Y, with filters that may be `kept`: `filters(first, planes, row)` transforms a slice of those that are not,
/// `multiply(w, products, first, row)` multiplies with it, and `from_points(planes, first)` brings the products of some channels back.
template <class F, class T, class Filters, class Multiply, class FromPoints>
void multiply_in_slices(const Planes<T>& x, const Planes<T>& kept, Filters&& filters, Multiply&& multiply,
                        FromPoints&& from_points) {
  using S = Slices<T>;
  const Index channels = kept.channels;
  if (kept.data) {
    const Operand<F, T> products(x.rows, channels);
    const Planes<T> y = products.planes(x.rows, channels);
    multiply(kept, y, 0, 0);
    return from_points(y, 0);
  }
  parallel_tiles(channels, S::across, [&](Index first, Index last) {
    const Operand<F, T> right(std::min(S::depth, x.channels), last - first), products(x.rows, last - first);
    const Planes<T> y = products.planes(x.rows, last - first);
    for (Index row = 0; row < x.channels; row += S::depth) {
      const Planes<T> w = right.planes(std::min(S::depth, x.channels - row), last - first);
      filters(first, w, row);
      multiply(w, y, first, row);
    }
    from_points(y, first);
  });
}

/// Any of the passes, with larger filters and few tiles.
template <class F, class T>
void contract_in_slices(const Stages<F, T>& stages, const Conv2dArrays<T>& a) {
  using S = Slices<T>;
  const Layer<F, T>& layer = stages.layer;
  const Index in = layer.in_channels, out = layer.out_channels;
  const TileRows all = stages.rows({0, layer.tiles});
  const Operand<F, T> images(a.y || a.dw ? layer.tiles : 0, in), cotangents(a.dx || a.dw ? layer.tiles : 0, out);
  const Planes<T> x = images.planes(layer.tiles, in), y = cotangents.planes(layer.tiles, out);
  if (a.y || a.dw) stages.images_to_points(a.x, all, x);
  if (a.dx || a.dw) stages.cotangents_to_points(a.dy, all, 0, y);
  if (a.y)
    multiply_in_slices<F, T>(
        x, stages.kept_by_input(a.w, a.kept),
        [&](Index first, const Planes<T>& w, Index row) { stages.filters_by_input(a.w, first, w, row); },
        [&](const Planes<T>& w, const Planes<T>& dy, Index, Index row) { stages.multiply_outputs(all, x, w, dy, row); },
        [&](const Planes<T>& dy, Index first) { stages.outputs_from_points(dy, all, first, a.bias, a.y); });
  if (a.dx)
    multiply_in_slices<F, T>(
        y, stages.kept_by_output(a.w, a.kept),
        [&](Index first, const Planes<T>& w, Index row) { stages.filters_by_output(a.w, first, w, row); },
        [&](const Planes<T>& w, const Planes<T>& dx, Index first, Index row) {
          stages.multiply_images(all, y, w, dx, first, row);
        },
        [&](const Planes<T>& dx, Index first) { stages.images_from_points(dx, all, first, a.dx); });
  if (!a.dw) return;
  const Index columns = tile_count(in, S::across);
  parallel_tasks(tile_count(out, S::across) * columns, [&](Index task) {
    const Index first = task / columns * S::across, column = task % columns * S::across;
    const Operand<F, T> sums(S::across, S::across);
    const Planes<T> dw = sums.planes(std::min(S::across, out - first), std::min(S::across, in - column));
    stages.multiply_filters(all, y, x, dw, false, first, column);
    stages.filters_from_points(dw, first, a.dw, column);
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
