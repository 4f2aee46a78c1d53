/// Convolution and its gradients as matrix products: the portable rung, for any scalar, stride, padding and kernel.
///
/// With the inputs of every output pixel in one row of P (im2col), and w as a matrix W (O, KH*KW*I),
///   y = P W^T,   dP = dy W and dx = col2im(dP),   dW = dy^T P.
/// P has KH*KW times the elements of x, so it never exists as a whole: work goes over bands of output pixels whose part
/// of P stays within 2 MiB, about a second-level cache, and within 512 pixels, which is enough to repay packing W.
/// Bands also share one image among threads. Where results of bands overlap, each task owns what it writes: rows of dx,
/// or a partial dW that is added to the others in order.
#pragma once

#include <algorithm>

#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d_geometry.hpp"
#include "neb/kernels/gemm.hpp"
#include "neb/kernels/im2col.hpp"

namespace neb::kernels {

namespace detail {

inline constexpr Index im2col_tasks = 16;  ///< to aim at, so that threads share small batches evenly

/// Equal bands of the output pixels of one image: how many pixels, and how many bands.
struct PixelBands {
  Index size;
  Index count;

  PixelBands(const Conv2dGeometry& g, std::size_t scalar_bytes) {
    const Index row_bytes = std::max<Index>(1, g.patch_size()) * static_cast<Index>(scalar_bytes);
    const Index fitting = std::clamp<Index>((Index{2} << 20) / row_bytes, 1, 512);
    const Index sharing = std::max<Index>(64, g.batch * g.out_pixels() / im2col_tasks);
    count = tile_count(g.out_pixels(), std::min(fitting, sharing));
    size = tile_count(g.out_pixels(), count);
    count = tile_count(g.out_pixels(), size);
  }
};

/// The patches of output pixels [begin, end) of one image: written to `scratch`, except when a pixel's patch is the
/// pixel itself.
template <class T>
const T* patches_of(const Conv2dGeometry& g, const T* image, Index begin, Index end, T* scratch) {
  if (g.patch_size() == g.in_channels && g.stride == 1 && g.padding == 0)
    return image + begin * g.in_channels;
  im2col(g, image, begin, end, scratch);
  return scratch;
}

/// Uninitialised scratch for `count` scalars.
template <class T>
Buffer scratch(Index count) {
  return Buffer(static_cast<std::size_t>(count) * sizeof(T));
}

template <class T>
T* scalars(const Buffer& buffer) {
  return reinterpret_cast<T*>(buffer.bytes());
}

}  // namespace detail

/// y (N,OH,OW,O) = conv2d(x (N,H,W,I), w (O,KH,KW,I)).
template <class T>
void conv2d_im2col(const Conv2dGeometry& g, const T* x, const T* w, T* y) {
  const detail::PixelBands bands(g, sizeof(T));
  const Index patch = g.patch_size();
  parallel_tasks(g.batch * bands.count, [&](Index task) {
    const Index n = task / bands.count;
    const Index begin = task % bands.count * bands.size;
    const Index end = std::min(begin + bands.size, g.out_pixels());
    const Buffer buffer = detail::scratch<T>((end - begin) * patch);
    const T* const image = x + n * g.height * g.width * g.in_channels;
    const T* const patches = detail::patches_of(g, image, begin, end, detail::scalars<T>(buffer));
    gemm(end - begin, g.out_channels, patch, {patches, patch}, {w, patch, Transpose::yes},
         y + (n * g.out_pixels() + begin) * g.out_channels, g.out_channels);
  });
}

namespace detail {

/// Rows [first_row, last_row) of dx of one image; `patches` is scratch for bands.size rows.
template <class T>
void input_grad_rows(const Conv2dGeometry& g, const PixelBands& bands, const T* dy, const T* w,
                     Index first_row, Index last_row, T* patches, T* dx) {
  std::fill(dx + first_row * g.width * g.in_channels, dx + last_row * g.width * g.in_channels, T(0));
  // Output row oh reads input rows oh * stride - padding + [0, KH).
  const Index reach = first_row + g.padding - g.kernel_height;
  const Index first_out = reach < 0 ? 0 : reach / g.stride + 1;
  const Index last_out = std::min(g.out_height(), (last_row - 1 + g.padding) / g.stride + 1);
  for (Index begin = first_out * g.out_width(); begin < last_out * g.out_width(); begin += bands.size) {
    const Index end = std::min(begin + bands.size, last_out * g.out_width());
    gemm(end - begin, g.patch_size(), g.out_channels, {dy + begin * g.out_channels, g.out_channels},
         {w, g.patch_size()}, patches, g.patch_size());
    col2im_add(g, patches, begin, end, first_row, last_row, dx);
  }
}

}  // namespace detail

/// dx (N,H,W,I) = derivative by x of the sum of dy (N,OH,OW,O) * conv2d(x, w (O,KH,KW,I)).
template <class T>
void conv2d_input_grad_im2col(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  if (g.input_shape().size() == 0) return;
  const detail::PixelBands bands(g, sizeof(T));
  // Neighbouring tasks both compute the KH - 1 rows of patches that they share: a task takes at least 4 KH rows.
  const Index shares =
      std::clamp(detail::im2col_tasks / g.batch, Index{1}, g.height / (4 * g.kernel_height) + 1);
  const Index rows = tile_count(g.height, shares);
  const Index tasks = tile_count(g.height, rows);
  parallel_tasks(g.batch * tasks, [&](Index task) {
    const Index n = task / tasks;
    const Index first_row = task % tasks * rows;
    const Buffer buffer = detail::scratch<T>(bands.size * g.patch_size());
    detail::input_grad_rows(g, bands, dy + n * g.out_pixels() * g.out_channels, w, first_row,
                            std::min(first_row + rows, g.height), detail::scalars<T>(buffer),
                            dx + n * g.height * g.width * g.in_channels);
  });
}

namespace detail {

/// dw (channels,KH,KW,I) = its part from bands [first, last), for output channels from `channel` on; bands are counted
/// over the whole batch, and `scratch` holds the patches of one.
template <class T>
void filter_grad_bands(const Conv2dGeometry& g, const PixelBands& bands, Index first, Index last,
                       Index channel, Index channels, const T* x, const T* dy, T* scratch, T* dw) {
  const Index patch = g.patch_size();
  for (Index band = first; band < last; ++band) {
    const Index n = band / bands.count;
    const Index begin = band % bands.count * bands.size;
    const Index end = std::min(begin + bands.size, g.out_pixels());
    const T* const patches = patches_of(g, x + n * g.height * g.width * g.in_channels, begin, end, scratch);
    const T* const upstream = dy + (n * g.out_pixels() + begin) * g.out_channels + channel;
    gemm(channels, patch, end - begin, {upstream, g.out_channels, Transpose::yes}, {patches, patch}, dw,
         patch, band == first ? Update::replace : Update::add);
  }
}

}  // namespace detail

/// dw (O,KH,KW,I) = derivative by w of the sum of dy (N,OH,OW,O) * conv2d(x (N,H,W,I), w).
template <class T>
void conv2d_filter_grad_im2col(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  constexpr Index block = 128;  // output channels of one task: each patch that it copies is used 128 times
  constexpr Index partials = 1 << 22;  // scalars in all partial sums together
  const Index size = g.filter_shape().size();
  if (g.batch == 0 || size == 0) {
    std::fill_n(dw, size, T(0));
    return;
  }
  const detail::PixelBands bands(g, sizeof(T));
  const Index all_bands = g.batch * bands.count;
  const Index blocks = tile_count(g.out_channels, block);
  const Index wanted =
      std::clamp(std::min(detail::im2col_tasks / blocks, partials / size), Index{1}, all_bands);
  const Index share = tile_count(all_bands, wanted);
  const Index shares = tile_count(all_bands, share);

  const Buffer sums = detail::scratch<T>(shares == 1 ? 0 : (shares - 1) * size);
  parallel_tasks(shares * blocks, [&](Index task) {
    const Index part = task / blocks;
    const Index channel = task % blocks * block;
    const Buffer buffer = detail::scratch<T>(bands.size * g.patch_size());
    T* const sum = part == 0 ? dw : detail::scalars<T>(sums) + (part - 1) * size;
    detail::filter_grad_bands(g, bands, part * share, std::min((part + 1) * share, all_bands), channel,
                              std::min(block, g.out_channels - channel), x, dy, detail::scalars<T>(buffer),
                              sum + channel * g.patch_size());
  });
  parallel_tiles(shares == 1 ? 0 : size, 4096, [&](Index begin, Index end) {
    for (Index part = 1; part < shares; ++part) {
      const T* const sum = detail::scalars<T>(sums) + (part - 1) * size;
      for (Index i = begin; i < end; ++i) dw[i] += sum[i];
    }
  });
}

}  // namespace neb::kernels
