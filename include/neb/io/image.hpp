/// Pictures: PNG, PGM and PPM files of images.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/io/file.hpp"
#include "neb/io/png.hpp"

namespace neb {

/// The values that become black and white; what lies outside is clipped.
struct PixelRange {
  double low = 0;   ///< becomes black
  double high = 1;  ///< becomes white
};

/// `value` on a scale from 0 (range.low) to 1 (range.high), clipped; NaN becomes 0.
inline double unit_value(double value, const PixelRange& range) {
  const double unit = (value - range.low) / (range.high - range.low);
  return unit > 0 ? std::min(unit, 1.0) : 0.0;
}

namespace detail {

inline void check_range(const char* name, const PixelRange& range) {
  if (!(range.low < range.high) || !std::isfinite(range.high - range.low)) {
    throw ValueError(std::string(name) + ": expects range.low < range.high, both finite, got " +
                     std::to_string(range.low) + " and " + std::to_string(range.high));
  }
}

/// Rounded to bytes; grey is repeated to `channels`.
template <Scalar T>
std::vector<std::uint8_t> to_bytes(const Tensor<T>& image, Index channels, const PixelRange& range) {
  const Index repeats = channels / image.shape()[2];
  std::vector<std::uint8_t> bytes;
  bytes.reserve(memory_size(image.size() * repeats));
  for (const T value : image.span()) {
    bytes.insert(bytes.end(), static_cast<std::size_t>(repeats),
                 static_cast<std::uint8_t>(std::lround(255 * unit_value(static_cast<double>(value), range))));
  }
  return bytes;
}

}  // namespace detail

/// Writes `image` (H, W, 1) or (H, W, 3) as its file name says: .png, .ppm (colour), or .pgm (grey only).
/// Values are scaled from `range` to 0..255, clipped and rounded; NaN becomes 0.
/// Throws ShapeError, ValueError, and FileError when the name ends otherwise or writing fails.
template <Scalar T>
void write_image(const std::string& path, const Tensor<T>& image, const PixelRange& range = {}) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || (shape[2] != 1 && shape[2] != 3) || image.size() == 0)
    throw ShapeError("write_image: expects (H, W, 1) or (H, W, 3)   [image: " + shape.to_string() + "]");
  detail::check_range("write_image", range);
  if (path.ends_with(".png")) {
    const auto pixels = detail::to_bytes(image, shape[2], range);
    write_file(path, detail::encode_png(pixels, shape[0], shape[1], shape[2], path));
    return;
  }
  const bool colour = path.ends_with(".ppm");
  if (!colour && !path.ends_with(".pgm")) throw file_error(path, "expected a name that ends with .png, .ppm or .pgm");
  if (!colour && shape[2] == 3)
    throw ShapeError("write_image: .pgm is grey, write .ppm   [image: " + shape.to_string() + "]");
  const auto pixels = detail::to_bytes(image, colour ? 3 : 1, range);
  const std::string header =
      (colour ? "P6\n" : "P5\n") + std::to_string(shape[1]) + " " + std::to_string(shape[0]) + "\n255\n";
  const std::vector<ByteSpan> parts{std::as_bytes(std::span(header)), std::as_bytes(std::span(pixels))};
  write_file(path, parts);
}

}  // namespace neb
