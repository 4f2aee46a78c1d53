/// Input gradients of images with few channels, such as a first layer reads: inner products along the output channels.
///
/// The lanes of a register tile are channels of its result, and would be mostly empty here. But an element of dx sums over taps and
/// output channels, and of those the ones under one kernel row are one run of dy: so lanes lie along the run. A tile keeps a vector of
/// partial sums for each of several neighbouring pixels, and adds up the lanes of all of them together.
/// As in direct.hpp, pixels of dx that are congruent modulo the stride meet the same pixels of the kernel.
/// dy is copied between zeros, with its channels filled up to whole registers, by the task that reads it: so the copy stays near
/// a core, and no run is cut short at an edge.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/kept_filters.hpp"
#include "neb/kernels/conv2d/phase.hpp"
#include "neb/kernels/conv2d/tasks.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// Neighbouring inner products: of `b`, a register for each step of k, with the runs that start at a, a + a_row, ...
template <class T>
struct InnerProducts {
  const T* a = nullptr;
  Index a_row = 0;
  Index outer = 0;  ///< runs of each product
  Index a_outer = 0;
  Index run = 0;         ///< length of a run, whole registers
  const T* b = nullptr;  ///< (outer, run)
  T* to = nullptr;
  Index to_step = 0;
};

template <class T, int Rows>
void inner_products(const InnerProducts<T>& p, Index wanted) {
  constexpr int lanes = vector_lanes<T>;
  Vector<T> sums[lanes] = {};
  const T* b = p.b;
  for (Index outer = 0; outer < p.outer; ++outer) {
    const T* a = p.a + outer * p.a_outer;
    for (Index step = p.run; step > 0; step -= lanes, a += lanes, b += lanes) {
      const Vector<T> right = load(b);
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) sums[row] += load(a + row * p.a_row) * right;
    }
  }
  const Vector<T> products = sum_lanes(sums);
  for (Index row = 0; row < wanted; ++row) p.to[row * p.to_step] = products[row];
}

template <class T>
using InnerProductsFunction = void (*)(const InnerProducts<T>&, Index wanted);

/// inner_products for 1 ... vector_lanes rows. One is computed as two, see tile_functions.
template <class T, int... rows>
constexpr std::array<InnerProductsFunction<T>, sizeof...(rows)> inner_product_functions(
    std::integer_sequence<int, rows...>) {
  return {&inner_products < T, rows == 0 ? 2 : rows + 1 > ...};
}

/// The phases of dx along one axis, and what they read of dy beyond the outputs of their own numbers.
struct PhaseAxis {
  std::vector<Phase> phases;
  Index count = 0;   ///< pixels of the phase that has most
  Index before = 0;  ///< outputs before that of a pixel's number
  Index after = 0;   ///< and after it

  PhaseAxis(Index stride, Index padding, Index kernel, Index extent) {
    for (Index residue = 0; residue < stride; ++residue) {
      const Phase& phase = phases.emplace_back(residue, stride, padding, kernel, extent);
      count = std::max(count, phase.count);
      before = std::max(before, phase.lead);
      after = std::max(after, phase.taps - 1 - phase.lead);
    }
  }

  Index reach() const { return before + after; }
};

/// An input gradient by inner products: its extents, and how filters and copies of dy lie.
template <class T>
struct FewChannels {
  const Conv2dGeometry& g;
  PhaseAxis rows, columns;
  Index depth;  ///< output channels, in whole registers
  Index pitch;  ///< of a copied row of dy

  explicit FewChannels(const Conv2dGeometry& geometry)
      : g(geometry),
        rows(g.stride, g.padding, g.kernel_height, g.height),
        columns(g.stride, g.padding, g.kernel_width, g.width),
        depth(whole_registers<T>(g.out_channels)),
        pitch((columns.count + columns.reach()) * depth) {}

  /// packed (phases of rows, phases of columns, I, taps, taps, depth) = the kernel's pixels of each phase, in reverse order; zeros
  /// after the O channels.
  void pack(const T* w, T* packed) const {
    for (Index a = 0; a < g.stride; ++a)
      for (Index b = 0; b < g.stride; ++b)
        for (Index i = 0; i < g.in_channels; ++i)
          for (Index kh = taps(rows, a); kh-- > 0;)
            for (Index kw = taps(columns, b); kw-- > 0; packed += depth) {
              const T* const from = w + ((a + kh * g.stride) * g.kernel_width + b + kw * g.stride) * g.in_channels + i;
              for (Index o = 0; o < g.out_channels; ++o) packed[o] = from[o * g.patch_size()];
              std::fill(packed + g.out_channels, packed + depth, T(0));
            }
  }

  /// dx of one image at the pixels with numbers [first, first + count) of each phase of rows; `copied` has room for
  /// (count + reach + 1, pitch): a row more than is read, because a tile of one pixel is computed as two.
  void compute(const T* dy, Index first, Index count, const T* packed, T* copied, T* dx) const {
    for (Index row = 0; row < count + rows.reach(); ++row)
      copy_row(dy, first - rows.before + row, copied + row * pitch);
    for (const Phase& row : rows.phases)
      for (const Phase& column : columns.phases)
        for (Index i = 0; i < g.in_channels; ++i, packed += row.taps * column.taps * depth)
          for (Index n = first; n < std::min(first + count, row.count); ++n)
            compute_neighbours(
                {.a = copied + (n - first + rows.before - row.lead) * pitch + (columns.before - column.lead) * depth,
                 .a_row = depth,
                 .outer = row.taps,
                 .a_outer = pitch,
                 .run = column.taps * depth,
                 .b = packed,
                 .to = dx + ((row.first + n * g.stride) * g.width + column.first) * g.in_channels + i,
                 .to_step = g.stride * g.in_channels},
                column.count);
  }

 private:
  static Index taps(const PhaseAxis& axis, Index residue) {
    return axis.phases[static_cast<std::size_t>(residue)].taps;
  }

  /// One row of dy between zeros, or zeros where there is none.
  void copy_row(const T* dy, Index row, T* copied) const {
    if (row < 0 || row >= g.out_height()) {
      std::fill_n(copied, pitch, T(0));
      return;
    }
    const auto [begin, end] = kernel_inside(-columns.before, columns.count + columns.reach(), g.out_width());
    const T* from = dy + (row * g.out_width() + begin - columns.before) * g.out_channels;
    T* to = std::fill_n(copied, begin * depth, T(0));
    if (depth == g.out_channels)
      to = std::copy_n(from, (end - begin) * depth, to);
    else
      for (Index pixel = begin; pixel < end; ++pixel, from += g.out_channels)
        to = std::fill_n(std::copy_n(from, g.out_channels, to), depth - g.out_channels, T(0));
    std::fill(to, copied + pitch, T(0));
  }

  /// `count` neighbours, in tiles of equal width as far as possible.
  static void compute_neighbours(InnerProducts<T> p, Index count) {
    static constexpr auto functions = inner_product_functions<T>(std::make_integer_sequence<int, vector_lanes<T>>{});
    const Index tiles = tile_count(count, vector_lanes<T>);
    for (Index tile = 0; tile < tiles; ++tile) {
      const Index width = count / tiles + (tile < count % tiles ? 1 : 0);
      functions[static_cast<std::size_t>(width - 1)](p, width);
      p.a += width * p.a_row;
      p.to += width * p.to_step;
    }
  }
};

}  // namespace detail

/// Whether an image has so few channels that conv2d_input_grad_few_channels() is for it.
template <class T>
bool has_few_channels(const Conv2dGeometry& g) {
  return g.in_channels <= vector_lanes<T> / 2;
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)); float or double.
template <class T>
void conv2d_input_grad_few_channels(const Conv2dGeometry& g, const T* dy, const T* w, T* dx, KeptFilters<T>* kept) {
  const detail::FewChannels<T> few(g);
  const FormedFilters<T> packed(kept, {.order = FilterForm::Order::inner}, g.patch_size() * few.depth,
                                [&](T* to) { few.pack(w, to); });
  // Neighbouring tasks both copy what lies at their border.
  constexpr Index copied_bytes = 256 << 10, scalar_bytes = sizeof(T);
  const Index rows = g.batch * few.rows.count, row_work = std::max<Index>(1, g.macs() / std::max<Index>(1, rows));
  const Index fitting = std::max<Index>(1, copied_bytes / std::max<Index>(1, few.pitch * scalar_bytes));
  const Index share = std::min(fitting, std::max({rows / detail::conv2d_tasks, 4 * few.rows.reach(),
                                                  detail::conv2d_least_work / row_work, Index{1}}));
  parallel_tiles(rows, share, [&](Index begin, Index end) {
    const Scratch<T> copied((std::min(share, few.rows.count) + few.rows.reach() + 1) * few.pitch);
    for (Index row = begin; row < end;) {
      const Index image = row / few.rows.count, first = row % few.rows.count;
      const Index count = std::min(end - row, few.rows.count - first);
      few.compute(dy + image * g.out_pixels() * g.out_channels, first, count, packed.data(), copied.data(),
                  dx + image * g.height * g.width * g.in_channels);
      row += count;
    }
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
