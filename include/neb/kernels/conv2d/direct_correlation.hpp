/// Sliding a bank of packed filters over channels-last images: what the direct convolution and its input gradient share.
///
/// Channels last, a register tile of neighbouring output pixels x output channels reads its scalars straight from the
/// image, and the KW * C inputs under one kernel row are one run: so there is no im2col, and k runs over kernel rows
/// and then along that run. Loop order: blocks of filters (a group of them stays in the second-level cache), rows of
/// the output, tiles along a row, and inside the tile k.
/// Padding is not multiplied: outputs at an edge, which have inputs under a part of the kernel, lie in tiles of their own, down the image
/// where they are in a column. In small images, whose rows fill no tiles, tiles lie across the images of the batch, at one place of the
/// output. An output has the same bits in any of them.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/bias.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/packed_rows.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// Neighbouring outputs along an axis that have inputs under the same pixels of the kernel.
struct Alike {
  Index begin, end;   ///< the outputs
  Index first, last;  ///< the pixels, none if these are equal
};

/// Of the outputs [begin, end), those that are like the first one. Output `at` has its first pixel at at * stride - lead.
inline Alike alike(Index begin, Index end, Index stride, Index lead, Index kernel, Index extent) {
  const auto inside = [&](Index at) { return kernel_inside(at * stride - lead, kernel, extent); };
  const auto [first, last] = inside(begin);
  Index at = begin + 1;
  while (at < end && inside(at) == std::pair(first, last)) ++at;
  return {begin, at, first, last};
}

/// What a tile of outputs like that of `rows` and `columns` sums, beginning with the first of these, of an image and a block of filters.
template <class T>
TileProduct<T> product_of_alike(const Correlation& k, const T* image, const Alike& rows, const Alike& columns,
                                const T* filters) {
  const Index pixels = columns.last - columns.first, row_size = k.width * k.channels;
  const bool padding = rows.first == rows.last || pixels == 0;  // alone
  return {.a = padding ? image
                       : image + (rows.begin * k.stride - k.top + rows.first) * row_size +
                             (columns.begin * k.stride - k.left + columns.first) * k.channels,
          .outer = padding ? 0 : rows.last - rows.first,
          .a_outer = row_size,
          .inner = pixels * k.channels,
          .a_inner = 1,
          .b = filters + (rows.first * k.kernel_width + columns.first) * k.channels * tile_columns<T>,
          .b_gap = (k.kernel_width - pixels) * k.channels * tile_columns<T>};
}

/// Outputs of one image for the blocks of filters [first_block, last_block), of which `rows` and `columns` are alike: in tiles along the
/// longer side of the rectangle. So edges are met down the image, and no zeros are multiplied.
template <class T>
void correlate_rectangle(const Correlation& k, const T* image, const Alike& rows, const Alike& columns,
                         Index first_block, Index last_block, const T* packed, const T* bias, T* y) {
  const Index row_step = k.stride * k.width * k.channels, column_step = k.stride * k.channels;
  const Index height = rows.end - rows.begin, width = columns.end - columns.begin;
  const bool down = height > width;
  for (Index line = 0; line < (down ? width : height); ++line) {
    // All blocks meet a line before the next one, so that it is read and written as one stream.
    for (Index block = first_block; block < last_block; ++block) {
      const Index channel = block * tile_columns<T>;
      TileProduct<T> tile = product_of_alike(k, image, rows, columns, packed + channel * k.depth());
      if (tile.outer > 0) tile.a += line * (down ? column_step : row_step);
      tile.a_row = down ? row_step : column_step;
      tile.c = y + rows.begin * k.y_row + columns.begin * k.y_pixel + line * (down ? k.y_pixel : k.y_row) + channel;
      tile.c_row = down ? k.y_row : k.y_pixel;
      tile.columns = std::min(tile_columns<T>, k.out_channels - channel);
      tile.bias = bias_from(bias, channel);
      multiply_rows(down ? height : width, tile);
    }
  }
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
  const Index row = place / k.out_width, column = place % k.out_width;
  TileProduct<T> tile = product_of_alike(k, x, alike(row, row + 1, k.stride, k.top, k.kernel_height, k.height),
                                         alike(column, column + 1, k.stride, k.left, k.kernel_width, k.width), filters);
  tile.a_row = k.height * k.width * k.channels;
  tile.c = y + row * k.y_row + column * k.y_pixel;
  tile.c_row = k.y_image;
  tile.columns = columns;
  tile.bias = bias;
  multiply_tile(images, tile);
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
    for (Index row = first_row; row < last_row;) {
      const Index n = row / k.out_height, above = n * k.out_height;  // rows of the images before
      const Alike rows =
          alike(row - above, std::min(last_row - above, k.out_height), k.stride, k.top, k.kernel_height, k.height);
      for (Index column = 0; column < k.out_width;) {
        const Alike columns = alike(column, k.out_width, k.stride, k.left, k.kernel_width, k.width);
        correlate_rectangle(k, x + n * k.height * k.width * k.channels, rows, columns, first_block, last_block, packed,
                            bias, y + n * k.y_image);
        column = columns.end;
      }
      row = above + rows.end;
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
