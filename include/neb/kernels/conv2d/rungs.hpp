/// The rungs of the convolution and of its two gradients, and the entry point that calls the one that was chosen.
#pragma once

#include <algorithm>
#include <string>

#include "neb/core/error.hpp"
#include "neb/kernels/conv2d/bias.hpp"
#include "neb/kernels/conv2d/conv2d.hpp"
#include "neb/kernels/conv2d/direct.hpp"
#include "neb/kernels/conv2d/direct_filter_grad.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/im2col.hpp"
#include "neb/kernels/conv2d/reference.hpp"
#include "neb/kernels/conv2d/winograd.hpp"
#include "neb/kernels/conv2d/winograd_cost.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// The rung to run: the fast kernels need scalars that vector registers hold, so not long double.
template <class T>
Conv2dRung resolve_rung(const Conv2dGeometry& g, Conv2dRung rung) {
  if (rung == Conv2dRung::automatic) rung = choose_rung<T>(g);
  if (rung >= Conv2dRung::winograd && !winograd::applies_to(g))
    throw ValueError(
        "conv2d: Winograd's kernels take filters of 2 to 5 taps a stride   [x: " + g.input_shape().to_string() +
        ", w: " + g.filter_shape().to_string() + ", stride: " + std::to_string(g.stride) + "]");
  return rung >= Conv2dRung::direct && sizeof(T) > sizeof(double) ? Conv2dRung::im2col : rung;
}

}  // namespace detail

template <class T>
void conv2d_passes(const Conv2dGeometry& g, const Conv2dArrays<T>& a, Conv2dRung rung) {
  rung = detail::resolve_rung<T>(g, rung);
  const Index images = g.input_shape().size(), results = g.output_shape().size();
  if (images == 0 || results == 0) {  // sums of nothing, over arrays that may have no address to count from
    if (a.y) detail::set_to_bias(g.batch * g.out_pixels(), g.out_channels, a.bias, a.y, g.out_channels);
    if (a.dx) std::fill_n(a.dx, images, T(0));
    if (a.dw) std::fill_n(a.dw, g.filter_shape().size(), T(0));
    return;
  }
  if (rung == Conv2dRung::reference) {
    if (a.y) conv2d_reference(g, a.x, a.w, a.bias, a.y);
    if (a.dx) conv2d_input_grad_reference(g, a.dy, a.w, a.dx);
    if (a.dw) conv2d_filter_grad_reference(g, a.x, a.dy, a.dw);
  } else if (rung == Conv2dRung::im2col) {
    if (a.y) conv2d_im2col(g, a.x, a.w, a.bias, a.y);
    if (a.dx) conv2d_input_grad_im2col(g, a.dy, a.w, a.dx);
    if (a.dw) conv2d_filter_grad_im2col(g, a.x, a.dy, a.dw);
  } else if constexpr (sizeof(T) <= sizeof(double)) {
    // More points than six are compiled for float alone, see choose_rung().
    if constexpr (sizeof(T) == sizeof(float)) {
      if (rung == Conv2dRung::winograd_seven) return conv2d_winograd<winograd::SevenPoints>(g, a);
      if (rung == Conv2dRung::winograd_eight) return conv2d_winograd<winograd::EightPoints>(g, a);
    }
    if (rung >= Conv2dRung::winograd) return conv2d_winograd<winograd::SixPoints>(g, a);
    if (a.y) conv2d_direct(g, a.x, a.w, a.bias, a.y, a.kept);
    if (a.dx) conv2d_input_grad_direct(g, a.dy, a.w, a.dx, a.kept);
    if (a.dw) conv2d_filter_grad_direct(g, a.x, a.dy, a.dw);
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
