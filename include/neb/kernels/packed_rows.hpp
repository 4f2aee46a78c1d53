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

/// packed (panels, depth, tile_columns) = transposed rows of w (rows, depth), `stride` elements between them; after the
/// last come numbers that mean nothing.
template <class T>
void pack_rows(Index rows, Index depth, const T* w, Index stride, T* packed) {
  constexpr Index columns = tile_columns<T>;
  const Index slabs = tile_count(depth, packed_slab);
  parallel_tasks(tile_count(rows, columns) * slabs, [&](Index task) {
    const Index row = task / slabs * columns, first = task % slabs * packed_slab;
    const Index steps = std::min(packed_slab, depth - first), wanted = std::min(columns, rows - row);
    T* const panel = packed + row * depth + first * columns;
    if (wanted < columns) std::fill_n(panel, steps * columns, T(0));
    transpose(wanted, steps, w + row * stride + first, stride, panel, columns);
  });
}

/// The same for w (depth, rows), whose columns take the place of its rows.
template <class T>
void pack_columns(Index rows, Index depth, const T* w, Index stride, T* packed) {
  constexpr Index columns = tile_columns<T>;
  const Index slabs = tile_count(depth, packed_slab), size = (depth - 1) * stride + rows;
  parallel_tasks(tile_count(rows, columns) * slabs, [&](Index task) {
    const Index row = task / slabs * columns, first = task % slabs * packed_slab;
    T* panel = packed + row * depth + first * columns;
    for (Index k = first; k < std::min(first + packed_slab, depth); ++k, panel += columns) {
      // After the end of a row comes the next one: quicker to copy than to leave out, and nobody reads those columns.
      const Index from = k * stride + row;
      if (from + columns <= size) {
        std::copy_n(w + from, columns, panel);
      } else {
        const Index wanted = std::min(columns, rows - row);
        std::copy_n(w + from, wanted, panel);
        std::fill(panel + wanted, panel + columns, T(0));
      }
    }
  });
}

namespace detail {

/// Asks for [begin, end) to be in the second-level cache soon.
template <class T>
void prefetch(const T* begin, const T* end) {
  for (constexpr Index line = 64 / sizeof(T); begin < end; begin += std::min<Index>(line, end - begin))
    __builtin_prefetch(begin, 0, 2);
  asm volatile("");  // GCC takes functions that only prefetch for ones without effects, and leaves out calls of them.
}

}  // namespace detail

/// y (rows, columns) = the inner products of each row of x (rows, depth) with `columns` packed ones; float or double.
template <class T>
void multiply_packed_rows(Index rows, Index columns, Index depth, const T* x, const T* packed, T* y) {
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
          detail::prefetch(ahead, ahead + share);
          t.columns = std::min(width, columns - column);
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
