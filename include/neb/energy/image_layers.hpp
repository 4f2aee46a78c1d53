/// What the energies of images ask of their layers and of their input, alike.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/conv2d/geometry.hpp"

namespace neb::energy {

/// How layer `layer` of `layers` moves its filters. Throws ValueError unless there is one stride, or one for each layer.
inline Conv2dOptions move_of(Index layer, Index layers, const std::vector<Index>& stride, Index padding,
                             const std::string& energy) {
  if (stride.size() != 1 && std::ssize(stride) != layers)
    throw ValueError(energy + ": expects one stride, or one for each of the " + std::to_string(layers) +
                     " layers, got " + std::to_string(stride.size()));
  return {.stride = stride[stride.size() == 1 ? 0 : static_cast<std::size_t>(layer)], .padding = padding};
}

/// Throws ShapeError unless `image` has the three extents of an image.
inline void check_image(const Shape& image, const std::string& energy) {
  if (image.rank() != 3)
    throw ShapeError(energy + ": the image has height, width and channels   [image: " + image.to_string() + "]");
}

/// Throws ShapeError unless y is a batch (N, H, W, C) of images of the shape `image`.
template <Scalar T>
void check_images(const Var<T>& y, const Shape& image, const std::string& energy) {
  if (y.rank() != 4 || y.shape().with(0, 1) != Shape{1, image[0], image[1], image[2]})
    throw ShapeError(energy + ": expects images (N, H, W, C) of " + image.to_string() +
                     "   [y: " + y.shape().to_string() + "]");
}

}  // namespace neb::energy
