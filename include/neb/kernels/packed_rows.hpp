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

/// y (rows, columns) = the inner products of each row of x (rows, depth) with `columns` packed ones; float or double.
template <class T>
void multiply_packed_rows(Index rows, Index columns, Index depth, const T* x, const T* packed, T* y) {
  // Rows of x and y that stay in the second-level cache while all panels pass by, so that a row of y is written at once.
  constexpr Index near_bytes = 192 << 10;
  const Index fitting = near_bytes / (static_cast<Index>(sizeof(T)) * (columns + depth));
  const Index block = std::max<Index>(1, fitting / tile_rows) * tile_rows;
  parallel_tasks(tile_count(rows, block), [&](Index task) {
    const Index first = task * block, count = std::min(block, rows - first);
    for (Index column = 0; column < columns; column += tile_columns<T>)
      multiply_rows<T>(count, {.a = x + first * depth,
                               .a_row = depth,
                               .outer = 1,
                               .inner = depth,
                               .a_inner = 1,
                               .b = packed + column * depth,
                               .c = y + first * columns + column,
                               .c_row = columns,
                               .columns = std::min(tile_columns<T>, columns - column)});
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
