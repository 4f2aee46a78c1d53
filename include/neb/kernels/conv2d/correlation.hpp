/// Correlations: what a convolution and its input gradient compute.
#pragma once

#include <algorithm>
#include <utility>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"

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
  /// Whether a filter gradient sums the columns of the kernel one by one, each over the outputs that it has an input for: no zeros
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

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
