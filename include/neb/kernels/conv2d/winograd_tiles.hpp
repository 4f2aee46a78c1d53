/// What Winograd's convolution and its filter gradient share: the tiles of images, and how many are taken at a time.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// Whether a convolution is one that these kernels compute.
inline bool applies_to(const Conv2dGeometry& g) {
  return g.kernel_height == taps && g.kernel_width == taps && g.stride == 1;
}

/// Transformed filters of at most this size are kept in the second-level cache while the tiles pass by.
inline constexpr Index resident_bytes = 1280 << 10;
/// V of a block of tiles beside larger filters: a part of the last-level cache.
inline constexpr Index slab_bytes = 12 << 20;
/// Output channels that larger filters are taken by.
inline constexpr Index chunk_channels = 128;

/// Tiles of a block beside filters that are not resident, whose scratch is then at most about slab_bytes for V.
template <class T>
Index slab_block(Index tiles, Index channels) {
  const Index tile_bytes = planes * static_cast<Index>(sizeof(T)) * whole_lanes<T>(channels);
  return tile_count(tiles, tile_count(tiles, std::max<Index>(1, slab_bytes / tile_bytes)));
}

/// The tiles of all images of a batch, row by row, with `height` x `width` outputs an image.
struct TileGrid {
  Index batch, height, width;

  Index rows() const { return tile_count(height, outputs); }
  Index columns() const { return tile_count(width, outputs); }
  Index count() const { return batch * rows() * columns(); }

  /// Calls body(row, n, top, left) for each of `count` tiles from `first` on, in parallel: the tile's row in a block, its
  /// image, and its first output.
  template <class Body>
  void each(Index first, Index count, Body&& body) const {
    parallel_tiles(count, 8, [&](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        const Index tile = first + row;
        body(row, tile / (rows() * columns()), tile / columns() % rows() * outputs, tile % columns() * outputs);
      }
    });
  }
};

/// Row `row` of V = B^T x B of one tile of the images x (N,H,W,C) of a correlation.
template <class T>
void transform_image_tile(const Correlation& k, const T* x, Index n, Index top, Index left, const Planes<T>& v,
                          Index row) {
  using V = Vector<T>;
  const auto stride = k.channels;
  const T* const corner = x + ((n * k.height + top) * k.width + left) * stride;
  const Index pitch = v.pitch();
  const bool inside = top >= 0 && left >= 0 && top + points <= k.height && left + points <= k.width;
  for (Index c = 0; c < k.channels; c += vector_lanes<T>) {
    T* const to = v.at(row, c);
    const auto keep = [&](int i, int j, const V& value) { store(to + (i * points + j) * pitch, value); };
    if (inside && c + vector_lanes<T> <= k.channels) {
      transform_square<V, 6, 6>([&](int i, int j) { return load(corner + (i * k.width + j) * stride + c); },
                                transform_input<V>, keep);
    } else {
      const auto pixel = [&](int i, int j) {
        if (top + i < 0 || top + i >= k.height || left + j < 0 || left + j >= k.width) return V{};
        const T* const from = corner + (i * k.width + j) * stride + c;
        return c + vector_lanes<T> <= k.channels ? load(from) : load_first(from, k.channels - c);
      };
      transform_square<V, 6, 6>(pixel, transform_input<V>, keep);
    }
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
