/// Sliding a bank of packed filters over channels-last images: what the direct convolution and its input gradient share.
///
/// Channels last, a register tile of neighbouring output pixels x output channels reads its scalars straight from the
/// image, and the KW * C inputs under one kernel row are one run: so there is no im2col, and k runs over kernel rows
/// and then along that run. Loop order: blocks of filters (a group of them stays in the second-level cache), rows of
/// the output, tiles along a row, and inside the tile k.
/// In small images, whose rows fill no tiles and where zeros are a large part of what a kernel meets, tiles lie across the images
/// of the batch instead, at one place of the output.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/bias.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/packed_rows.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// One row of output for one block of filters, in tiles of equal width as far as possible.
template <class T>
void correlate_row(const Correlation& k, const T* image, Index out_row, const T* filters, Index columns, const T* bias,
                   T* y) {
  const Index in_row = out_row * k.stride - k.top;
  const auto [first, last] = kernel_inside(in_row, k.kernel_height, k.height);
  const TileProduct<T> tile{.a = first == last ? image : image + ((in_row + first) * k.width - k.left) * k.channels,
                            .a_row = k.stride * k.channels,
                            .outer = last - first,
                            .a_outer = k.width * k.channels,
                            .inner = k.run(),
                            .a_inner = 1,
                            .b = filters + first * k.run() * tile_columns<T>,
                            .c = y,
                            .c_row = k.y_pixel,
                            .columns = columns,
                            .bias = bias};
  multiply_rows(k.out_width, tile);
}

/// The same where the columns of the kernel are summed apart.
template <class T>
void correlate_row_apart(const Correlation& k, const T* image, Index out_row, const T* filters, Index columns,
                         const T* bias, T* y) {
  const Index in_row = out_row * k.stride - k.top;
  const auto [first, last] = kernel_inside(in_row, k.kernel_height, k.height);
  set_to_bias(k.out_width, columns, bias, y, k.y_pixel);
  if (first == last) return;
  const Index row_size = k.width * k.channels;
  for (Index kw = 0; kw < k.kernel_width; ++kw) {
    const auto [begin, end] = k.outputs_of_column(kw);
    if (begin == end) continue;
    multiply_rows<T>(end - begin,
                     {.a = image + (in_row + first) * row_size + (begin * k.stride + kw - k.left) * k.channels,
                      .a_row = k.stride * k.channels,
                      .outer = last - first,
                      .a_outer = row_size,
                      .inner = k.channels,
                      .a_inner = 1,
                      .b = filters + (first * k.kernel_width + kw) * k.channels * tile_columns<T>,
                      .b_gap = (k.kernel_width - 1) * k.channels * tile_columns<T>,
                      .c = y + begin * k.y_pixel,
                      .c_row = k.y_pixel,
                      .columns = columns,
                      .add = true});
  }
}

/// One row of output for one block of filters, either way.
template <class T>
void correlate_block(const Correlation& k, const T* image, Index out_row, const T* filters, Index columns,
                     const T* bias, T* y) {
  (k.columns_apart() ? correlate_row_apart<T> : correlate_row<T>)(k, image, out_row, filters, columns, bias, y);
}

/// How a correlation is shared out: a task is a band of output rows, counted over the batch, by a group of blocks of
/// filters. Tasks go through a stripe of bands for one group, whose filters stay in the second-level cache, then through
/// the same stripe for the next group, because the stripe's inputs stay there too.
template <class T>
struct CorrelationTasks {
  Index rows, band, stripe;
  Index blocks, group, groups;

  explicit CorrelationTasks(const Correlation& k)
      : rows(k.batch * k.out_height), blocks(tile_count(k.out_channels, tile_columns<T>)) {
    constexpr Index filter_bytes = 512 << 10;
    constexpr Index input_bytes = 768 << 10;
    constexpr Index scalar_bytes = sizeof(T);
    const Index block_size = std::max<Index>(1, k.depth() * tile_columns<T>);
    group = std::clamp<Index>(filter_bytes / (block_size * scalar_bytes), 1, blocks);
    groups = tile_count(blocks, group);
    // Tasks of 2^22 multiply-adds (some 40 us) when there is much to do, down to 2^18 to share out little work.
    const Index row_work = k.out_width * block_size * group;
    const Index work = std::clamp<Index>(rows * groups * row_work / 64, 1 << 18, 1 << 22);
    const Index bands = tile_count(rows, std::clamp<Index>(work / row_work, 1, rows));
    band = tile_count(rows, bands);
    const Index band_bytes = std::max<Index>(1, band * k.stride * k.width * k.channels * scalar_bytes);
    stripe = std::clamp<Index>(input_bytes / band_bytes, 1, tile_count(rows, band));
  }

  Index count() const { return tile_count(tile_count(rows, band), stripe) * groups * stripe; }
  Index first_block(Index task) const { return task / stripe % groups * group; }
  Index first_row(Index task) const { return (task / stripe / groups * stripe + task % stripe) * band; }
};

/// The outputs at one place of `images` neighbouring images, at most tile_rows, for one block of filters.
template <class T>
void correlate_across(const Correlation& k, Index images, const T* x, Index place, const T* filters, Index columns,
                      const T* bias, T* y) {
  const Index row = place / k.out_width * k.stride - k.top, column = place % k.out_width * k.stride - k.left;
  const auto [top, bottom] = kernel_inside(row, k.kernel_height, k.height);
  const auto [left, right] = kernel_inside(column, k.kernel_width, k.width);
  const bool none = top == bottom || left == right;
  multiply_tile<T>(images, {.a = none ? x : x + ((row + top) * k.width + column + left) * k.channels,
                            .a_row = k.height * k.width * k.channels,
                            .outer = none ? 0 : bottom - top,
                            .a_outer = k.width * k.channels,
                            .inner = (right - left) * k.channels,
                            .a_inner = 1,
                            .b = filters + (top * k.kernel_width + left) * k.channels * tile_columns<T>,
                            .b_gap = (k.kernel_width - (right - left)) * k.channels * tile_columns<T>,
                            .c = y + place / k.out_width * k.y_row + place % k.out_width * k.y_pixel,
                            .c_row = k.y_image,
                            .columns = columns,
                            .bias = bias});
}

/// All outputs, in tiles across images. A task is a group of blocks of filters, which stays in the second-level cache, over a band of
/// places in tiles of images; the inputs of a place stay in the first-level cache while the blocks pass by.
template <class T>
void correlate_images_across(const Correlation& k, const T* x, const T* packed, const T* bias, T* y) {
  constexpr Index filter_bytes = 256 << 10, work = 1 << 20, scalar_bytes = sizeof(T);
  const Index image_size = k.height * k.width * k.channels, places = k.out_height * k.out_width;
  const Index blocks = tile_count(k.out_channels, tile_columns<T>);
  const Index block_size = std::max<Index>(1, k.depth() * tile_columns<T>);
  const Index group = std::clamp<Index>(filter_bytes / (block_size * scalar_bytes), 1, blocks);
  const Index tiles = tile_count(k.batch, tile_rows);
  const Index band = std::clamp<Index>(work / (group * block_size * tile_rows), 1, tiles * places);
  const Index bands = tile_count(tiles * places, band);
  parallel_tasks(tile_count(blocks, group) * bands, [&](Index task) {
    const Index first_block = task / bands * group, last_block = std::min(first_block + group, blocks);
    const Index begin = task % bands * band;
    for (Index item = begin; item < std::min(begin + band, tiles * places); ++item) {
      // Of equal height as far as possible.
      const Index tile = item / places, first = tile * k.batch / tiles, last = (tile + 1) * k.batch / tiles;
      for (Index block = first_block; block < last_block; ++block) {
        const Index channel = block * tile_columns<T>;
        correlate_across(k, last - first, x + first * image_size, item % places, packed + channel * k.depth(),
                         std::min(tile_columns<T>, k.out_channels - channel), bias_from(bias, channel),
                         y + first * k.y_image + channel);
      }
    }
  });
}

template <class T>
void correlate_images(const Correlation& k, const T* x, const T* packed, const T* bias, T* y) {
  const CorrelationTasks<T> tasks(k);
  parallel_tasks(tasks.count(), [&](Index task) {
    const Index first_block = tasks.first_block(task), last_block = std::min(first_block + tasks.group, tasks.blocks);
    const Index first_row = tasks.first_row(task), last_row = std::min(first_row + tasks.band, tasks.rows);
    // A few images at which tiles would lie across many get the same bits from tiles along rows with their zeros.
    const RowsBetweenZeros<T> images(k, k.columns_apart() && !k.across_images(), 1, std::min(tasks.band, k.out_height));
    for (Index begin = first_row, end; begin < last_row; begin = end) {
      const Index n = begin / k.out_height, above = n * k.out_height;  // rows of the images before
      end = std::min(last_row, above + k.out_height);
      images.copy(x + n * k.height * k.width * k.channels, 1, begin - above, end - above,
                  [&](const Correlation& part, const T* image) {
                    for (Index row = begin - above; row < end - above; ++row)
                      for (Index block = first_block; block < last_block; ++block) {
                        const Index channel = block * tile_columns<T>;
                        correlate_block(part, image, row, packed + channel * k.depth(),
                                        std::min(tile_columns<T>, k.out_channels - channel), bias_from(bias, channel),
                                        y + n * k.y_image + row * k.y_row + channel);
                      }
                  });
    }
  });
}

}  // namespace detail

/// y = correlation of x (N,H,W,C) with packed filters, see Correlation, plus a bias for each channel if there is one; each output is
/// written by one task.
template <class T>
void correlate(const Correlation& k, const T* x, const T* packed, const T* bias, T* y) {
  if (k.batch * k.out_height * k.out_width * k.out_channels == 0) return;
  if (k.pointwise())
    return multiply_packed_rows(k.batch * k.height * k.width, k.out_channels, k.channels, x, packed, y, bias);
  // A few images do not fill tiles across them.
  if (k.across_images() && 2 * k.batch >= tile_rows) return detail::correlate_images_across(k, x, packed, bias, y);
  detail::correlate_images(k, x, packed, bias, y);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
