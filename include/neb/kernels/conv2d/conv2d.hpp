/// Convolution and its two gradients: one entry point each, and one function that picks the kernel.
///
/// The rungs compute the same function in four ways, to be compared and learned from: plain loops, matrix products over
/// copied patches, a direct kernel, and Winograd's. They differ in the order of their sums, so in the last bits; Winograd's
/// also rounds differently, to some 4e-6 of the result in float.
#pragma once

#include <algorithm>
#include <string>

#include "neb/kernels/conv2d/direct.hpp"
#include "neb/kernels/conv2d/direct_filter_grad.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/im2col.hpp"
#include "neb/kernels/conv2d/reference.hpp"
#include "neb/kernels/conv2d/winograd.hpp"
#include "neb/kernels/conv2d/winograd_filter_grad.hpp"
#include "neb/kernels/conv2d/winograd_tiles.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// How to compute a convolution.
enum class Conv2dRung { automatic, reference, im2col, direct, winograd };

/// The rung that `automatic` stands for: a function of the geometry alone, so that it is the same at any thread count.
inline Conv2dRung choose_rung(const Conv2dGeometry& g) {
  if (winograd::applies_to(g) && std::min(g.in_channels, g.out_channels) >= 16) {
    // Multiplications that Winograd saves, less those spent on the parts of tiles that lie outside the image. Its
    // transforms cost what is left of a small factor, and a few tiles of few channels do not fill the registers.
    const winograd::TileGrid grid{g.batch, g.out_height(), g.out_width()};
    const Index multiplications = grid.count() * winograd::planes;
    const Index direct = g.batch * g.out_pixels() * winograd::taps * winograd::taps;
    if (5 * direct >= 12 * multiplications && grid.count() >= 16) return Conv2dRung::winograd;
  }
  // A tile of the direct kernel lies along a row of the image, and needs about four pixels to fill the multipliers.
  return std::min(g.width, g.out_width()) < 4 ? Conv2dRung::im2col : Conv2dRung::direct;
}

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

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)).
template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, T* y, Conv2dRung rung = Conv2dRung::automatic) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_reference(g, x, w, y);
  if (rung == Conv2dRung::im2col) return conv2d_im2col(g, x, w, y);
  if constexpr (sizeof(T) <= sizeof(double)) {
    if (rung == Conv2dRung::winograd) return conv2d_winograd(g, x, w, y);
    conv2d_direct(g, x, w, y);
  }
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad(const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                       Conv2dRung rung = Conv2dRung::automatic) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_input_grad_reference(g, dy, w, dx);
  if (rung == Conv2dRung::im2col) return conv2d_input_grad_im2col(g, dy, w, dx);
  if constexpr (sizeof(T) <= sizeof(double)) {
    if (rung == Conv2dRung::winograd) return conv2d_input_grad_winograd(g, dy, w, dx);
    conv2d_input_grad_direct(g, dy, w, dx);
  }
}

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad(const Conv2dGeometry& g, const T* x, const T* dy, T* dw,
                        Conv2dRung rung = Conv2dRung::automatic) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_filter_grad_reference(g, x, dy, dw);
  if (rung == Conv2dRung::im2col) return conv2d_filter_grad_im2col(g, x, dy, dw);
  if constexpr (sizeof(T) <= sizeof(double)) {
    if (rung == Conv2dRung::winograd) return conv2d_filter_grad_winograd(g, x, dy, dw);
    conv2d_filter_grad_direct(g, x, dy, dw);
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
