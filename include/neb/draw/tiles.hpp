/// Many images in one picture: tiles in rows.
#pragma once

#include <algorithm>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/io/image.hpp"

namespace neb {

/// How images stand in a grid.
struct GridOptions {
  Index padding = 2;      ///< pixels between images and around them
  double background = 1;  ///< the value of those pixels
  Index scale = 1;        ///< each pixel becomes a square of this side
};

/// `images` (N, H, W, C) in rows of `columns`, from the top left: one image (H', W', C), where
/// W' = columns (scale W + padding) + padding. Throws ShapeError and ValueError.
template <Scalar T>
Tensor<T> image_grid(const Tensor<T>& images, Index columns, const GridOptions& options = {}) {
  const Shape& shape = images.shape();
  if (shape.rank() != 4 || images.size() == 0) {
    throw ShapeError("image_grid: expects at least one image (N, H, W, C)   [images: " + shape.to_string() + "]");
  }
  constexpr Index limit = 1 << 15;
  if (columns < 1 || columns > limit || options.padding < 0 || options.padding > limit || options.scale < 1 ||
      options.scale > limit) {
    throw ValueError("image_grid: expects columns and scale of at least 1 and no negative padding, got columns " +
                     std::to_string(columns) + ", scale " + std::to_string(options.scale) + ", padding " +
                     std::to_string(options.padding));
  }
  const Index scale = options.scale, channels = shape[3];
  const Index cell_height = scale * shape[1] + options.padding, cell_width = scale * shape[2] + options.padding;
  const Index rows = (shape[0] + columns - 1) / columns;
  Tensor<T> grid = Tensor<T>::full(
      {rows * cell_height + options.padding, columns * cell_width + options.padding, channels}, T(options.background));
  T* const out = grid.mutable_data();
  for (Index n = 0; n < shape[0]; ++n) {
    for (Index y = 0; y < scale * shape[1]; ++y) {
      const Index top = options.padding + n / columns * cell_height, left = options.padding + n % columns * cell_width;
      T* pixel = out + ((top + y) * grid.shape()[1] + left) * channels;
      const T* const row = images.data() + (n * shape[1] + y / scale) * shape[2] * channels;
      for (Index x = 0; x < scale * shape[2]; ++x) pixel = std::copy_n(row + x / scale * channels, channels, pixel);
    }
  }
  return grid;
}

/// Writes a grid of `images` (N, H, W, 1) or (N, H, W, 3): image_grid(), then write_image().
template <Scalar T>
void write_grid(const std::string& path, const Tensor<T>& images, Index columns, const GridOptions& options = {},
                const PixelRange& range = {}) {
  write_image(path, image_grid(images, columns, options), range);
}

}  // namespace neb
