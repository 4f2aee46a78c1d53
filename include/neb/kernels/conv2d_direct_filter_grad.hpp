/// Direct filter gradient: the register tile once more, with sums over pixels.
///
/// dw(o, kh, kw, i) = sum over pixels of dy(pixel, o) x(pixel under (kh, kw), i). A tile has neighbours in the run
/// of KW * I inputs under a kernel row as its rows, a block of output channels as its columns, and k runs over the
/// pixels of a band of output rows. Loop order: bands; kernel rows; tiles along the run; pixels.
/// dy is packed into panels of a block of channels; a band of about 192 pixels keeps the panel (24 KiB in float) in the
/// first-level cache while all inputs pass by. Sums stay packed as (O / block, KH, KW, I, block) and are transposed
/// once, when the shares of the batch that different tasks summed are added in order.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d_direct.hpp"
#include "neb/kernels/conv2d_geometry.hpp"
#include "neb/kernels/conv2d_im2col.hpp"
#include "neb/kernels/correlation.hpp"
#include "neb/kernels/im2col.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels {

namespace detail {

/// Filter gradients of one block of output channels, summed over bands of output rows.
template <class T>
class FilterGradBlock {
 public:
  FilterGradBlock(const Conv2dGeometry& g, Index band, Index channel, const T* x, const T* dy, T* sum)
      : g_(g),
        k_(forward_correlation(g)),
        channel_(channel),
        width_(std::min(tile_columns<T>, g.out_channels - channel)),
        x_(x),
        dy_(dy),
        sum_(sum),
        panel_(band * k_.out_width * tile_columns<T>),
        inputs_(short_run() ? band * k_.out_width * k_.depth() : ImageRows<T>::scratch_size(k_, band)) {
    std::fill_n(sum, k_.depth() * tile_columns<T>, T(0));
  }

  /// Adds output rows [begin, end) of image n, at most a band of them.
  void add(Index n, Index begin, Index end) const {
    pack_upstream((n * k_.out_height + begin) * k_.out_width, (n * k_.out_height + end) * k_.out_width);
    if (short_run()) return add_patches(n, begin, end);
    const T* const image = x_ + n * k_.height * k_.width * k_.channels;
    const Index above = begin * k_.stride - k_.top;
    const ImageRows<T> rows(k_, image, above, above + (end - begin - 1) * k_.stride + k_.kernel_height,
                            inputs_.data());
    for (Index kh = 0; kh < k_.kernel_height; ++kh) add_kernel_row(rows, kh, begin, end);
  }

 private:
  /// Whether the run under a kernel row would leave most of a tile's rows empty.
  bool short_run() const { return k_.run() < tile_rows / 2; }

  /// panel (pixels, tile_columns) = this block's channels of dy at output pixels [begin, end).
  void pack_upstream(Index begin, Index end) const {
    T* to = panel_.data();
    for (Index pixel = begin; pixel < end; ++pixel, to += tile_columns<T>) {
      std::copy_n(dy_ + pixel * g_.out_channels + channel_, width_, to);
      std::fill(to + width_, to + tile_columns<T>, T(0));
    }
  }

  /// As if all kernel rows were one: the patches of each pixel are its inputs.
  void add_patches(Index n, Index begin, Index end) const {
    const Index first = (n * k_.out_height + begin) * k_.out_width;
    const Index pixels = (end - begin) * k_.out_width;
    im2col(g_, x_, first, first + pixels, inputs_.data());
    add_tiles(k_.depth(), {.a = inputs_.data(),
                           .a_row = 1,
                           .outer = 1,
                           .a_outer = 0,
                           .inner = pixels,
                           .a_inner = k_.depth(),
                           .b = panel_.data(),
                           .c = sum_});
  }

  /// Those of the output rows [begin, end) whose input row under kernel row `kh` exists.
  void add_kernel_row(const ImageRows<T>& rows, Index kh, Index begin, Index end) const {
    const Index lead = k_.top - kh;  // output row r reads input row r * stride - lead
    const Index first = std::clamp(lead > 0 ? (lead - 1) / k_.stride + 1 : 0, begin, end);
    const Index reach = k_.height - 1 + lead;
    const Index last = std::clamp(reach < 0 ? 0 : reach / k_.stride + 1, first, end);
    if (first == last) return;
    add_tiles(k_.run(), {.a = rows.row(first * k_.stride - lead),
                         .a_row = 1,
                         .outer = last - first,
                         .a_outer = k_.stride * rows.pitch,
                         .inner = k_.out_width,
                         .a_inner = k_.stride * k_.channels,
                         .b = panel_.data() + (first - begin) * k_.out_width * tile_columns<T>,
                         .c = sum_ + kh * k_.run() * tile_columns<T>});
  }

  /// Adds a product of `rows` rows to the sums, in tiles of equal height as far as possible.
  void add_tiles(Index rows, TileProduct<T> tile) const {
    tile.c_row = tile_columns<T>;
    tile.columns = width_ <= vector_lanes<T> ? vector_lanes<T> : tile_columns<T>;  // whole registers
    tile.add = true;
    const Index tiles = tile_count(rows, tile_rows);
    for (Index t = 0; t < tiles; ++t) {
      const Index height = rows / tiles + (t < rows % tiles ? 1 : 0);
      multiply_tile(height, tile);
      tile.a += height;
      tile.c += height * tile.c_row;
    }
  }

  const Conv2dGeometry& g_;
  Correlation k_;
  Index channel_;
  Index width_;
  const T* x_;
  const T* dy_;
  T* sum_;
  Scratch<T> panel_;
  Scratch<T> inputs_;
};

/// dw (O, depth) = the sum of `parts` packed (blocks, depth, tile_columns), transposed.
template <class T>
void unpack_filter_sums(Index out_channels, Index depth, Index parts, const T* packed, T* dw) {
  constexpr Index columns = tile_columns<T>;
  const Index size = packed_size<T>(out_channels, depth);
  parallel_tiles(tile_count(out_channels, columns) * depth, 1024, [&](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) {
      T sums[columns];
      std::copy_n(packed + row * columns, columns, sums);
      for (Index part = 1; part < parts; ++part)
        for (Index column = 0; column < columns; ++column)
          sums[column] += packed[part * size + row * columns + column];
      const Index channel = row / depth * columns;
      for (Index column = 0; column < std::min(columns, out_channels - channel); ++column)
        dw[(channel + column) * depth + row % depth] = sums[column];
    }
  });
}

}  // namespace detail

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w); float or double.
template <class T>
void conv2d_filter_grad_direct(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  const Index size = g.filter_shape().size();
  if (g.batch == 0) std::fill_n(dw, size, T(0));
  if (g.batch * size == 0) return;
  const Index band = std::clamp<Index>(192 / g.out_width(), 1, g.out_height());
  const Index per_image = tile_count(g.out_height(), band);
  const Index bands = g.batch * per_image;
  const Index blocks = tile_count(g.out_channels, tile_columns<T>);
  const Index share = tile_count(bands, detail::filter_grad_shares(g, blocks, bands));
  const Index shares = tile_count(bands, share);
  const Index block_size = g.patch_size() * tile_columns<T>;
  const Scratch<T> sums(shares * blocks * block_size);
  parallel_tasks(shares * blocks, [&](Index task) {
    const detail::FilterGradBlock<T> block(g, band, task % blocks * tile_columns<T>, x, dy,
                                           sums.data() + task * block_size);
    for (Index b = task / blocks * share; b < std::min((task / blocks + 1) * share, bands); ++b)
      block.add(b / per_image, b % per_image * band, std::min(b % per_image * band + band, g.out_height()));
  });
  detail::unpack_filter_sums(g.out_channels, g.patch_size(), shares, sums.data(), dw);
}

}  // namespace neb::kernels
