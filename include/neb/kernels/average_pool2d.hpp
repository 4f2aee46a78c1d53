/// Means over square windows of images (N, H, W, C), and the transpose of that map.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// The sizes of a pooling; every window lies inside the image.
struct Pool2dGeometry {
  Index batch, height, width, channels;
  Index window, stride;

  Index output_height() const { return (height - window) / stride + 1; }
  Index output_width() const { return (width - window) / stride + 1; }
};

/// Calls visit(x, y) with the offsets of every pair of an input pixel in row (n, h) and an output pixel in row (n, oh).
template <class Visit>
void for_each_pooled_pair(const Pool2dGeometry& p, Index n, Index h, Index oh, Visit&& visit) {
  for (Index ow = 0; ow < p.output_width(); ++ow)
    for (Index w = ow * p.stride; w < ow * p.stride + p.window; ++w)
      visit(((n * p.height + h) * p.width + w) * p.channels,
            ((n * p.output_height() + oh) * p.output_width() + ow) * p.channels);
}

/// y: (N, OH, OW, C) = the mean over each window of x.
template <class T>
void average_pool2d(const Pool2dGeometry& p, const T* x, T* y) {
  const T share = T(1) / static_cast<T>(p.window * p.window);
  const Index row = p.output_width() * p.channels;
  parallel_tasks(p.batch * p.output_height(), [&](Index task) {
    const Index n = task / p.output_height(), oh = task % p.output_height();
    std::fill_n(y + task * row, row, T(0));
    for (Index h = oh * p.stride; h < oh * p.stride + p.window; ++h)
      for_each_pooled_pair(p, n, h, oh, [&](Index from, Index to) {
        for (Index c = 0; c < p.channels; ++c) y[to + c] += x[from + c];
      });
    for (Index i = 0; i < row; ++i) y[task * row + i] *= share;
  });
}

/// x: (N, H, W, C) = each pixel's share of g: (N, OH, OW, C), summed over the windows that it lies in.
template <class T>
void average_pool2d_input_grad(const Pool2dGeometry& p, const T* g, T* x) {
  const T share = T(1) / static_cast<T>(p.window * p.window);
  const Index row = p.width * p.channels;
  parallel_tasks(p.batch * p.height, [&](Index task) {
    const Index n = task / p.height, h = task % p.height;
    std::fill_n(x + task * row, row, T(0));
    const Index first = h < p.window ? 0 : (h - p.window) / p.stride + 1;
    const Index last = std::min(h / p.stride, p.output_height() - 1);
    for (Index oh = first; oh <= last; ++oh)
      for_each_pooled_pair(p, n, h, oh, [&](Index to, Index from) {
        for (Index c = 0; c < p.channels; ++c) x[to + c] += share * g[from + c];
      });
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
