/// Convolution and its gradients as matrix products: the portable rung, for any scalar, stride, padding and kernel.
///
/// With the inputs of every output pixel in one row of P (im2col), and w as a matrix W (O, KH*KW*I),
///   y = P W^T,   dP = dy W and dx = col2im(dP),   dW = dy^T P.
/// P has KH*KW times the elements of x, so it never exists as a whole: work goes over bands of output pixels whose
/// part of P stays within 2 MiB, about a second-level cache, and within 512 pixels, which is enough to repay packing W.
/// Where the results of bands overlap, each task owns what it writes: rows of dx, or a partial dW that is added to the
/// others in order.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/bias.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/patches.hpp"
#include "neb/kernels/conv2d/tasks.hpp"
#include "neb/kernels/gemm.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// The patches of output pixels [begin, end): in `scratch`, unless the patch of a pixel is the pixel itself.
template <class T>
const T* patches_of(const Conv2dGeometry& g, const T* x, Index begin, Index end, T* scratch) {
  if (g.patch_size() == g.in_channels && g.stride == 1 && g.padding == 0) return x + begin * g.in_channels;
  im2col(g, x, begin, end, scratch);
  return scratch;
}

}  // namespace detail

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)) + bias (O), which may be null.
template <class T>
void conv2d_im2col(const Conv2dGeometry& g, const T* x, const T* w, const T* bias, T* y) {
  const Index patch = g.patch_size();
  parallel_tiles(g.batch * g.out_pixels(), detail::patch_band(g, sizeof(T)), [&](Index begin, Index end) {
    const Scratch<T> scratch((end - begin) * patch);
    const T* const patches = detail::patches_of(g, x, begin, end, scratch.data());
    if (bias) detail::set_to_bias(end - begin, g.out_channels, bias, y + begin * g.out_channels, g.out_channels);
    gemm(end - begin, g.out_channels, patch, {patches, patch}, {w, patch, Transpose::yes}, y + begin * g.out_channels,
         g.out_channels, bias ? Update::add : Update::replace);
  });
}

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad_im2col(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  detail::input_grad_of_patches(g, dx, [&](Index begin, Index end, T* patches) {
    gemm(end - begin, g.patch_size(), g.out_channels, {dy + begin * g.out_channels, g.out_channels},
         {w, g.patch_size()}, patches, g.patch_size());
  });
}

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad_im2col(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  constexpr Index block = 128;  // output channels of one task: each patch that it copies is used 128 times
  const Index size = g.filter_shape().size();
  const Index pixels = g.batch * g.out_pixels();
  if (pixels == 0) std::fill_n(dw, size, T(0));
  if (pixels * size == 0) return;
  const Index patch = g.patch_size();
  const Index band = detail::patch_band(g, sizeof(T));
  const Index blocks = tile_count(g.out_channels, block);
  const Index share =
      tile_count(tile_count(pixels, band), detail::filter_grad_shares(g, blocks, tile_count(pixels, band))) * band;
  const Index shares = tile_count(pixels, share);

  const Scratch<T> partials((shares - 1) * size);  // the first share sums in dw itself
  const auto sum_of = [&](Index part) { return part == 0 ? dw : partials.data() + (part - 1) * size; };
  parallel_tasks(shares * blocks, [&](Index task) {
    const Index first = task / blocks * share;
    const Index last = std::min(first + share, pixels);
    const Index channel = task % blocks * block;
    const Scratch<T> scratch(band * patch);
    for (Index begin = first; begin < last; begin += band) {
      const Index end = std::min(begin + band, last);
      const T* const patches = detail::patches_of(g, x, begin, end, scratch.data());
      gemm(std::min(block, g.out_channels - channel), patch, end - begin,
           {dy + begin * g.out_channels + channel, g.out_channels, Transpose::yes}, {patches, patch},
           sum_of(task / blocks) + channel * patch, patch, begin == first ? Update::replace : Update::add);
    }
  });
  parallel_tiles(shares == 1 ? 0 : size, 4096, [&](Index begin, Index end) {
    for (Index part = 1; part < shares; ++part)
      for (Index i = begin; i < end; ++i) dw[i] += sum_of(part)[i];
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
