/// im2col copies the inputs of each output pixel into a row of a matrix, which turns a convolution into a matrix
/// product; col2im is its adjoint and adds the rows of such a matrix back to where they came from.
///
/// Both go over output pixels and then over kernel rows: channels last, the KW * C inputs under one kernel row are
/// one run of memory, so each step is one copy (or one vector addition), cut short at the image's edge.
/// Pixels and rows are counted over the whole batch, so that a band may end in the middle of an image or span several.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"

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

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
