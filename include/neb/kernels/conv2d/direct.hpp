/// Direct convolution and its input gradient: correlations with packed filters, without patches.
///
/// Forward: filters are packed as (O / block, KH, KW, I, block), so that each step of the register tile reads one panel
/// row.
/// Input gradient: dx is a correlation of dy with flipped filters whose channels changed places. At a stride s > 1,
/// the pixels of dx that are congruent modulo s meet the same pixels of the kernel, so that each of the s * s classes
/// is a correlation of its own, written s pixels apart. Few channels of x have a kernel of their own (direct_few_channels.hpp).
/// The loops and their sizes are explained in direct_correlation.hpp and register_tile.hpp.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/conv2d/direct_correlation.hpp"
#include "neb/kernels/conv2d/direct_few_channels.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/kept_filters.hpp"
#include "neb/kernels/conv2d/phase.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/packed_rows.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)) + bias (O), which may be null; float or double.
template <class T>
void conv2d_direct(const Conv2dGeometry& g, const T* x, const T* w, const T* bias, T* y, KeptFilters<T>* kept) {
  const FormedFilters<T> packed(kept, {.order = FilterForm::Order::rows},
                                packed_size<T>(g.out_channels, g.patch_size()),
                                [&](T* to) { pack_rows(g.out_channels, g.patch_size(), w, g.patch_size(), to); });
  correlate(detail::forward_correlation(g), x, packed.data(), bias, y);
}

namespace detail {

/// packed (blocks of I, taps, taps, O, tile_columns) = the kernel's pixels of a phase, in reverse order.
template <class T>
void pack_phase(const Conv2dGeometry& g, Index row_residue, Index column_residue, const Phase& rows,
                const Phase& columns, const T* w, T* packed) {
  constexpr Index width = tile_columns<T>;
  const Index taps = rows.taps * columns.taps;
  parallel_tasks(tile_count(g.in_channels, width) * taps, [&](Index task) {
    const Index channel = task / taps * width;
    const Index kh = row_residue + g.stride * (rows.taps - 1 - task % taps / columns.taps);
    const Index kw = column_residue + g.stride * (columns.taps - 1 - task % columns.taps);
    const Index channels = std::min(width, g.in_channels - channel);
    const T* from = w + (kh * g.kernel_width + kw) * g.in_channels + channel;
    T* to = packed + task * g.out_channels * width;
    for (Index o = 0; o < g.out_channels; ++o, from += g.patch_size(), to += width) {
      std::copy_n(from, channels, to);
      std::fill(to + channels, to + width, T(0));
    }
  });
}

template <class T>
void input_grad_phase(const Conv2dGeometry& g, Index row_residue, Index column_residue, const T* dy, const T* w, T* dx,
                      KeptFilters<T>* kept) {
  const Phase rows(row_residue, g.stride, g.padding, g.kernel_height, g.height);
  const Phase columns(column_residue, g.stride, g.padding, g.kernel_width, g.width);
  if (rows.count == 0 || columns.count == 0) return;
  const Correlation k{.batch = g.batch,
                      .height = g.out_height(),
                      .width = g.out_width(),
                      .channels = g.out_channels,
                      .out_height = rows.count,
                      .out_width = columns.count,
                      .out_channels = g.in_channels,
                      .kernel_height = columns.taps == 0 ? 0 : rows.taps,
                      .kernel_width = rows.taps == 0 ? 0 : columns.taps,
                      .stride = 1,
                      .top = rows.lead,
                      .left = columns.lead,
                      .y_image = g.height * g.width * g.in_channels,
                      .y_row = g.stride * g.width * g.in_channels,
                      .y_pixel = g.stride * g.in_channels};
  const FormedFilters<T> packed(
      kept, {.order = FilterForm::Order::phase, .stride = g.stride, .row = row_residue, .column = column_residue},
      packed_size<T>(g.in_channels, k.depth()),
      [&](T* to) { pack_phase(g, row_residue, column_residue, rows, columns, w, to); });
  correlate<T>(k, dy, packed.data(), nullptr, dx + (rows.first * g.width + columns.first) * g.in_channels);
}

}  // namespace detail

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)); float or double.
template <class T>
void conv2d_input_grad_direct(const Conv2dGeometry& g, const T* dy, const T* w, T* dx, KeptFilters<T>* kept) {
  if (has_few_channels<T>(g)) return conv2d_input_grad_few_channels(g, dy, w, dx, kept);
  for (Index row = 0; row < g.stride && row < g.height + g.padding; ++row)
    for (Index column = 0; column < g.stride && column < g.width + g.padding; ++column)
      detail::input_grad_phase(g, row, column, dy, w, dx, kept);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
