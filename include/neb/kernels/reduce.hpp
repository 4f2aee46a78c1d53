/// Sums and maxima along an axis, with an order of additions that depends on the shape alone.
///
/// Any array seen from one axis is (outer, reduced, inner). Long reductions are cut into tiles whose partial results are
/// combined in tile order: the same bits at any thread count, and a rounding error that grows with the number of tiles
/// instead of the number of elements.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_loop.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Elements per tile of a reduction.
inline constexpr Index reduce_tile = 8192;

/// Folds x[0..n) with `combine`, starting from `identity`, in a fixed order.
template <class T, class Combine>
T reduce_run(Index n, const T* x, T identity, Combine combine) {
  // Sixteen independent lanes: enough chains to fill a vector register and hide the latency of an addition.
  constexpr Index lanes = 16;
  std::array<T, lanes> lane;
  lane.fill(identity);
  Index i = 0;
  for (; i + lanes <= n; i += lanes)
    for (Index k = 0; k < lanes; ++k)
      lane[static_cast<std::size_t>(k)] = combine(lane[static_cast<std::size_t>(k)], x[i + k]);
  for (Index k = 0; i + k < n; ++k)
    lane[static_cast<std::size_t>(k)] = combine(lane[static_cast<std::size_t>(k)], x[i + k]);
  for (Index width = lanes / 2; width > 0; width /= 2)
    for (Index k = 0; k < width; ++k)
      lane[static_cast<std::size_t>(k)] =
          combine(lane[static_cast<std::size_t>(k)], lane[static_cast<std::size_t>(k + width)]);
  return lane[0];
}

/// y[o, i] = fold of x[o, r, i] over r, for x: (outer, reduced, inner) and y: (outer, inner).
template <class T, class Combine>
void reduce_axis(Index outer, Index reduced, Index inner, const T* x, T* y, T identity, Combine combine) {
  if (outer == 0 || inner == 0) return;
  // Positions of the reduced axis per tile: several even where rows are long, so that there are fewer partial results.
  const Index run = std::max<Index>(16, reduce_tile / inner);
  const Index tiles = std::max<Index>(1, tile_count(reduced, run));
  const auto fold_tile = [&](Index o, Index tile, T* out) {
    const Index begin = tile * run;
    const Index end = std::min(begin + run, reduced);
    const T* row = x + (o * reduced + begin) * inner;
    if (inner == 1) {
      *out = reduce_run(end - begin, row, identity, combine);
      return;
    }
    std::fill_n(out, inner, identity);
    for (Index r = begin; r < end; ++r, row += inner)
      vector_loop(inner, [&](Index i) { out[i] = combine(out[i], row[i]); });
  };
  if (tiles == 1) {
    // Many short reductions: several to a task.
    const Index outer_tile = reduce_tile / (std::max<Index>(1, reduced) * inner) + 1;
    parallel_tiles(outer, outer_tile, [&](Index begin, Index end) {
      for (Index o = begin; o < end; ++o) fold_tile(o, 0, y + o * inner);
    });
    return;
  }
  const Buffer scratch(memory_size(outer * tiles * inner, sizeof(T)));
  T* const partial = reinterpret_cast<T*>(scratch.bytes());
  parallel_tasks(outer * tiles, [&](Index task) { fold_tile(task / tiles, task % tiles, partial + task * inner); });
  for (Index o = 0; o < outer; ++o)
    reduce_axis(1, tiles, inner, partial + o * tiles * inner, y + o * inner, identity, combine);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
