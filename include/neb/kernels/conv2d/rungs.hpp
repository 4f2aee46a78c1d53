/// The rungs of the convolution and of its two gradients, and the entry points that call the one that was chosen.
#pragma once

#include <string>

#include "neb/core/error.hpp"
#include "neb/kernels/conv2d/conv2d.hpp"
#include "neb/kernels/conv2d/direct.hpp"
#include "neb/kernels/conv2d/direct_filter_grad.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/im2col.hpp"
#include "neb/kernels/conv2d/reference.hpp"
#include "neb/kernels/conv2d/winograd.hpp"
#include "neb/kernels/conv2d/winograd_filter_grad.hpp"
#include "neb/kernels/conv2d/winograd_tiles.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// The rung to run: the fast kernels need scalars that vector registers hold, so not long double.
template <class T>
Conv2dRung resolve_rung(const Conv2dGeometry& g, Conv2dRung rung) {
  if (rung == Conv2dRung::automatic) rung = choose_rung(g);
  if (rung == Conv2dRung::winograd && !winograd::applies_to(g))
    throw ValueError(
        "conv2d: Winograd's kernels take filters of 3 x 3 pixels at stride 1   [x: " + g.input_shape().to_string() +
        ", w: " + g.filter_shape().to_string() + ", stride: " + std::to_string(g.stride) + "]");
  return rung >= Conv2dRung::direct && sizeof(T) > sizeof(double) ? Conv2dRung::im2col : rung;
}

}  // namespace detail

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, T* y, Conv2dRung rung) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_reference(g, x, w, y);
  if (rung == Conv2dRung::im2col) return conv2d_im2col(g, x, w, y);
  if constexpr (sizeof(T) <= sizeof(double)) {
    if (rung == Conv2dRung::winograd) return conv2d_winograd(g, x, w, y);
    conv2d_direct(g, x, w, y);
  }
}

template <class T>
void conv2d_input_grad(const Conv2dGeometry& g, const T* dy, const T* w, T* dx, Conv2dRung rung) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_input_grad_reference(g, dy, w, dx);
  if (rung == Conv2dRung::im2col) return conv2d_input_grad_im2col(g, dy, w, dx);
  if constexpr (sizeof(T) <= sizeof(double)) {
    if (rung == Conv2dRung::winograd) return conv2d_input_grad_winograd(g, dy, w, dx);
    conv2d_input_grad_direct(g, dy, w, dx);
  }
}

template <class T>
void conv2d_filter_grad(const Conv2dGeometry& g, const T* x, const T* dy, T* dw, Conv2dRung rung) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_filter_grad_reference(g, x, dy, dw);
  if (rung == Conv2dRung::im2col) return conv2d_filter_grad_im2col(g, x, dy, dw);
  if constexpr (sizeof(T) <= sizeof(double)) {
    if (rung == Conv2dRung::winograd) return conv2d_filter_grad_winograd(g, x, dy, dw);
    conv2d_filter_grad_direct(g, x, dy, dw);
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
