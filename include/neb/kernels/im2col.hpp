/// im2col copies the inputs of each output pixel into a row of a matrix, which turns a convolution into a matrix
/// product; col2im is its adjoint and adds the rows of such a matrix back to where they came from.
///
/// Both go over output pixels and then over kernel rows: channels last, the KW * C inputs under one kernel row are one
/// run of memory, so each step is one copy (or one vector addition), cut short at the image's edge.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d_geometry.hpp"

namespace neb::kernels {

namespace detail {

/// The part of one kernel row that lies inside the image: elements [begin, end) of its KW * C, from image offset `at`.
struct KernelRow {
  Index begin;
  Index end;
  Index at;
};

/// Kernel row `kh` at output pixel (oh, ow); begin == end when it lies outside.
inline KernelRow kernel_row(const Conv2dGeometry& g, Index oh, Index ow, Index kh) {
  const Index h = oh * g.stride + kh - g.padding;
  const Index w = ow * g.stride - g.padding;
  if (h < 0 || h >= g.height) return {0, 0, 0};
  const Index begin = std::clamp<Index>(-w, 0, g.kernel_width);
  const Index end = std::clamp<Index>(g.width - w, begin, g.kernel_width);
  if (begin == end) return {0, 0, 0};
  return {begin * g.in_channels, end * g.in_channels, (h * g.width + w + begin) * g.in_channels};
}

}  // namespace detail

/// patches (end - begin, KH*KW*C) = the inputs of output pixels [begin, end) of one image (H,W,C), zeros for padding.
template <class T>
void im2col(const Conv2dGeometry& g, const T* image, Index begin, Index end, T* patches) {
  const Index run = g.kernel_width * g.in_channels;
  for (Index pixel = begin; pixel < end; ++pixel)
    for (Index kh = 0; kh < g.kernel_height; ++kh, patches += run) {
      const auto row = detail::kernel_row(g, pixel / g.out_width(), pixel % g.out_width(), kh);
      std::fill(patches, patches + row.begin, T(0));
      std::copy_n(image + row.at, row.end - row.begin, patches + row.begin);
      std::fill(patches + row.end, patches + run, T(0));
    }
}

/// Adds patches (end - begin, KH*KW*C) of output pixels [begin, end) to rows [first_row, last_row) of one image
/// (H,W,C), and leaves the other rows alone: the owner of those adds the same patches.
template <class T>
void col2im_add(const Conv2dGeometry& g, const T* patches, Index begin, Index end, Index first_row,
                Index last_row, T* image) {
  const Index run = g.kernel_width * g.in_channels;
  for (Index pixel = begin; pixel < end; ++pixel)
    for (Index kh = 0; kh < g.kernel_height; ++kh, patches += run) {
      const Index h = pixel / g.out_width() * g.stride + kh - g.padding;
      if (h < first_row || h >= last_row) continue;
      const auto row = detail::kernel_row(g, pixel / g.out_width(), pixel % g.out_width(), kh);
      T* const target = image + row.at;
      const T* const source = patches + row.begin;
      for (Index i = 0; i < row.end - row.begin; ++i) target[i] += source[i];
    }
}

}  // namespace neb::kernels
