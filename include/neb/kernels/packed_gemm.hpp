/// The matrix product whose rows do not know of each other, over the register tile.
///
/// The rows of A are samples, or pixels of samples, and an element of C is a sum of chains of multiply-adds along K, cut where
/// K says: so a row of C has the same bits alone, among others, and at any place among them, and nothing that is made of
/// such products depends on how large a batch is. Eigen has kernels of several shapes, which round differently, and picks
/// them by the place of a row.
/// Each task packs a panel of B, a chunk of K deep, and multiplies a block of rows with it while it lies in the first-level cache.
/// No bit depends on how C is cut into tasks. Few results of long sums are no work for several threads: each chunk of K is a
/// task there, and what they come to is added in order, as one task would.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/gemm_operand.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/packed_rows.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// How a product is shared out: blocks of rows, groups of columns, and chunks of K if they are tasks of their own.
template <class T>
struct PackedGemmTasks {
  static constexpr Index chunk = 256;  ///< of K, for one chain of multiply-adds: short, so that few digits are lost
  Index rows, columns;                 // of a tile of C
  Index across, tiles, chunks;
  bool apart;  // chunks are tasks

  PackedGemmTasks(Index m, Index n, Index k) : chunks(tile_count(k, chunk)) {
    constexpr Index most_rows = 192, most_columns = 8 * tile_columns<T>;  // whose part of A and of C stays near a core
    constexpr Index most_partials = 1 << 20, few = 16, least_work = 1 << 18;  // scalars; tasks; multiply-adds
    rows = tile_count(tile_count(m, tile_count(m, most_rows)), tile_rows) * tile_rows;
    const Index worthwhile = std::clamp<Index>(m * n * k / least_work, 1, few);
    const Index wanted = tile_count(worthwhile, tile_count(m, rows));
    columns = std::min(most_columns, tile_count(tile_count(n, wanted), tile_columns<T>) * tile_columns<T>);
    across = tile_count(n, columns);
    tiles = tile_count(m, rows) * across;
    apart = chunks > 1 && tiles < worthwhile && m * n * chunks <= most_partials;
  }
};

}  // namespace detail

/// C (m,n) = A (m,k) B (k,n), or += with Update::add; float or double.
template <class T>
void packed_gemm(Index m, Index n, Index k, const Operand<T>& a, const Operand<T>& b, T* c, Index c_stride,
                 Update update) {
  using Tasks = detail::PackedGemmTasks<T>;
  const Tasks tasks(m, n, k);
  const bool across = a.transpose == Transpose::yes;  // a row of A is a column in memory
  const Index a_row = across ? 1 : a.stride, a_step = across ? a.stride : 1;
  // to (+)= a chunk's product, for one tile of C.
  const auto multiply = [&](Index tile, Index step, T* to, Index stride, bool add) {
    const Index row = tile / tasks.across * tasks.rows, rows = std::min(tasks.rows, m - row);
    const Index first = tile % tasks.across * tasks.columns, last = std::min(first + tasks.columns, n);
    const Index steps = std::min(Tasks::chunk, k - step);
    const Scratch<T> panel(tile_columns<T> * steps);
    for (Index column = first; column < last; column += tile_columns<T>) {
      const Index columns = std::min(tile_columns<T>, last - column);
      const Operand<T> part = b.from(step, column);
      const Index readable = (k - 1 - step) * b.stride + n - column;  // where B is not transposed
      // Of a few rows each number of B is used once or twice, not worth a copy.
      const bool in_place =
          rows <= 2 && b.transpose == Transpose::no && (steps - 1) * b.stride + tile_columns<T> <= readable;
      if (b.transpose == Transpose::yes)
        detail::pack_panel_of_rows(columns, steps, part.data, part.stride, panel.data());
      else if (!in_place)
        detail::pack_panel_of_columns(columns, steps, part.data, part.stride, readable, panel.data());
      multiply_rows<T>(rows, {.a = a.from(row, step).data,
                              .a_row = a_row,
                              .outer = in_place ? steps : 1,
                              .a_outer = a_step,
                              .inner = in_place ? 1 : steps,
                              .a_inner = a_step,
                              .b = in_place ? part.data : panel.data(),
                              .b_gap = in_place ? part.stride - tile_columns<T> : 0,
                              .c = to + row * stride + column,
                              .c_row = stride,
                              .columns = columns,
                              .add = add});
    }
  };
  if (!tasks.apart)
    return parallel_tasks(tasks.tiles, [&](Index tile) {
      for (Index step = 0; step < k; step += Tasks::chunk)
        multiply(tile, step, c, c_stride, step > 0 || update == Update::add);
    });
  const Scratch<T> partials(tasks.chunks * m * n);
  parallel_tasks(tasks.tiles * tasks.chunks, [&](Index task) {
    const Index chunk = task / tasks.tiles;
    multiply(task % tasks.tiles, chunk * Tasks::chunk, partials.data() + chunk * m * n, n, false);
  });
  detail::sum_products(m, n, tasks.chunks, partials.data(), c, c_stride, update);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
