#include "common/contact_sheet.hpp"

#include <algorithm>
#include <cmath>

namespace examples {

using neb::Box, neb::Canvas, neb::Index;

namespace {

constexpr Index margin = 16, space = 4, group_gap = 20;
constexpr neb::Colour red{0.85, 0.1, 0.1};

}  // namespace

void draw_cross(Canvas& canvas, const Box& box) {
  canvas.rectangle(box, {0.45, 0.45, 0.45});
  const Index thickness = 3, longest = std::max(box.height, box.width);
  for (Index i = 0; i < longest; ++i) {
    const Index y = i * (box.height - thickness) / longest, x = i * (box.width - thickness) / longest;
    canvas.rectangle({box.top + y, box.left + x, thickness, thickness}, red);
    canvas.rectangle({box.top + y, box.left + box.width - thickness - x, thickness, thickness}, red);
  }
  canvas.frame({box.top + 2, box.left + 2, box.height - 4, box.width - 4}, 2, red);
}

ContactSheet::ContactSheet(std::string title, const neb::Shape& image)
    : title_(std::move(title)),
      image_(image),
      scale_(std::clamp<Index>(std::lround(84.0 / static_cast<double>(std::max(image[0], image[1]))), 1, 16)) {}

void ContactSheet::add_row(const std::string& label, const neb::Tensor<float>& images, Index begin, Index end,
                           bool gap) {
  rows_.push_back({label, images.rows(begin, end), gap, {}});
}

void ContactSheet::cross_out(Index column) { rows_.back().crossed.push_back(column); }

void ContactSheet::write(const std::string& path) const {
  const Index cell_height = image_[0] * scale_ + space, cell_width = image_[1] * scale_ + space;
  const Index text_height = Canvas::text_height();
  Index columns = 1, label_width = 0, height = 2 * margin + text_height;
  for (const Row& row : rows_) {
    columns = std::max(columns, row.images.shape()[0]);
    label_width = std::max(label_width, Canvas::text_width(row.label));
    height += cell_height + (row.gap ? group_gap : 0);
  }
  const Index left = margin + label_width + margin;
  const Index width = std::max(left + columns * cell_width, margin + Canvas::text_width(title_)) + margin;

  Canvas canvas(height + margin, width);
  canvas.text(margin, margin, title_, {0, 0, 0});
  Index top = 2 * margin + text_height;
  for (const Row& row : rows_) {
    top += row.gap ? group_gap : 0;
    canvas.text(top + (cell_height - space - text_height) / 2, left - margin - Canvas::text_width(row.label),
                row.label);
    for (Index column = 0; column < row.images.shape()[0]; ++column) {
      const Index x = left + column * cell_width;
      canvas.image(top, x, row.images.rows(column, column + 1).reshaped(image_), scale_);
      if (std::find(row.crossed.begin(), row.crossed.end(), column) != row.crossed.end())
        draw_cross(canvas, {top, x, cell_height - space, cell_width - space});
    }
    top += cell_height;
  }
  canvas.write(path);
}

}  // namespace examples
