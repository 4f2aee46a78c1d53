/// Convolution and its two gradients: one entry point each, and one function that picks the kernel.
///
/// The rungs compute the same function in three ways, to be compared and learned from: plain loops, matrix products
/// over copied patches, and a direct kernel. They differ in the order of their sums, so in the last bits.
#pragma once

#include <algorithm>

#include "neb/kernels/conv2d_direct.hpp"
#include "neb/kernels/conv2d_direct_filter_grad.hpp"
#include "neb/kernels/conv2d_geometry.hpp"
#include "neb/kernels/conv2d_im2col.hpp"
#include "neb/kernels/conv2d_reference.hpp"

namespace neb::kernels {

/// How to compute a convolution.
enum class Conv2dRung { automatic, reference, im2col, direct };

/// The rung that `automatic` stands for: a function of the geometry alone, so that it is the same at any thread count.
inline Conv2dRung choose_rung(const Conv2dGeometry& g) {
  // A tile of the direct kernel lies along a row of the image, and needs about four pixels to fill the multipliers.
  return std::min(g.width, g.out_width()) < 4 ? Conv2dRung::im2col : Conv2dRung::direct;
}

namespace detail {

/// The rung to run: the direct kernel needs scalars that vector registers hold, so not long double.
template <class T>
Conv2dRung resolve_rung(const Conv2dGeometry& g, Conv2dRung rung) {
  if (rung == Conv2dRung::automatic) rung = choose_rung(g);
  return rung == Conv2dRung::direct && sizeof(T) > sizeof(double) ? Conv2dRung::im2col : rung;
}

}  // namespace detail

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)).
template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, T* y, Conv2dRung rung = Conv2dRung::automatic) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_reference(g, x, w, y);
  if (rung == Conv2dRung::im2col) return conv2d_im2col(g, x, w, y);
  if constexpr (sizeof(T) <= sizeof(double)) conv2d_direct(g, x, w, y);
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad(const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                       Conv2dRung rung = Conv2dRung::automatic) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_input_grad_reference(g, dy, w, dx);
  if (rung == Conv2dRung::im2col) return conv2d_input_grad_im2col(g, dy, w, dx);
  if constexpr (sizeof(T) <= sizeof(double)) conv2d_input_grad_direct(g, dy, w, dx);
}

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad(const Conv2dGeometry& g, const T* x, const T* dy, T* dw,
                        Conv2dRung rung = Conv2dRung::automatic) {
  rung = detail::resolve_rung<T>(g, rung);
  if (rung == Conv2dRung::reference) return conv2d_filter_grad_reference(g, x, dy, dw);
  if (rung == Conv2dRung::im2col) return conv2d_filter_grad_im2col(g, x, dy, dw);
  if constexpr (sizeof(T) <= sizeof(double)) conv2d_filter_grad_direct(g, x, dy, dw);
}

}  // namespace neb::kernels
