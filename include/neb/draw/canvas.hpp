/// A picture to draw on: boxes, images and lettering.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/draw/colour.hpp"
#include "neb/draw/lettering.hpp"
#include "neb/io/image.hpp"

namespace neb {

/// A rectangle of pixels.
struct Box {
  Index top = 0;     ///< its first row
  Index left = 0;    ///< its first column
  Index height = 0;  ///< rows
  Index width = 0;   ///< columns
};

/// Colour pixels in rows from the top. What lies outside is not drawn.
class Canvas {
 public:
  /// `height` x `width` pixels of one colour. Throws ShapeError.
  Canvas(Index height, Index width, const Colour& background = {1, 1, 1}) : pixels_({height, width, 3}) {
    rectangle({0, 0, height, width}, background);
  }

  Index height() const { return pixels_.shape()[0]; }      ///< rows
  Index width() const { return pixels_.shape()[1]; }       ///< columns
  const Tensor<float>& pixels() const { return pixels_; }  ///< (height, width, 3)

  /// Fills the box.
  void rectangle(const Box& box, const Colour& colour) {
    float* const out = pixels_.mutable_data();
    const Index right = std::min(box.left + box.width, width()), bottom = std::min(box.top + box.height, height());
    for (Index y = std::max<Index>(box.top, 0); y < bottom; ++y)
      for (Index x = std::max<Index>(box.left, 0); x < right; ++x)
        std::transform(colour.begin(), colour.end(), out + (y * width() + x) * 3,
                       [](double part) { return float(part); });
  }

  /// Draws a frame of `thickness` pixels around the box, outside it.
  void frame(const Box& box, Index thickness, const Colour& colour) {
    rectangle({box.top - thickness, box.left - thickness, thickness, box.width + 2 * thickness}, colour);
    rectangle({box.top + box.height, box.left - thickness, thickness, box.width + 2 * thickness}, colour);
    rectangle({box.top, box.left - thickness, box.height, thickness}, colour);
    rectangle({box.top, box.left + box.width, box.height, thickness}, colour);
  }

  /// Draws `image` (H, W, C), whose pixels become squares of side `scale`: in colour when C is 3, else its first channel
  /// in grey. Throws ShapeError.
  template <Scalar T>
  void image(Index top, Index left, const Tensor<T>& image, Index scale = 1) {
    const Shape& shape = image.shape();
    if (shape.rank() != 3 || shape[2] < 1)
      throw ShapeError("Canvas::image: expects (H, W, C)   [image: " + shape.to_string() + "]");
    for (Index y = 0; y < shape[0]; ++y)
      for (Index x = 0; x < shape[1]; ++x) {
        const T* const pixel = image.data() + (y * shape[1] + x) * shape[2];
        const auto part = [&](Index channel) { return static_cast<double>(pixel[shape[2] == 3 ? channel : 0]); };
        rectangle({top + y * scale, left + x * scale, scale, scale}, {part(0), part(1), part(2)});
      }
  }

  /// Writes letters, digits and . , - + = / % ( ) : in capitals, 7 `scale` pixels high; other characters are spaces.
  void text(Index top, Index left, std::string_view text, const Colour& colour = {0.2, 0.2, 0.2}, Index scale = 2) {
    for (const char letter : text) {
      const std::string_view rows = detail::glyph_rows(letter);
      for (Index i = 0; i < std::ssize(rows); ++i) {
        const Index y = i / (detail::glyph_width + 1), x = i % (detail::glyph_width + 1);
        if (rows[static_cast<std::size_t>(i)] == '#')
          rectangle({top + y * scale, left + x * scale, scale, scale}, colour);
      }
      left += (detail::glyph_width + 1) * scale;
    }
  }

  /// The pixels that text() takes from left to right.
  static Index text_width(std::string_view text, Index scale = 2) {
    return std::max<Index>(0, std::ssize(text) * (detail::glyph_width + 1) - 1) * scale;
  }
  /// The pixels that text() takes from top to bottom.
  static Index text_height(Index scale = 2) { return detail::glyph_height * scale; }

  /// Writes PNG or PPM, as the path's ending says. Throws ShapeError for a canvas without pixels, and FileError.
  void write(const std::string& path) const { write_image(path, pixels_); }

 private:
  Tensor<float> pixels_;
};

}  // namespace neb
