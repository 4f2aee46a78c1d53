/// Contact sheets: many small images in rows that say what they show.
#pragma once

#include <string>
#include <vector>

#include <neb/draw/canvas.hpp>

namespace examples {

/// A cross over what is in the box: it is not what it should be.
void draw_cross(neb::Canvas& canvas, const neb::Box& box);

/// Rows of images of one shape, each row with its label on the left. Values from 0 (black) to 1 (white) are shown, what
/// lies beyond is clipped.
class ContactSheet {
 public:
  /// For images (H, W, C), each at least some 80 pixels wide on the sheet.
  ContactSheet(std::string title, const neb::Shape& image);

  /// Adds a row with rows [begin, end) of images: (N, H, W, C); `gap` sets it apart from the row above.
  void add_row(const std::string& label, const neb::Tensor<float>& images, neb::Index begin, neb::Index end,
               bool gap = false);
  /// Crosses out image `column` of the last row: it is not what the row's label says.
  void cross_out(neb::Index column);

  void write(const std::string& path) const;

 private:
  struct Row {
    std::string label;
    neb::Tensor<float> images;
    bool gap;
    std::vector<neb::Index> crossed;
  };

  std::string title_;
  neb::Shape image_;
  neb::Index scale_;
  std::vector<Row> rows_;
};

}  // namespace examples
