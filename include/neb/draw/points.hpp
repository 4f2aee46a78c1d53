/// Pictures of the plane: where their pixels stand in it, and points on them. The y axis points up.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/draw/colour.hpp"
#include "neb/io/image.hpp"

namespace neb {

/// The part of the plane that a picture shows.
struct Bounds {
  double x_low = -2;  ///< at the left edge
  double x_high = 2;  ///< at the right edge
  double y_low = -2;  ///< at the lower edge
  double y_high = 2;  ///< at the upper edge
};

namespace detail {

inline void check_bounds(const char* name, const Bounds& bounds) {
  check_range(name, {bounds.x_low, bounds.x_high});
  check_range(name, {bounds.y_low, bounds.y_high});
}

/// Paints the pixels of an image (H, W, 3) whose centres are within `radius` of column x, row y inside it, and the
/// pixel that holds that point.
template <Scalar T>
void paint_disc(T* pixels, const Shape& shape, double x, double y, double radius, const Colour& colour) {
  const Index reach = static_cast<Index>(radius) + 1;
  const Index row = std::min(static_cast<Index>(y), shape[0] - 1);
  const Index column = std::min(static_cast<Index>(x), shape[1] - 1);
  for (Index v = std::max<Index>(row - reach, 0); v <= std::min(row + reach, shape[0] - 1); ++v) {
    for (Index u = std::max<Index>(column - reach, 0); u <= std::min(column + reach, shape[1] - 1); ++u) {
      const bool inside = std::hypot(double(u) + 0.5 - x, double(v) + 0.5 - y) <= radius;
      if (inside || (u == column && v == row)) {
        std::transform(colour.begin(), colour.end(), pixels + (v * shape[1] + u) * 3,
                       [](double part) { return T(part); });
      }
    }
  }
}

}  // namespace detail

/// Where the pixels of a picture of `height` x `width` stand in the plane, row by row from the top: (height width, 2).
/// An energy of them, reshaped to (height, width), is what colour_map() draws. Throws ValueError.
template <Scalar T>
Tensor<T> pixel_centres(const Bounds& bounds, Index height, Index width) {
  detail::check_bounds("pixel_centres", bounds);
  Tensor<T> points({height, width, 2});
  T* out = points.mutable_data();
  for (Index row = 0; row < height; ++row) {
    for (Index column = 0; column < width; ++column) {
      *out++ = T(std::lerp(bounds.x_low, bounds.x_high, (double(column) + 0.5) / double(width)));
      *out++ = T(std::lerp(bounds.y_high, bounds.y_low, (double(row) + 0.5) / double(height)));
    }
  }
  return points.reshaped({height * width, 2});
}

/// `image` (H, W, 3) with a disc of `radius` pixels at each of `points` (N, 2), at least one pixel each; points outside
/// the bounds are left out. Throws ShapeError and ValueError.
template <Scalar T>
Tensor<T> draw_points(Tensor<T> image, const Tensor<T>& points, const Bounds& bounds, const Colour& colour,
                      double radius = 1.5) {
  const Shape shape = image.shape();
  if (shape.rank() != 3 || shape[2] != 3 || image.size() == 0 || points.rank() != 2 || points.shape()[1] != 2) {
    throw ShapeError("draw_points: expects an image (H, W, 3) and points (N, 2)   [image: " + shape.to_string() +
                     ", points: " + points.shape().to_string() + "]");
  }
  detail::check_bounds("draw_points", bounds);
  if (!(radius >= 0 && radius <= 10000))
    throw ValueError("draw_points: expects a radius in [0, 10000], got " + std::to_string(radius));
  T* const pixels = image.mutable_data();
  for (Index i = 0; i < points.shape()[0]; ++i) {
    const T* const point = points.data() + 2 * i;
    const double x = (double(point[0]) - bounds.x_low) / (bounds.x_high - bounds.x_low) * double(shape[1]);
    const double y = (bounds.y_high - double(point[1])) / (bounds.y_high - bounds.y_low) * double(shape[0]);
    if (x >= 0 && x <= double(shape[1]) && y >= 0 && y <= double(shape[0]))
      detail::paint_disc(pixels, shape, x, y, radius, colour);
  }
  return image;
}

}  // namespace neb
