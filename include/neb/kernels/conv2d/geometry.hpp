/// The extents of a two-dimensional convolution, checked once and then passed to every kernel.
///
/// Layout is channels last: images (N, H, W, C), filters (O, KH, KW, I), row-major and contiguous, so that the
/// channels of one pixel, and the KW * I inputs of one filter row, are runs of neighbouring elements.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb {

/// How a convolution moves over its input; the same in both directions.
struct Conv2dOptions {
  Index stride = 1;   ///< step between neighbouring outputs, in input pixels
  Index padding = 0;  ///< rows and columns of zeros around the input
};

namespace kernels::inline NEB_INSTRUCTION_SET {

/// The pixels [first, last) of `kernel` ones along an axis that lie inside `extent`, where the first of them lies at `at`.
inline std::pair<Index, Index> kernel_inside(Index at, Index kernel, Index extent) {
  const Index first = std::clamp<Index>(-at, 0, kernel);
  return {first, std::clamp<Index>(extent - at, first, kernel)};
}

/// Extents of y(n,h,w,o) = sum over kh,kw,i of x(n, h*stride + kh - padding, w*stride + kw - padding, i) w(o,kh,kw,i).
struct Conv2dGeometry {
  Index batch = 0;
  Index height = 0;
  Index width = 0;
  Index in_channels = 0;
  Index out_channels = 0;
  Index kernel_height = 1;
  Index kernel_width = 1;
  Index stride = 1;
  Index padding = 0;

  /// Geometry of a convolution of images `x` (N,H,W,I) with filters `w` (O,KH,KW,I). Throws ShapeError or ValueError,
  /// in the name of `operation`, when they do not fit. An empty batch and zero channels are legal.
  static Conv2dGeometry from(const Shape& x, const Shape& w, const Conv2dOptions& options,
                             const char* operation = "conv2d");

  Index out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
  Index out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
  Index out_pixels() const { return out_height() * out_width(); }

  /// Inputs that one output element sums over: KH * KW * I, the length of one row of im2col.
  Index patch_size() const { return kernel_height * kernel_width * in_channels; }

  /// Multiply-adds of one convolution, counting those with padding; each gradient takes as many.
  Index macs() const { return batch * out_pixels() * out_channels * patch_size(); }

  /// The same without those with padding.
  Index macs_inside() const {
    const auto taps = [&](Index outputs, Index kernel, Index extent) {
      Index sum = 0;
      for (Index o = 0; o < outputs; ++o) {
        const auto [first, last] = kernel_inside(o * stride - padding, kernel, extent);
        sum += last - first;
      }
      return sum;
    };
    return batch * in_channels * out_channels * taps(out_height(), kernel_height, height) *
           taps(out_width(), kernel_width, width);
  }

  Shape input_shape() const { return {batch, height, width, in_channels}; }
  Shape filter_shape() const { return {out_channels, kernel_height, kernel_width, in_channels}; }
  Shape output_shape() const { return {batch, out_height(), out_width(), out_channels}; }

  friend bool operator==(const Conv2dGeometry&, const Conv2dGeometry&) = default;
};

inline Conv2dGeometry Conv2dGeometry::from(const Shape& x, const Shape& w, const Conv2dOptions& options,
                                           const char* operation) {
  const std::string shapes = "   [x: " + x.to_string() + ", w: " + w.to_string() + "]";
  const auto complain = [&](const std::string& rule) { throw ShapeError(operation + (": " + rule) + shapes); };
  const auto reject = [&](const std::string& rule) { throw ValueError(operation + (": " + rule) + shapes); };
  const auto number = [](Index n) { return std::to_string(n); };

  if (x.rank() != 4) complain("x has rank 4 (N, H, W, C), got rank " + number(x.rank()));
  if (w.rank() != 4) complain("w has rank 4 (O, KH, KW, I), got rank " + number(w.rank()));
  if (w[3] != x[3])
    complain("w expects " + number(w[3]) + " input channel" + (w[3] == 1 ? "" : "s") + " but x has " + number(x[3]));
  if (w[1] < 1 || w[2] < 1)
    complain("the kernel has at least 1 x 1 pixels, got " + number(w[1]) + " x " + number(w[2]));
  if (options.stride < 1) reject("stride is at least 1, got " + number(options.stride));
  if (options.padding < 0) reject("padding is not negative, got " + number(options.padding));
  constexpr Index largest = std::numeric_limits<Index>::max();
  if (options.padding > (largest - std::max(x[1], x[2])) / 2)
    reject("padding " + number(options.padding) + " is too large to index");
  const Index padded_height = x[1] + 2 * options.padding;
  const Index padded_width = x[2] + 2 * options.padding;
  if (w[1] > padded_height || w[2] > padded_width)
    complain("a kernel of " + number(w[1]) + " x " + number(w[2]) + " pixels does not fit into an input of " +
             number(padded_height) + " x " + number(padded_width) + " with padding " + number(options.padding));

  const Conv2dGeometry g{.batch = x[0],
                         .height = x[1],
                         .width = x[2],
                         .in_channels = x[3],
                         .out_channels = w[0],
                         .kernel_height = w[1],
                         .kernel_width = w[2],
                         .stride = options.stride,
                         .padding = options.padding};
  // Every extent that a kernel computes divides this product or one of the shapes, so none of them can overflow.
  const Shape y = Shape{g.batch, g.out_height(), g.out_width(), w[0]};
  const Shape work{y[0], y[1], y[2], w[0], w[1], w[2], w[3]};
  static_cast<void>(work);
  return g;
}

}  // namespace kernels::inline NEB_INSTRUCTION_SET
}  // namespace neb
