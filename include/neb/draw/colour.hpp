/// Numbers as colours.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/io/image.hpp"

namespace neb {

/// Red, green and blue in [0, 1].
using Colour = std::array<double, 3>;

/// Dark blue through green to yellow at `unit` = 0..1, even to the eye (Matplotlib's viridis, at ten stops).
inline Colour viridis(double unit) {
  constexpr std::array<Colour, 10> stops{{{0.267, 0.005, 0.329},
                                          {0.283, 0.156, 0.471},
                                          {0.244, 0.290, 0.538},
                                          {0.191, 0.407, 0.556},
                                          {0.148, 0.512, 0.557},
                                          {0.120, 0.620, 0.537},
                                          {0.209, 0.718, 0.473},
                                          {0.426, 0.806, 0.347},
                                          {0.707, 0.868, 0.171},
                                          {0.993, 0.906, 0.144}}};
  const double position = unit_value(unit, {}) * (stops.size() - 1);
  const std::size_t stop = std::min(static_cast<std::size_t>(position), stops.size() - 2);
  Colour colour{};
  for (std::size_t i = 0; i < 3; ++i)
    colour[i] = std::lerp(stops[stop][i], stops[stop + 1][i], position - double(stop));
  return colour;
}

/// The smallest and largest finite values of `x`; where they coincide or there are none, a range around them.
template <Scalar T>
PixelRange finite_range(const Tensor<T>& x) {
  PixelRange range{HUGE_VAL, -HUGE_VAL};
  for (const T value : x.span()) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, static_cast<double>(value));
    range.high = std::max(range.high, static_cast<double>(value));
  }
  if (range.low > range.high) return {};
  if (range.low == range.high) {
    const double around = std::max(0.5, std::abs(range.low) * 1e-6);
    return {range.low - around, range.high + around};
  }
  return range;
}

/// `field` (H, W) or (H, W, 1) in colours from dark (range.low) to bright (range.high), NaN in grey: (H, W, 3).
/// Throws ShapeError and ValueError.
template <Scalar T>
Tensor<T> colour_map(const Tensor<T>& field, const PixelRange& range) {
  const Shape& shape = field.shape();
  if (shape.rank() != 2 && !(shape.rank() == 3 && shape[2] == 1))
    throw ShapeError("colour_map: expects (H, W) or (H, W, 1)   [field: " + shape.to_string() + "]");
  detail::check_range("colour_map", range);
  Tensor<T> image({shape[0], shape[1], 3});
  T* out = image.mutable_data();
  for (const T value : field.span()) {
    const Colour colour = std::isnan(value) ? Colour{0.5, 0.5, 0.5} : viridis(unit_value(double(value), range));
    out = std::transform(colour.begin(), colour.end(), out, [](double part) { return static_cast<T>(part); });
  }
  return image;
}

}  // namespace neb
