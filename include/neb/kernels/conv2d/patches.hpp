/// im2col copies the inputs of each output pixel into a row of a matrix, which turns a convolution into a matrix
/// product; col2im is its adjoint and adds the rows of such a matrix back to where they came from.
///
/// Both go over output pixels and then over kernel rows: channels last, the KW * C inputs under one kernel row are
/// one run of memory, so each step is one copy (or one vector addition), cut short at the image's edge.
/// An input gradient by any matrix product is col2im of its patches, band by band.
/// Pixels and rows are counted over the whole batch, so that a band may end in the middle of an image or span several.
#pragma once

#include <algorithm>
#include <cstddef>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/tasks.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// Calls visit(row, begin, end, at) for every output pixel in [first, last) and every kernel row of it, in order:
/// of the KW * C inputs under the kernel row, [begin, end) lie inside the image, from element `at` of the batch on, in
/// image row `row`, counted over the batch. With begin == end none does, and `row` is -1.
template <class Visit>
void for_each_kernel_row(const Conv2dGeometry& g, Index first, Index last, Visit&& visit) {
  const Index out_width = g.out_width();
  Index n = first / g.out_pixels();
  Index oh = first % g.out_pixels() / out_width;
  Index ow = first % out_width;
  for (Index pixel = first; pixel < last; ++pixel) {
    const Index left = ow * g.stride - g.padding;
    const Index begin = std::clamp<Index>(-left, 0, g.kernel_width);
    const Index end = std::clamp<Index>(g.width - left, begin, g.kernel_width);
    for (Index kh = 0; kh < g.kernel_height; ++kh) {
      const Index h = oh * g.stride + kh - g.padding;
      const Index row = n * g.height + h;
      if (h < 0 || h >= g.height || begin == end)
        visit(Index{-1}, Index{0}, Index{0}, Index{0});
      else
        visit(row, begin * g.in_channels, end * g.in_channels, (row * g.width + left + begin) * g.in_channels);
    }
    if (++ow == out_width) ow = 0, ++oh;
    if (oh == g.out_height()) oh = 0, ++n;
  }
}

}  // namespace detail

/// patches (end - begin, KH*KW*C) = the inputs in x (N,H,W,C) of output pixels [begin, end), zeros for padding.
template <class T>
void im2col(const Conv2dGeometry& g, const T* x, Index begin, Index end, T* patches) {
  const Index run = g.kernel_width * g.in_channels;
  detail::for_each_kernel_row(g, begin, end, [&](Index, Index inside, Index outside, Index at) {
    std::fill(patches, patches + inside, T(0));
    // A loop, for a call of memmove costs more than the few channels of a first layer.
    for (Index i = inside; i < outside; ++i) patches[i] = x[at + i - inside];
    std::fill(patches + outside, patches + run, T(0));
    patches += run;
  });
}

/// Adds patches (end - begin, KH*KW*C) of output pixels [begin, end) to image rows [first_row, last_row) of
/// x (N,H,W,C), and leaves the other rows alone: who owns those adds the same patches.
template <class T>
void col2im_add(const Conv2dGeometry& g, const T* patches, Index begin, Index end, Index first_row, Index last_row,
                T* x) {
  const Index run = g.kernel_width * g.in_channels;
  detail::for_each_kernel_row(g, begin, end, [&](Index row, Index inside, Index outside, Index at) {
    if (row >= first_row && row < last_row)
      for (Index i = inside; i < outside; ++i) x[at + i - inside] += patches[i];
    patches += run;
  });
}

namespace detail {

/// Output pixels, counted over the batch, whose patches are formed at a time.
inline Index patch_band(const Conv2dGeometry& g, std::size_t scalar_bytes) {
  const Index row_bytes = std::max<Index>(1, g.patch_size()) * static_cast<Index>(scalar_bytes);
  const Index fitting = std::clamp<Index>((Index{2} << 20) / row_bytes, 1, 512);
  const Index worthwhile = conv2d_least_work / std::max<Index>(1, g.patch_size() * g.out_channels);
  const Index share = std::max({Index{64}, worthwhile, g.batch * g.out_pixels() / conv2d_tasks});
  return std::min(fitting, share);
}

/// The output rows, counted over the batch, that read any of the image rows [first, last).
struct Readers {
  Index begin;
  Index end;

  Readers(const Conv2dGeometry& g, Index first, Index last) {
    // Output row oh reads the KH image rows from oh * stride - padding on.
    const Index above = first % g.height + g.padding - g.kernel_height;
    const Index reach = (last - 1) % g.height + g.padding;
    begin = first / g.height * g.out_height() + (above < 0 ? 0 : std::min(g.out_height(), above / g.stride + 1));
    end = (last - 1) / g.height * g.out_height() + std::min(g.out_height(), reach / g.stride + 1);
  }
};

/// dx (N,H,W,I) = col2im of the patches that product(begin, end, patches) writes for output pixels [begin, end).
template <class T, class Product>
void input_grad_of_patches(const Conv2dGeometry& g, T* dx, Product&& product) {
  const Index rows = g.batch * g.height;
  const Index row_size = g.width * g.in_channels;
  if (rows * row_size == 0) return;
  const Index band = patch_band(g, sizeof(T));
  // Neighbouring tasks both form the patches on their border, KH - 1 rows of them: a task takes at least 4 KH rows.
  const Index row_work = std::max<Index>(1, g.macs() / rows);
  const Index share = std::max({rows / conv2d_tasks, 4 * g.kernel_height, conv2d_least_work / row_work});
  parallel_tiles(rows, share, [&](Index first_row, Index last_row) {
    const Scratch<T> patches(band * g.patch_size());
    const Readers readers(g, first_row, last_row);
    std::fill(dx + first_row * row_size, dx + last_row * row_size, T(0));
    const Index last = readers.end * g.out_width();
    for (Index begin = readers.begin * g.out_width(); begin < last; begin += band) {
      const Index end = std::min(begin + band, last);
      product(begin, end, patches.data());
      col2im_add(g, patches.data(), begin, end, first_row, last_row, dx);
    }
  });
}

}  // namespace detail

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
