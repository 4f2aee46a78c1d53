/// The operands of Winograd's matrix products, all in one layout, and the products.
///
/// Every operand is a matrix (rows, channels) for each pair of points, whose channels lie in panels as wide as a register
/// tile: (panels, rows, width). A tile reads its right operand from a panel, a row a step; and from the same layout its left
/// one, whose six rows of a panel are neighbours in memory, or, transposed, six neighbours of a row.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/winograd_tiling.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// Vectors, and channels, that transforms take at a time: a whole cache line where two registers fill one.
inline constexpr int slab_vectors = vector_bytes == 32 ? 2 : 1;
template <class T>
inline constexpr Index slab_channels = Index{slab_vectors} * vector_lanes<T>;

/// Rows and vectors of a register tile: 6 x 4 sums, 4 vectors and a scalar fill 29 of AVX-512's 32 registers, 6 x 2, 2 and 1
/// fill 15 of 16.
inline constexpr int product_rows = 6;
inline constexpr int product_vectors = vector_registers == 32 ? 4 : 2;

/// Channels, rounded up to whole slabs.
template <class T>
constexpr Index whole_slabs(Index channels) {
  return tile_count(channels, slab_channels<T>) * slab_channels<T>;
}

/// Channels of a panel.
template <class T>
inline constexpr Index panel_width = Index{product_vectors} * vector_lanes<T>;

/// One transformed operand: matrices (rows, channels), channels in whole slabs.
template <class T>
struct Planes {
  static constexpr Index width = panel_width<T>;

  T* data = nullptr;
  Index rows = 0;
  Index channels = 0;
  bool past_caches = false;  ///< whether it is written past the caches, being larger than they are

  /// Elements between planes. One line more than a plane, because planes a power of two apart would compete for the same
  /// lines of the first-level cache.
  static Index pitch(Index rows, Index channels) {
    return tile_count(channels, width) * width * rows + 64 / static_cast<Index>(sizeof(T));
  }
  static Index size(Index planes, Index rows, Index channels) { return planes * pitch(rows, channels); }

  Index pitch() const { return pitch(rows, channels); }
  /// Channel `channel` of row `row` in the first plane.
  T* at(Index row, Index channel) const { return data + (channel / width * rows + row) * width + channel % width; }
};

/// What a register tile computes: c (rows, columns) (+)= sum over k < depth of a(row, k) b(k, columns), in panels.
template <class T>
struct PlaneProduct {
  const T* a = nullptr;  ///< (depth / width, all rows, width); transposed: (depth, width), of which rows are columns
  Index a_panel = 0;     ///< elements between panels of a
  Index a_lead = 0;      ///< channels of the first panel that are before a
  Index depth = 0;
  const T* b = nullptr;  ///< (depth, width)
  T* c = nullptr;        ///< (rows, width)
  bool add = false;      ///< to c, instead of replacing it
};

namespace detail {

/// One step of a sum over k: every pair of a scalar of a and a vector of b.
template <class T, bool transposed, int Rows, int Vectors>
[[gnu::always_inline]] inline void plane_step(const T* a, const T* b, Vector<T> (&sums)[Rows][Vectors]) {
  constexpr Index lanes = vector_lanes<T>, line = 64 / static_cast<Index>(sizeof(T)), width = panel_width<T>;
  // The panel of b streams from the second- or third-level cache: ahead by the steps that cover the way.
#pragma GCC unroll 4
  for (int v = 0; v < Vectors * lanes / line; ++v) __builtin_prefetch(b + 64 / product_vectors * width + v * line);
  Vector<T> right[Vectors];
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) right[v] = load(b + v * lanes);
#pragma GCC unroll 6
  for (int row = 0; row < Rows; ++row) {
    const Vector<T> left = a[row * (transposed ? 1 : width)] - Vector<T>{};
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[row][v] += left * right[v];
  }
}

template <class T, bool transposed, int Rows, int Vectors>
void plane_tile(const PlaneProduct<T>& t) {
  constexpr Index lanes = vector_lanes<T>, line = 64 / static_cast<Index>(sizeof(T)), width = panel_width<T>;
  const T* b = t.b;
  Vector<T> sums[Rows][Vectors] = {};
  if (t.add) {
#pragma GCC unroll 6
    for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[row][v] = load(t.c + row * width + v * lanes);
  }
  if constexpr (transposed) {
    const T* a = t.a;
    for (Index k = t.depth; k > 0; --k, a += width, b += width) plane_step<T, true>(a, b, sums);
  } else {
    const T* panel = t.a;
    Index lead = t.a_lead;
    for (Index left = t.depth; left > 0;) {
      // The next tile's rows of this panel lie behind those of this one, and are wanted when the sums are done.
#pragma GCC unroll 24
      for (int l = 0; l < Rows * width / line; ++l) __builtin_prefetch(panel + Rows * width + l * line);
      const T* a = panel;
      const Index steps = std::min(left, width - lead);
      for (Index k = steps; k > 0; --k, ++a, b += width) plane_step<T, false>(a, b, sums);
      left -= steps;
      panel += t.a_panel - lead;
      lead = 0;
    }
  }
#pragma GCC unroll 6
  for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(t.c + row * width + v * lanes, sums[row][v]);
}

template <class T>
using PlaneTile = void (*)(const PlaneProduct<T>&);

/// plane_tile for 1 ... product_rows rows, for 1 ... product_vectors vectors.
template <class T, bool transposed, int Vectors, int... rows>
constexpr std::array<PlaneTile<T>, sizeof...(rows)> plane_tiles(std::integer_sequence<int, rows...>) {
  return {&plane_tile<T, transposed, rows + 1, Vectors>...};
}
template <class T, bool transposed, int... vectors>
constexpr std::array<std::array<PlaneTile<T>, product_rows>, sizeof...(vectors)> plane_tiles_of_widths(
    std::integer_sequence<int, vectors...>) {
  return {plane_tiles<T, transposed, vectors + 1>(std::make_integer_sequence<int, product_rows>{})...};
}

/// Any number of rows of a product, `columns` of its panel, in tiles of equal height as far as possible.
template <bool transposed, class T>
void multiply_plane_rows(Index rows, Index columns, PlaneProduct<T> t) {
  static constexpr auto functions =
      plane_tiles_of_widths<T, transposed>(std::make_integer_sequence<int, product_vectors>{});
  const auto& of_width = functions[static_cast<std::size_t>(tile_count(columns, vector_lanes<T>) - 1)];
  const Index tiles = tile_count(rows, product_rows);
  for (Index tile = 0; tile < tiles; ++tile) {
    const Index height = rows / tiles + (tile < rows % tiles ? 1 : 0);
    of_width[static_cast<std::size_t>(height - 1)](t);
    t.a += height * (transposed ? 1 : panel_width<T>);
    t.c += height * panel_width<T>;
  }
}

/// Calls body(plane, panel) for panels of all planes, in parallel: `panel` is the first channel of one.
template <class T, class Body>
void each_panel(Index planes, Index channels, Body&& body) {
  constexpr Index group = 64 / vector_lanes<T> * panel_width<T>;  // channels of a task
  const Index groups = tile_count(channels, group);
  parallel_tasks(planes * groups, [&](Index task) {
    const Index first = task % groups * group;
    for (Index channel = first; channel < std::min(first + group, channels); channel += panel_width<T>)
      body(task / groups, channel);
  });
}

}  // namespace detail

/// What counts of a product in one plane: the rest is zero.
struct PlaneExtents {
  Run rows, depth, columns;
};

namespace detail {

/// What of a run lies in [first, first + count), counted from there.
inline Run part_of(const Run& run, Index first, Index count) {
  const Index begin = std::clamp<Index>(run.first - first, 0, count);
  return {begin, std::clamp<Index>(run.first + run.count - first, begin, count) - begin};
}

/// Zeros in a panel of c, unless all of it is about to be written.
template <class T>
void clear_panel(const Planes<T>& c, Index plane, Index channel, Index rows, Index columns) {
  T* const panel = c.at(0, channel) + plane * c.pitch();
  if (rows < c.rows || columns < std::min(c.width, c.channels - channel))
    std::fill(panel, panel + c.rows * c.width, T(0));
}

}  // namespace detail

/// c (rows, columns) = a (rows, depth) b (depth, columns) in each of `planes` planes, of which extents_of(plane) counts; added to c for
/// the channels of a from `first` on, if that is not 0, of which b has the rows.
template <class T, class ExtentsOf>
void multiply_planes(Index planes, ExtentsOf&& extents_of, const Planes<T>& a, const Planes<T>& b, const Planes<T>& c,
                     Index first = 0) {
  detail::each_panel<T>(planes, b.channels, [&](Index plane, Index channel) {
    const PlaneExtents counting = extents_of(plane);
    const Run depth = detail::part_of(counting.depth, first, b.rows);
    const Run columns = detail::part_of(counting.columns, channel, std::min(b.width, b.channels - channel));
    const auto [begin, rows] = counting.rows;
    if (first == 0) detail::clear_panel(c, plane, channel, rows, columns.count);
    if (columns.count == 0) return;
    // As many rows of a as the second-level cache keeps while the panels of b pass by.
    const Index fitting = std::max<Index>(48, (Index{256} << 10) / (static_cast<Index>(sizeof(T)) * b.rows));
    const Index blocks = std::max<Index>(1, tile_count(rows, fitting));
    const Index block = tile_count(tile_count(rows, blocks), product_rows) * product_rows;
    for (Index row = begin; row < begin + rows; row += block)
      detail::multiply_plane_rows<false, T>(std::min(block, begin + rows - row), columns.count,
                                            {.a = a.at(row, first + depth.first) + plane * a.pitch(),
                                             .a_panel = a.rows * a.width,
                                             .a_lead = (first + depth.first) % a.width,
                                             .depth = depth.count,
                                             .b = b.at(depth.first, channel + columns.first) + plane * b.pitch(),
                                             .c = c.at(row, channel + columns.first) + plane * c.pitch(),
                                             .add = first > 0});
  });
}

/// c (rows, columns) (+)= a (depth, rows)^T b (depth, columns) in each of `planes` planes, of which extents_of(plane) counts, with all
/// rows; of the rows from `first_row` and the columns from `first_column` on that c has.
template <class T, class ExtentsOf>
void multiply_planes_transposed(Index planes, ExtentsOf&& extents_of, const Planes<T>& a, const Planes<T>& b,
                                const Planes<T>& c, bool add, Index first_row = 0, Index first_column = 0) {
  detail::each_panel<T>(planes, c.channels, [&](Index plane, Index channel) {
    const PlaneExtents counting = extents_of(plane);
    const Run columns =
        detail::part_of(counting.columns, first_column + channel, std::min(c.width, c.channels - channel));
    if (!add) detail::clear_panel(c, plane, channel, c.rows, columns.count);
    if (columns.count == 0) return;
    for (Index row = 0; row < c.rows; row += a.width)
      detail::multiply_plane_rows<true, T>(
          std::min(a.width, c.rows - row), columns.count,
          {.a = a.at(counting.depth.first, first_row + row) + plane * a.pitch(),
           .depth = counting.depth.count,
           .b = b.at(counting.depth.first, first_column + channel + columns.first) + plane * b.pitch(),
           .c = c.at(row, channel + columns.first) + plane * c.pitch(),
           .add = add});
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
