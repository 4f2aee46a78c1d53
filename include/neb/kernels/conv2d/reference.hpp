/// Convolution and its two gradients as plain loops: what the fast kernels must compute, and the oracle of their tests.
///
/// T(x, w, g) = sum of g * conv2d(x, w) is linear in each of its three arguments, and the three functions below are
/// its derivatives by g, x and w. So they visit the same products x * w * g, and differ only in which of the three
/// they write to.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/bias.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Calls visit(x_offset, w_offset, y_offset) for every product of the convolution, padding left out.
template <class Visit>
void for_each_product(const Conv2dGeometry& g, Visit&& visit) {
  for (Index n = 0; n < g.batch; ++n)
    for (Index oh = 0; oh < g.out_height(); ++oh)
      for (Index ow = 0; ow < g.out_width(); ++ow)
        for (Index o = 0; o < g.out_channels; ++o)
          for (Index kh = 0; kh < g.kernel_height; ++kh)
            for (Index kw = 0; kw < g.kernel_width; ++kw) {
              const Index h = oh * g.stride + kh - g.padding;
              const Index w = ow * g.stride + kw - g.padding;
              if (h < 0 || h >= g.height || w < 0 || w >= g.width) continue;
              for (Index i = 0; i < g.in_channels; ++i)
                visit(((n * g.height + h) * g.width + w) * g.in_channels + i,
                      ((o * g.kernel_height + kh) * g.kernel_width + kw) * g.in_channels + i,
                      ((n * g.out_height() + oh) * g.out_width() + ow) * g.out_channels + o);
            }
}

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)) + bias (O), which may be null.
template <class T>
void conv2d_reference(const Conv2dGeometry& g, const T* x, const T* w, const T* bias, T* y) {
  detail::set_to_bias(g.batch * g.out_pixels(), g.out_channels, bias, y, g.out_channels);
  for_each_product(g, [&](Index at_x, Index at_w, Index at_y) { y[at_y] += x[at_x] * w[at_w]; });
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad_reference(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  std::fill_n(dx, g.input_shape().size(), T(0));
  for_each_product(g, [&](Index at_x, Index at_w, Index at_y) { dx[at_x] += dy[at_y] * w[at_w]; });
}

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad_reference(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  std::fill_n(dw, g.filter_shape().size(), T(0));
  for_each_product(g, [&](Index at_x, Index at_w, Index at_y) { dw[at_w] += x[at_x] * dy[at_y]; });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
