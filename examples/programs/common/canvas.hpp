/// A picture to draw on: boxes, images and lettering.
#pragma once

#include <string>
#include <string_view>

#include <neb/draw/points.hpp>
#include <neb/io/image.hpp>

namespace examples {

/// A rectangle of pixels.
struct Box {
  neb::Index top = 0, left = 0, height = 0, width = 0;
};

/// Colour pixels, row by row from the top. What lies outside is not drawn.
class Canvas {
 public:
  Canvas(neb::Index height, neb::Index width, const neb::Colour& background = {1, 1, 1});

  neb::Index height() const { return pixels_.shape()[0]; }
  neb::Index width() const { return pixels_.shape()[1]; }
  const neb::Tensor<float>& pixels() const { return pixels_; }

  void rectangle(const Box& box, const neb::Colour& colour);
  /// A frame around the box, outside it.
  void frame(const Box& box, neb::Index thickness, const neb::Colour& colour);
  /// Pixels `values` of an image of `shape` (H, W, C): in colour when C is 3, else the first channel in grey.
  void image(neb::Index top, neb::Index left, const neb::Shape& shape, const float* values, neb::Index scale);

  /// Letters, digits and . , - + = / % ( ) : in capitals, 7 `scale` pixels high.
  void text(neb::Index top, neb::Index left, std::string_view text, const neb::Colour& colour = {0.2, 0.2, 0.2},
            neb::Index scale = 2);
  static neb::Index text_width(std::string_view text, neb::Index scale = 2);
  static neb::Index text_height(neb::Index scale = 2);

  /// Writes PNG or PPM, as the path's ending says. Throws neb::FileError.
  void write(const std::string& path) const { neb::write_image(path, pixels_); }

 private:
  neb::Tensor<float> pixels_;
};

}  // namespace examples
