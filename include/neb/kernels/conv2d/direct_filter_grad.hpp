/// Direct filter gradient: the register tile once more, with sums over pixels.
///
/// dw(o, kh, kw, i) = sum over pixels of dy(pixel, o) x(pixel under (kh, kw), i). A tile has neighbours in the run
/// of KW * I inputs under a kernel row as its rows, a block of output channels as its columns, and k runs over the
/// pixels of a band of output rows, or of several images where these are small. Loop order: bands; blocks of channels;
/// kernel rows; tiles along the run; pixels.
/// dy is packed into panels of a block of channels; a band of about 192 pixels keeps the panel (24 KiB in float) in the
/// first-level cache while all inputs pass by. Sums stay packed as (O / block, KH, KW, I, block) and are transposed
/// once, when the shares of the batch that different tasks summed are added in order.
/// Where the run is short, a tile has taps as its rows instead (tap_rows.hpp).
#pragma once

#include <algorithm>
#include <optional>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/rows_between_zeros.hpp"
#include "neb/kernels/conv2d/tap_rows.hpp"
#include "neb/kernels/conv2d/tasks.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/packed_rows.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// What a panel holds: as many output rows as are near 192 pixels, or as many images as are.
struct FilterGradBand {
  Index rows, images, per_image;

  explicit FilterGradBand(const Conv2dGeometry& g)
      : rows(std::clamp<Index>(192 / g.out_width(), 1, g.out_height())),
        images(std::max<Index>(1, 192 / g.out_pixels())),
        per_image(tile_count(g.out_height(), rows)) {}

  /// How many there are in a batch: those of one image are several, or one is of several images.
  Index count(Index batch) const { return tile_count(batch, images) * per_image; }
};

/// Whether the inputs under one kernel row are too few for a tile, which has taps as its rows then.
inline bool sums_by_taps(const Correlation& k) { return k.kernel_height > 1 && k.run() < 6; }

/// Filter gradients of neighbouring blocks of output channels, summed over bands of output rows.
template <class T>
class FilterGradBlocks {
 public:
  /// `dy` starts at the first block's first channel and has `channels` channels in all, `width` of them in these blocks.
  FilterGradBlocks(const Correlation& k, const FilterGradBand& band, const T* x, const T* dy, Index channels,
                   Index width, T* sums)
      : k_(k),
        band_(band),
        x_(x),
        dy_(dy),
        channels_(channels),
        width_(width),
        sums_(sums),
        panel_(band.images * band.rows * k.out_width * tile_columns<T>) {
    if (sums_by_taps(k))
      taps_.emplace(k, band.rows, band.images * band.rows * k.out_width);
    else
      between_zeros_.emplace(k, band.images, band.rows);
  }

  /// Sets the sums to those over a band, or adds these.
  void sum_band(Index band, bool add) const {
    const Index image = band / band_.per_image * band_.images, begin = band % band_.per_image * band_.rows;
    const Rows rows{image, std::min(band_.images, k_.batch - image), begin,
                    std::min(begin + band_.rows, k_.out_height)};
    const Index image_size = k_.height * k_.width * k_.channels;
    const T* const images = x_ + image * image_size;
    if (!taps_)
      return between_zeros_->copy(images, rows.images, rows.begin, rows.end, [&](const Correlation& k, const T* x) {
        for_each_panel(rows, [&](Index channel, T* sum) {
          for (Index kh = 0; kh < k.kernel_height; ++kh) sum_kernel_row(k, x, rows, kh, channel, add, sum);
        });
      });
    for (Index n = 0; n < rows.images; ++n)
      taps_->gather(images + n * image_size, rows.begin, rows.end, n * (rows.end - rows.begin) * k_.out_width);
    for_each_panel(rows, [&](Index channel, T* sum) { sum_taps(rows, channel, add, sum); });
  }

 private:
  /// Output rows [begin, end) of `images` images from `image` on.
  struct Rows {
    Index image, images, begin, end;
  };

  Index first_pixel(const Rows& rows) const { return (rows.image * k_.out_height + rows.begin) * k_.out_width; }
  Index last_pixel(const Rows& rows) const {
    return ((rows.image + rows.images - 1) * k_.out_height + rows.end) * k_.out_width;
  }

  /// Channels of the block from `channel` on.
  Index width(Index channel) const { return std::min(tile_columns<T>, width_ - channel); }
  /// Its columns that are summed, in whole registers.
  Index columns(Index channel) const { return width(channel) <= vector_lanes<T> ? vector_lanes<T> : tile_columns<T>; }

  /// Calls sum(channel, sums) for each block of channels when its panel is packed.
  template <class Sum>
  void for_each_panel(const Rows& rows, Sum&& sum) const {
    for (Index channel = 0; channel < width_; channel += tile_columns<T>) {
      if (!in_place()) pack_upstream(rows, channel);
      sum(channel, sums_ + channel * k_.depth());
    }
  }

  /// Whether a panel of dy is a part of it.
  bool in_place() const { return channels_ == tile_columns<T>; }
  const T* panel(const Rows& rows) const { return in_place() ? dy_ + first_pixel(rows) * channels_ : panel_.data(); }

  /// panel (pixels, tile_columns) = the block of dy from `channel` on.
  void pack_upstream(const Rows& rows, Index channel) const {
    const Index wanted = width(channel), begin = first_pixel(rows), end = last_pixel(rows);
    T* to = panel_.data();
    const T* from = dy_ + begin * channels_ + channel;
    for (Index pixel = begin; pixel < end; ++pixel, from += channels_, to += tile_columns<T>) {
      if (wanted == tile_columns<T>) {
        for (Index v = 0; v < tile_columns<T>; v += vector_lanes<T>) store(to + v, load(from + v));
      } else {
        std::copy_n(from, wanted, to);
        std::fill(to + wanted, to + tile_columns<T>, T(0));
      }
    }
  }

  /// Asks for one of `tiles` shares of what follows on these rows and this channel: the block of dy that is packed next and, at the
  /// last block, as many pixels of x.
  void prefetch_next(const Rows& rows, Index channel, Index tile, Index tiles) const {
    const Index pixels = last_pixel(rows) - first_pixel(rows);
    const bool last = channel + tile_columns<T> >= width_;
    const Index block = last ? 0 : channel + tile_columns<T>, next = first_pixel(rows) + (last ? pixels : 0);
    const Index known = std::min(pixels, k_.batch * k_.out_height * k_.out_width - next);
    const Index from = next + known * tile / tiles, until = next + known * (tile + 1) / tiles;
    for (Index pixel = from; pixel < until; ++pixel)
      prefetch<2>(dy_ + pixel * channels_ + block, dy_ + pixel * channels_ + block + width(block));
    if (last) prefetch<2>(x_ + from * k_.channels, x_ + until * k_.channels);
  }

  /// The sums of the block in the panel, which starts at `channel`, over all taps.
  void sum_taps(const Rows& rows, Index channel, bool add, T* sum) const {
    multiply_rows<T>(k_.depth(), {.a = taps_->data(),
                                  .a_row = taps_->pitch(),
                                  .outer = 1,
                                  .inner = last_pixel(rows) - first_pixel(rows),
                                  .a_inner = 1,
                                  .b = panel(rows),
                                  .c = sum,
                                  .c_row = tile_columns<T>,
                                  .columns = columns(channel),
                                  .add = add});
  }

  /// For one kernel row, over those of the output rows whose input row exists in the images x of the band: the sums of the block in
  /// the panel, which starts at `channel`.
  void sum_kernel_row(const Correlation& k, const T* x, const Rows& rows, Index kh, Index channel, bool add,
                      T* sum) const {
    const auto [image, images, begin, end] = rows;
    const Index lead = k.top - kh;  // output row r reads input row r * stride - lead
    const Index first = std::clamp(lead > 0 ? (lead - 1) / k.stride + 1 : 0, begin, end);
    const Index reach = k.height - 1 + lead;
    const Index last = std::clamp(reach < 0 ? 0 : reach / k.stride + 1, first, end);
    if (first == last && add) return;
    const Index pitch = k.width * k.channels;
    const T* const a = x + (first == last ? 0 : first * k.stride - lead) * pitch;
    const TileProduct<T> tile{.a = a - k.left * k.channels,
                              .a_row = 1,
                              .images = images,
                              .a_image = k.height * pitch,
                              .outer = last - first,
                              .a_outer = k.stride * pitch,
                              .inner = k.out_width,
                              .a_inner = k.stride * k.channels,
                              .b = panel(rows) + (first - begin) * k.out_width * tile_columns<T>,
                              .b_image_gap = (end - begin - (last - first)) * k.out_width * tile_columns<T>,
                              .c = sum + kh * k.run() * tile_columns<T>,
                              .c_row = tile_columns<T>,
                              .columns = columns(channel),
                              .add = add};
    // Filters of one pixel would wait for memory unless it is asked for early.
    if (k.pointwise())
      return multiply_rows(k.channels, tile,
                           [&](Index share, Index shares) { prefetch_next(rows, channel, share, shares); });
    if (!k.columns_apart()) return multiply_rows(k.run(), tile);
    for (Index kw = 0; kw < k.kernel_width; ++kw) {
      const auto [left, right] = k.outputs_of_column(kw);
      TileProduct<T> column = tile;
      column.a = a + (left * k.stride + kw - k.left) * k.channels;
      column.inner = right - left;
      column.b += left * tile_columns<T>;
      column.b_gap = (k.out_width - column.inner) * tile_columns<T>;
      column.c += kw * k.channels * tile_columns<T>;
      multiply_rows(k.channels, column);
    }
  }

  const Correlation& k_;
  const FilterGradBand& band_;
  const T* x_;
  const T* dy_;
  Index channels_;
  Index width_;
  T* sums_;
  Scratch<T> panel_;
  std::optional<TapRows<T>> taps_;  // or else
  std::optional<RowsBetweenZeros<T>> between_zeros_;
};

/// dw (O, depth) = the sum of `parts` packed (blocks, depth, tile_columns), transposed; sums in place.
template <class T>
void unpack_filter_sums(Index out_channels, Index depth, Index parts, T* packed, T* dw) {
  constexpr Index columns = tile_columns<T>;
  constexpr Index slab = 256;  // of depth
  const Index slabs = tile_count(depth, slab);
  const Index size = packed_size<T>(out_channels, depth);
  parallel_tasks(tile_count(out_channels, columns) * slabs, [&](Index task) {
    const Index channel = task / slabs * columns;
    const Index first = task % slabs * slab;
    const Index rows = std::min(slab, depth - first);
    T* const sum = packed + channel * depth + first * columns;
    for (Index part = 1; part < parts; ++part)
      for (Index i = 0; i < rows * columns; ++i) sum[i] += sum[part * size + i];
    transpose(rows, std::min(columns, out_channels - channel), sum, columns, dw + channel * depth + first, depth);
  });
}

}  // namespace detail

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w); float or double.
template <class T>
void conv2d_filter_grad_direct(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  const Index size = g.filter_shape().size();
  if (g.batch == 0) std::fill_n(dw, size, T(0));
  if (g.batch * size == 0) return;
  const detail::FilterGradBand band(g);
  const Index blocks = tile_count(g.out_channels, tile_columns<T>);
  const Index block_size = g.patch_size() * tile_columns<T>;
  // Blocks whose sums stay in the second-level cache together are one task, which reads x once for all of them.
  constexpr Index sum_bytes = 128 << 10, scalar_bytes = sizeof(T);
  const Index group = std::clamp<Index>(sum_bytes / (block_size * scalar_bytes), 1, blocks);
  const Index groups = tile_count(blocks, group);
  const Index shares = detail::filter_grad_shares(g, groups, band.count(g.batch));
  const Scratch<T> sums(shares * blocks * block_size);
  const Correlation forward = detail::forward_correlation(g);
  const Index bands = band.count(g.batch), share = tile_count(bands, shares);
  parallel_tasks(shares * groups, [&](Index task) {
    const Index block = task % groups * group, channel = block * tile_columns<T>;
    T* const sum = sums.data() + (task / groups * blocks + block) * block_size;
    const detail::FilterGradBlocks<T> some(forward, band, x, dy + channel, g.out_channels,
                                           std::min(group * tile_columns<T>, g.out_channels - channel), sum);
    const Index begin = task / groups * share;
    const Index end = std::min(begin + share, bands);
    if (begin >= end) std::fill_n(sum, std::min(group, blocks - block) * block_size, T(0));
    for (Index b = begin; b < end; ++b) some.sum_band(b, b != begin);
  });
  detail::unpack_filter_sums(g.out_channels, g.patch_size(), shares, sums.data(), dw);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
