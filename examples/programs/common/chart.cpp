#include "common/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace examples {

namespace {

using neb::Index;

constexpr Index legend_row = 28, numbers_width = 84, numbers_height = 54;

/// Points so close together that they look like a line: (N, 2).
neb::Tensor<float> trace(const neb::Bounds& bounds, const std::function<double(double)>& f) {
  constexpr Index count = 4000;
  neb::Tensor<float> points({count, 2});
  float* out = points.mutable_data();
  for (Index i = 0; i < count; ++i) {
    const double x = std::lerp(bounds.x_low, bounds.x_high, static_cast<double>(i) / (count - 1));
    *out++ = static_cast<float>(x);
    *out++ = static_cast<float>(f(x));
  }
  return points;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace

double tick_step(double extent) {
  double step = std::pow(10.0, std::floor(std::log10(extent)) - 1);
  for (const double factor : {2.0, 2.5, 2.0, 2.0, 2.5})
    if (extent / step > 10) step *= factor;
  return step;
}

Chart::Chart(const neb::Bounds& bounds, Index height, Index width)
    : bounds_(bounds), window_(neb::Tensor<float>::ones({height, width, 3})) {
  const neb::Colour grey{0.75, 0.75, 0.75};
  const neb::Bounds upright{bounds.y_low, bounds.y_high, bounds.x_low, bounds.x_high};
  window_ = neb::draw_points(window_, trace(bounds, [](double) { return 0.0; }), bounds, grey, 0.5);
  neb::Tensor<float> axis = trace(upright, [](double) { return 0.0; });
  for (Index i = 0; i < axis.shape()[0]; ++i) std::swap(axis.mutable_data()[2 * i], axis.mutable_data()[2 * i + 1]);
  window_ = neb::draw_points(window_, axis, bounds, grey, 0.5);
}

void Chart::curve(const std::function<double(double)>& f, const neb::Colour& colour, std::string_view name) {
  window_ = neb::draw_points(std::move(window_), trace(bounds_, f), bounds_, colour, 1.3);
  legend_.push_back({std::string(name), colour});
}

void Chart::line(const neb::Tensor<float>& points, const neb::Colour& colour, std::string_view name) {
  const double x_scale = static_cast<double>(window_.shape()[1]) / (bounds_.x_high - bounds_.x_low);
  const double y_scale = static_cast<double>(window_.shape()[0]) / (bounds_.y_high - bounds_.y_low);
  for (Index i = 0; i + 1 < points.shape()[0]; ++i) {
    const double pixels = std::hypot(x_scale * static_cast<double>(points(i + 1, 0) - points(i, 0)),
                                     y_scale * static_cast<double>(points(i + 1, 1) - points(i, 1)));
    const Index count = 2 + static_cast<Index>(std::min(pixels, 10000.0));
    neb::Tensor<float> segment({count, 2});
    for (Index k = 0; k < 2 * count; ++k)
      segment.mutable_data()[k] =
          std::lerp(points(i, k % 2), points(i + 1, k % 2), static_cast<float>(k / 2) / static_cast<float>(count - 1));
    window_ = neb::draw_points(std::move(window_), segment, bounds_, colour, 1.3);
  }
  if (!name.empty()) legend_.push_back({std::string(name), colour});
}

void Chart::label_axes(std::string x_name, std::string y_name) {
  x_name_ = std::move(x_name);
  y_name_ = std::move(y_name);
}

void Chart::draw_numbers(Canvas& canvas, Index top, Index left) const {
  const Index height = window_.shape()[0], width = window_.shape()[1];
  const neb::Colour ink{0.2, 0.2, 0.2};
  const double across = bounds_.x_high - bounds_.x_low, up = bounds_.y_high - bounds_.y_low;
  canvas.rectangle({top + height, left - 2, 2, width + 2}, ink);
  canvas.rectangle({top, left - 2, height, 2}, ink);
  const double x_step = tick_step(across), y_step = tick_step(up);
  for (double k = std::ceil(bounds_.x_low / x_step - 1e-9) + 0.0; k * x_step <= bounds_.x_high + 1e-9 * across; ++k) {
    const Index x = left + std::lround((k * x_step - bounds_.x_low) / across * static_cast<double>(width));
    canvas.rectangle({top + height, x - 1, 8, 2}, ink);
    canvas.text(top + height + 12, x - Canvas::text_width(number(k * x_step)) / 2, number(k * x_step));
  }
  for (double k = std::ceil(bounds_.y_low / y_step - 1e-9) + 0.0; k * y_step <= bounds_.y_high + 1e-9 * up; ++k) {
    const Index y = top + std::lround((bounds_.y_high - k * y_step) / up * static_cast<double>(height));
    canvas.rectangle({y - 1, left - 8, 2, 8}, ink);
    canvas.text(y - Canvas::text_height() / 2, left - 12 - Canvas::text_width(number(k * y_step)), number(k * y_step));
  }
  canvas.text(top + height + 34, left + (width - Canvas::text_width(x_name_)) / 2, x_name_, {0, 0, 0});
}

void Chart::write(const std::string& path) const {
  const bool numbered = !x_name_.empty() || !y_name_.empty();
  const Index height = window_.shape()[0], width = window_.shape()[1], left = numbered ? numbers_width : 0;
  std::vector<Entry> entries = legend_;
  if (!y_name_.empty()) entries.insert(entries.begin(), {y_name_, {0, 0, 0}});

  std::vector<std::pair<Index, Index>> places;  // row and column of each entry
  Index row = 0, column = 12;
  for (const Entry& entry : entries) {
    const Index wide = Canvas::text_width(entry.name);
    if (column > 12 && column + wide > left + width) {
      ++row;
      column = 12;
    }
    places.emplace_back(row, column);
    column += wide + 24;
  }
  const Index top = (row + 1) * legend_row;
  Canvas canvas(top + height + (numbered ? numbers_height : 0), left + width + (numbered ? numbers_width / 2 : 0));
  for (std::size_t i = 0; i < entries.size(); ++i)
    canvas.text(places[i].first * legend_row + 8, places[i].second, entries[i].name, entries[i].colour);
  canvas.image(top, left, window_.shape(), window_.data(), 1);
  if (numbered) draw_numbers(canvas, top, left);
  canvas.write(path);
}

}  // namespace examples
