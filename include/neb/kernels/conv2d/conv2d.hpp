/// Convolution and its two gradients: one entry point each, and one function that picks the kernel.
///
/// The rungs compute the same function in four ways, to be compared and learned from: plain loops, matrix products over
/// copied patches, a direct kernel, and Winograd's. They differ in the order of their sums, so in the last bits; Winograd's
/// also rounds differently, to some 4e-6 of the result in float.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
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

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)).
template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, T* y, Conv2dRung rung = Conv2dRung::automatic);

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad(const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                       Conv2dRung rung = Conv2dRung::automatic);

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad(const Conv2dGeometry& g, const T* x, const T* dy, T* dw,
                        Conv2dRung rung = Conv2dRung::automatic);

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

// How they are computed; not needed by who links neb::kernels, which hold it.
#ifndef NEB_COMPILED_KERNELS
#include "neb/kernels/conv2d/rungs.hpp"
#endif
