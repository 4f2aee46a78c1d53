/// Convolution and its two gradients: one entry point for any of them, and one function that picks the kernel.
///
/// The rungs compute the same function in four ways, to be compared and learned from: plain loops, matrix products over
/// copied patches, a direct kernel, and Winograd's. They differ in the order of their sums, so in the last bits; Winograd's
/// also rounds differently, to some 2e-6 of the result in float with six points, 4e-6 with seven and 8e-6 with eight, see
/// Conv2dPrecision.
///
/// Numbers that are not finite spread further than in plain loops. One pixel makes NaN of all outputs of the tiles that read it in
/// Winograd's kernels, 4 x 4 to 6 x 6 outputs of 3 x 3 filters; one weight does so of all outputs of its filter there, and in the
/// direct and im2col kernels of those where it meets padding, as infinity times 0.
#pragma once

#include <algorithm>

#include "neb/core/precision.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/kept_filters.hpp"
#include "neb/kernels/conv2d/winograd_cost.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// How to compute a convolution; Winograd's kernels evaluate at six points, at seven or at eight.
enum class Conv2dRung { automatic, reference, im2col, direct, winograd, winograd_seven, winograd_eight };

/// The rung that `automatic` stands for: a function of an image, its filters and the precision asked for. Never of the number
/// of threads, so that the same program gives the same bits at any; nor of the number of images, so that an image has the same
/// bits alone and among others: what is fastest for a batch of 16 is chosen for all. Where Winograd's filters are worth their
/// transform from some 10 images on, fewer take longer than they need. Who computes in double wants digits, and gets six points.
template <class T = float>
Conv2dRung choose_rung(Conv2dGeometry g, Conv2dPrecision precision = conv2d_precision()) {
  g.batch = 16;
  // In a single image a tile of the direct kernel lies along a row, and needs about four pixels to fill the multipliers.
  const Conv2dRung direct = std::min(g.width, g.out_width()) < 4 ? Conv2dRung::im2col : Conv2dRung::direct;
  if (!winograd::applies_to(g) || std::min(g.in_channels, g.out_channels) < 16) return direct;
  const bool fast = precision == Conv2dPrecision::fast;
  Conv2dRung best = Conv2dRung::winograd;
  double cost = winograd::cost(g, 6);
  const auto consider = [&](Conv2dRung rung, Index points, double least_gain) {
    const double other = winograd::cost(g, points);
    if (other >= (1 - least_gain) * cost) return;
    best = rung;
    cost = other;
  };
  if (sizeof(T) == sizeof(float) && winograd::phase_taps(g) > 2) {
    consider(Conv2dRung::winograd_seven, 7, fast ? 0 : 0.2);
    if (fast) consider(Conv2dRung::winograd_eight, 8, 0);
  }
  return cost < static_cast<double>(g.macs_inside()) ? best : direct;
}

/// What the passes of a convolution read and write. A pass whose result is null is not computed; what only it reads may
/// be null as well.
template <class T>
struct Conv2dArrays {
  const T* x = nullptr;            ///< (N, H, W, I)
  const T* w = nullptr;            ///< (O, KH, KW, I)
  const T* bias = nullptr;         ///< (O), or null
  const T* dy = nullptr;           ///< (N, OH, OW, O)
  T* y = nullptr;                  ///< (N, OH, OW, O) = conv2d(x, w) + bias
  T* dx = nullptr;                 ///< (N, H, W, I) = derivative by x of the sum of dy * conv2d(x, w)
  T* dw = nullptr;                 ///< (O, KH, KW, I) = its derivative by w
  KeptFilters<T>* kept = nullptr;  ///< of w, if what kernels make of it is to be kept: the results are the same bits
};

/// The passes that are asked for. Together they may take less time than alone, and give the same bits.
template <class T>
void conv2d_passes(const Conv2dGeometry& g, const Conv2dArrays<T>& a, Conv2dRung rung = Conv2dRung::automatic);

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)).
template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, T* y, Conv2dRung rung = Conv2dRung::automatic) {
  conv2d_passes<T>(g, {.x = x, .w = w, .y = y}, rung);
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad(const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                       Conv2dRung rung = Conv2dRung::automatic) {
  conv2d_passes<T>(g, {.w = w, .dy = dy, .dx = dx}, rung);
}

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad(const Conv2dGeometry& g, const T* x, const T* dy, T* dw,
                        Conv2dRung rung = Conv2dRung::automatic) {
  conv2d_passes<T>(g, {.x = x, .dy = dy, .dw = dw}, rung);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

// How they are computed; not needed by who links neb::kernels, which hold it.
#ifndef NEB_COMPILED_KERNELS
#include "neb/kernels/conv2d/rungs.hpp"
#endif
