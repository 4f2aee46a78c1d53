/// Correlations: what a convolution and its input gradient compute, and how columns of padding are met.
///
/// Rows of padding are skipped. Columns of padding are left out where tiles lie across images, and where the columns of the kernel
/// can be summed apart; where those are too short they cost a copy of the rows that a task reads.
#pragma once

#include <algorithm>
#include <utility>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

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
  /// Whether each output is made of the pixel at its place, and lies there.
  bool pointwise() const {
    return kernel_height == 1 && kernel_width == 1 && stride == 1 && top == 0 && left == 0 && out_height == height &&
           out_width == width && y_pixel == out_channels && y_row == width * y_pixel && y_image == height * y_row;
  }
  Index columns() const { return (out_width - 1) * stride + kernel_width; }  ///< of x that one output row reads
  bool needs_columns_of_zeros() const { return left > 0 || columns() - left > width; }
  /// Whether a row of the output is too short for register tiles along it: they lie across the images of a batch then, at one
  /// place of all of them, where all have the same inputs and no zeros.
  bool across_images() const { return out_width <= 16; }
  /// Whether the columns of the kernel are summed one by one, each over the outputs that it has an input for: no zeros
  /// are copied or multiplied then, but sums come and go once for each column, which must be worth it.
  bool columns_apart() const { return needs_columns_of_zeros() && kernel_height * channels >= 64; }

  /// The outputs [first, last) of a row that have an input under column `kw` of the kernel.
  std::pair<Index, Index> outputs_of_column(Index kw) const {
    const Index lead = left - kw;  // output c reads column c * stride - lead
    const Index first = std::clamp<Index>(lead > 0 ? (lead - 1) / stride + 1 : 0, 0, out_width);
    const Index reach = width - 1 + lead;
    return {first, std::clamp<Index>(reach < 0 ? 0 : reach / stride + 1, first, out_width)};
  }
};

namespace detail {

/// The correlation that computes y of a convolution from x.
inline Correlation forward_correlation(const Conv2dGeometry& g) {
  return {.batch = g.batch,
          .height = g.height,
          .width = g.width,
          .channels = g.in_channels,
          .out_height = g.out_height(),
          .out_width = g.out_width(),
          .out_channels = g.out_channels,
          .kernel_height = g.kernel_height,
          .kernel_width = g.kernel_width,
          .stride = g.stride,
          .top = g.padding,
          .left = g.padding,
          .y_image = g.out_pixels() * g.out_channels,
          .y_row = g.out_width() * g.out_channels,
          .y_pixel = g.out_channels};
}

}  // namespace detail

/// Copies of image rows between columns of zeros, made by the task that reads them, whose core they stay near.
template <class T>
class RowsBetweenZeros {
 public:
  /// Room for what at most `rows` output rows read in each of `images` images; none if no columns of zeros are needed, or those of the
  /// kernel are summed `apart`.
  RowsBetweenZeros(const Correlation& k, bool apart, Index images, Index rows)
      : k_(k),
        copied_(k.needs_columns_of_zeros() && !apart),
        rows_(copied_ ? images * ((rows - 1) * k.stride + k.kernel_height) * k.columns() * k.channels : 0) {}

  /// Copies what output rows [begin, end) read of images (images, H, W, C), and calls body(correlation, copy) with what has these
  /// as its output rows [begin, end); or else with the images themselves.
  template <class Body>
  void copy(const T* images, Index count, Index begin, Index end, Body&& body) const {
    if (!copied_) return body(k_, images);
    const Index above = begin * k_.stride - k_.top;
    const auto [first, last] = kernel_inside(above, (end - 1 - begin) * k_.stride + k_.kernel_height, k_.height);
    Correlation k = k_;
    k.height = last - first;
    k.width = k_.columns();
    k.top += above + first;
    k.left = 0;
    const auto [left, right] = kernel_inside(-k_.left, k.width, k_.width);
    T* to = rows_.data();
    for (Index image = 0; image < count; ++image)
      for (Index row = above + first; row < above + last; ++row) {
        const T* const from = images + ((image * k_.height + row) * k_.width + left - k_.left) * k_.channels;
        to = std::fill_n(to, left * k_.channels, T(0));
        to = std::copy_n(from, (right - left) * k_.channels, to);
        to = std::fill_n(to, (k.width - right) * k_.channels, T(0));
      }
    body(std::as_const(k), static_cast<const T*>(rows_.data()));
  }

 private:
  const Correlation& k_;
  bool copied_;
  Scratch<T> rows_;
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
