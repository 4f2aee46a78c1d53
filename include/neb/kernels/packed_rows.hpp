/// Products of rows with packed rows: what a 1 x 1 convolution is, and distances of all pairs.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Elements of `rows` packed rows of `depth`: whole panels.
template <class T>
constexpr Index packed_size(Index rows, Index depth) {
  return tile_count(rows, tile_columns<T>) * tile_columns<T> * depth;
}

/// Of depth, 32 KiB of a panel: a task of packing, so that a wide layer is shared among threads.
inline constexpr Index packed_slab = 256;

namespace detail {

/// panel (depth, tile_columns) = the transpose of w (rows, depth), `stride` elements between rows. Columns after the last mean nothing.
template <class T>
void pack_panel_of_rows(Index rows, Index depth, const T* w, Index stride, T* panel) {
  if (rows < tile_columns<T>) std::fill_n(panel, depth * tile_columns<T>, T(0));
  transpose(rows, depth, w, stride, panel, tile_columns<T>);
}

/// The same for w (depth, columns), of which `readable` elements follow from the first on.
template <class T>
void pack_panel_of_columns(Index columns, Index depth, const T* w, Index stride, Index readable, T* panel) {
  constexpr Index width = tile_columns<T>;
  // After the end of a row comes the next one: quicker to copy than to leave out.
  const Index quick = readable < width ? 0 : std::min(depth, (readable - width) / stride + 1);
  for (Index k = 0; k < quick; ++k, w += stride, panel += width)
    for (Index v = 0; v < width; v += vector_lanes<T>) store(panel + v, load(w + v));
  for (Index k = quick; k < depth; ++k, w += stride, panel += width)
    std::fill(std::copy_n(w, columns, panel), panel + width, T(0));
}

}  // namespace detail

/// packed (panels, depth, tile_columns) = transposed rows of w (rows, depth), `stride` elements between them; after the
/// last come numbers that mean nothing.
template <class T>
void pack_rows(Index rows, Index depth, const T* w, Index stride, T* packed) {
  const Index slabs = tile_count(depth, packed_slab);
  parallel_tasks(tile_count(rows, tile_columns<T>) * slabs, [&](Index task) {
    const Index row = task / slabs * tile_columns<T>, first = task % slabs * packed_slab;
    detail::pack_panel_of_rows(std::min(tile_columns<T>, rows - row), std::min(packed_slab, depth - first),
                               w + row * stride + first, stride, packed + row * depth + first * tile_columns<T>);
  });
}

/// y (rows, columns) = the inner products of each row of x (rows, depth) with `columns` packed ones, plus a bias (columns) if there
/// is one; float or double.
template <class T>
void multiply_packed_rows(Index rows, Index columns, Index depth, const T* x, const T* packed, T* y,
                          const T* bias = nullptr) {
  // A group of panels stays in the second-level cache while the rows of a task pass by. All panels of the group meet a tile of rows
  // before the next tile does, so that x and y are read and written as one stream; each panel's turn fetches its share of that tile.
  constexpr Index group_bytes = 256 << 10, work = 1 << 20, scalar_bytes = sizeof(T), width = tile_columns<T>;
  const Index panel = std::max<Index>(1, depth * width);
  const Index group = std::max<Index>(1, group_bytes / (panel * scalar_bytes)) * width;
  const Index block = tile_count(work, tile_rows * panel * tile_count(std::min(group, columns), width)) * tile_rows;
  // Caches read first what is then overwritten, and such products wait for memory.
  constexpr Index cached_bytes = 4 << 20;
  const bool past_caches = rows * columns * scalar_bytes > cached_bytes && columns % width == 0 && aligned(y);
  parallel_tiles(rows, block, [&](Index begin, Index end) {
    const Index count = end - begin, tiles = tile_count(count, tile_rows);
    const Index height = count / tiles, taller = count % tiles;
    TileProduct<T> t{
        .a_row = depth, .outer = 1, .inner = depth, .a_inner = 1, .c_row = columns, .past_caches = past_caches};
    for (Index first = 0; first < columns; first += group) {
      const Index last = std::min(first + group, columns), panels = tile_count(last - first, width);
      // The next tile, in equal parts; of a single panel, processors see by themselves what is read next.
      const Index part = columns > width ? tile_count(height * depth, panels) : 0;
      Index row = begin;
      for (Index tile = 0; tile < tiles; ++tile) {
        const Index rows_of_tile = height + (tile < taller ? 1 : 0);
        const T *ahead = x + (row + rows_of_tile) * depth, *const known = x + end * depth;
        t.a = x + row * depth;
        t.b = packed + first * depth;
        t.c = y + row * columns + first;
        for (Index column = first; column < last; column += width) {
          const Index share = std::min(part, known - ahead);
          prefetch<2>(ahead, ahead + share);
          t.columns = std::min(width, columns - column);
          if (bias) t.bias = bias + column;
          multiply_tile(rows_of_tile, t);
          ahead += share;
          t.b += width * depth;
          t.c += width;
        }
        row += rows_of_tile;
      }
    }
    if (past_caches) fence();
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
