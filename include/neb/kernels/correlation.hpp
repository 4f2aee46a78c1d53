/// Sliding a bank of packed filters over channels-last images: what the direct convolution and its input gradient share.
///
/// Channels last, a register tile of neighbouring output pixels x output channels reads its scalars straight from the
/// image, and the KW * C inputs under one kernel row are one run: so there is no im2col, and k runs over kernel rows
/// and then along that run. Loop order: blocks of filters (a group of them stays in the second-level cache), rows of
/// the output, tiles along a row, and inside the tile k. Rows of padding are skipped; columns of padding cost a copy of
/// the rows they extend.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels {

/// y(n,r,c,o) = sum over kh,kw,i of x(n, r*stride + kh - top, c*stride + kw - left, i) * filter(o,kh,kw,i), with x zero
/// outside (height, width); top and left may be negative. Results may be spread out, `y_*` elements apart.
struct Correlation {
  Index batch, height, width, channels;
  Index out_height, out_width, out_channels;
  Index kernel_height, kernel_width;
  Index stride, top, left;
  Index y_image, y_row, y_pixel;

  Index run() const { return kernel_width * channels; }
  Index depth() const { return kernel_height * run(); }
  Index columns() const {
    return (out_width - 1) * stride + kernel_width;
  }  ///< of x that one output row reads
  bool needs_columns_of_zeros() const { return left > 0 || columns() - left > width; }
};

/// Elements of the packed filters of a correlation: (blocks, KH, KW, C, tile_columns), zeros after the last filter.
template <class T>
Index packed_size(Index out_channels, Index depth) {
  return tile_count(out_channels, tile_columns<T>) * depth * tile_columns<T>;
}

namespace detail {

/// Rows of one image with the columns that the kernel reads: `data` is column -left of input row `first`.
template <class T>
struct ImageRows {
  const T* data;
  Index pitch;
  Index first;
  Index last;

  /// Rows [first, last) of `image`, in place when no column lies outside; else copied into `scratch` between zeros.
  ImageRows(const Correlation& k, const T* image, Index first_row, Index last_row, T* scratch)
      : first(std::max<Index>(first_row, 0)), last(std::max(first, std::min(last_row, k.height))) {
    if (!k.needs_columns_of_zeros()) {
      data = image + (first * k.width - k.left) * k.channels;
      pitch = k.width * k.channels;
      return;
    }
    data = scratch;
    pitch = k.columns() * k.channels;
    const Index begin = std::clamp<Index>(k.left, 0, k.columns());
    const Index end = std::clamp(k.left + k.width, begin, k.columns());
    for (Index row = first; row < last; ++row, scratch += pitch) {
      std::fill(scratch, scratch + begin * k.channels, T(0));
      std::copy_n(image + (row * k.width + begin - k.left) * k.channels, (end - begin) * k.channels,
                  scratch + begin * k.channels);
      std::fill(scratch + end * k.channels, scratch + pitch, T(0));
    }
  }

  /// Elements of scratch for the rows under `out_rows` rows of output.
  static Index scratch_size(const Correlation& k, Index out_rows) {
    if (!k.needs_columns_of_zeros()) return 0;
    return std::min(k.height, (out_rows - 1) * k.stride + k.kernel_height) * k.columns() * k.channels;
  }

  const T* row(Index index) const { return data + (index - first) * pitch; }
};

/// One row of output for one block of filters, in tiles of equal width as far as possible.
template <class T>
void correlate_row(const Correlation& k, const ImageRows<T>& rows, Index out_row, const T* filters,
                   Index columns, T* y) {
  const Index in_row = out_row * k.stride - k.top;
  const Index kh_begin = std::clamp(rows.first - in_row, Index{0}, k.kernel_height);
  const Index kh_end = std::clamp(rows.last - in_row, kh_begin, k.kernel_height);
  TileProduct<T> tile{.a = kh_begin == kh_end ? nullptr : rows.row(in_row + kh_begin),
                      .a_row = k.stride * k.channels,
                      .outer = kh_end - kh_begin,
                      .a_outer = rows.pitch,
                      .inner = k.run(),
                      .a_inner = 1,
                      .b = filters + kh_begin * k.run() * tile_columns<T>,
                      .c = y,
                      .c_row = k.y_pixel,
                      .columns = columns};
  const Index tiles = tile_count(k.out_width, tile_rows);
  for (Index t = 0; t < tiles; ++t) {
    const Index width = k.out_width / tiles + (t < k.out_width % tiles ? 1 : 0);
    multiply_tile(width, tile);
    tile.a += width * tile.a_row;
    tile.c += width * tile.c_row;
  }
}

/// How a correlation is shared out: groups of filter blocks x bands of output rows, rows counted over the batch.
struct CorrelationTasks {
  Index blocks, group, groups, band, bands;

  template <class T>
  static CorrelationTasks of(const Correlation& k) {
    constexpr Index cached_bytes = 512 << 10;  // filters of a group, in the second-level cache
    CorrelationTasks tasks{};
    tasks.blocks = tile_count(k.out_channels, tile_columns<T>);
    const Index block_size = std::max<Index>(1, k.depth() * tile_columns<T>);
    tasks.group =
        std::clamp(cached_bytes / (block_size * static_cast<Index>(sizeof(T))), Index{1}, tasks.blocks);
    tasks.groups = tile_count(tasks.blocks, tasks.group);
    // Tasks of 2^22 multiply-adds (some 40 us) when there is much to do, down to 2^18 to share out little work.
    const Index rows = k.batch * k.out_height;
    const Index row_work = k.out_width * block_size * tasks.group;
    const Index work = std::clamp<Index>(rows * tasks.groups * row_work / 64, 1 << 18, 1 << 22);
    tasks.band = std::clamp(work / row_work, Index{1}, rows);
    tasks.bands = tile_count(rows, tasks.band);
    tasks.band = tile_count(rows, tasks.bands);
    tasks.bands = tile_count(rows, tasks.band);
    return tasks;
  }
};

}  // namespace detail

/// y = correlation of x (N,H,W,C) with packed filters, see Correlation; each output is written by one task.
template <class T>
void correlate(const Correlation& k, const T* x, const T* packed, T* y) {
  if (k.batch * k.out_height * k.out_width * k.out_channels == 0) return;
  const auto tasks = detail::CorrelationTasks::of<T>(k);
  const Index out_rows = k.batch * k.out_height;
  parallel_tasks(tasks.groups * tasks.bands, [&](Index task) {
    const Index first_block = task / tasks.bands * tasks.group;
    const Index last_block = std::min(first_block + tasks.group, tasks.blocks);
    const Index end = std::min((task % tasks.bands + 1) * tasks.band, out_rows);
    const Index band = std::min(tasks.band, k.out_height);
    const Scratch<T> scratch(detail::ImageRows<T>::scratch_size(k, band));
    for (Index row = task % tasks.bands * tasks.band; row < end;) {
      const Index n = row / k.out_height;
      const Index begin_row = row % k.out_height;
      const Index end_row = std::min(begin_row + end - row, k.out_height);
      const detail::ImageRows<T> rows(k, x + n * k.height * k.width * k.channels,
                                      begin_row * k.stride - k.top,
                                      (end_row - 1) * k.stride - k.top + k.kernel_height, scratch.data());
      for (Index block = first_block; block < last_block; ++block)
        for (Index r = begin_row; r < end_row; ++r)
          detail::correlate_row(k, rows, r, packed + block * k.depth() * tile_columns<T>,
                                std::min(tile_columns<T>, k.out_channels - block * tile_columns<T>),
                                y + n * k.y_image + r * k.y_row + block * tile_columns<T>);
      row += end_row - begin_row;
    }
  });
}

}  // namespace neb::kernels
