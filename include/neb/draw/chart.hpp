/// A chart of curves over the plane, with its axes and a legend.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/draw/canvas.hpp"
#include "neb/draw/colour.hpp"
#include "neb/draw/points.hpp"

namespace neb {

/// Curves in a window of the plane. Each has a colour, and a name in the legend at the top.
class Chart {
 public:
  /// A window of `height` x `width` pixels that shows `bounds`. Throws ShapeError and ValueError.
  explicit Chart(const Bounds& bounds, Index height = 360, Index width = 560);

  /// Adds the graph of y = f(x), and its name to the legend.
  void curve(const std::function<double(double)>& f, const Colour& colour, std::string_view name);
  /// Adds straight lines from each of `points` (N, 2) to the next, but for those that are not finite, and their name to
  /// the legend unless it is empty. Throws ShapeError.
  void line(const Tensor<float>& points, const Colour& colour, std::string_view name = "");
  /// Numbers both axes and names them.
  void label_axes(std::string x_name, std::string y_name);

  /// The window with its legend and its axes, to write or to put into a larger picture.
  Canvas picture() const;
  /// Writes PNG or PPM, as the path's ending says. Throws FileError.
  void write(const std::string& path) const { picture().write(path); }

 private:
  struct Entry {
    std::string name;
    Colour colour;
  };
  static constexpr Index legend_row = 28, numbers_width = 84, numbers_height = 54;

  void draw_numbers(Canvas& canvas, Index top, Index left) const;

  Bounds bounds_;
  Tensor<float> window_;
  std::vector<Entry> legend_;
  std::string x_name_, y_name_;
};

/// The step of the numbers along an axis of length `extent`: 1, 2 or 5 times a power of ten, from four to ten steps.
/// Throws ValueError.
inline double tick_step(double extent) {
  if (!(extent > 0 && std::isfinite(extent)))
    throw ValueError("tick_step: expects a finite extent greater than 0, got " + std::to_string(extent));
  double step = std::pow(10.0, std::floor(std::log10(extent)) - 1);
  for (const double factor : {2.0, 2.5, 2.0, 2.0, 2.5})
    if (extent / step > 10) step *= factor;
  return step;
}

namespace detail {

/// Points of y = f(x), so close together that they look like a line: (N, 2).
inline Tensor<float> points_of_graph(const Bounds& bounds, const std::function<double(double)>& f) {
  constexpr Index count = 4000;
  Tensor<float> points({count, 2});
  float* out = points.mutable_data();
  for (Index i = 0; i < count; ++i) {
    const double x = std::lerp(bounds.x_low, bounds.x_high, static_cast<double>(i) / (count - 1));
    *out++ = static_cast<float>(x);
    *out++ = static_cast<float>(f(x));
  }
  return points;
}

inline std::string tick_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// The numbers along an axis from `low` to `high`.
inline std::vector<double> ticks(double low, double high) {
  const double step = tick_step(high - low), first = std::ceil(low / step - 1e-9);
  std::vector<double> values;
  for (int i = 0; i <= 10 && (first + i) * step <= high + 1e-9 * (high - low); ++i)
    values.push_back((first + i) * step);
  return values;
}

}  // namespace detail

inline Chart::Chart(const Bounds& bounds, Index height, Index width)
    : bounds_(bounds), window_(Tensor<float>::ones({height, width, 3})) {
  const Colour grey{0.75, 0.75, 0.75};
  const Bounds upright{bounds.y_low, bounds.y_high, bounds.x_low, bounds.x_high};
  window_ = draw_points(window_, detail::points_of_graph(bounds, [](double) { return 0.0; }), bounds, grey, 0);
  Tensor<float> axis = detail::points_of_graph(upright, [](double) { return 0.0; });
  for (Index i = 0; i < axis.shape()[0]; ++i) std::swap(axis.mutable_data()[2 * i], axis.mutable_data()[2 * i + 1]);
  window_ = draw_points(window_, axis, bounds, grey, 0);
}

inline void Chart::curve(const std::function<double(double)>& f, const Colour& colour, std::string_view name) {
  window_ = draw_points(std::move(window_), detail::points_of_graph(bounds_, f), bounds_, colour, 1.3);
  legend_.push_back({std::string(name), colour});
}

inline void Chart::line(const Tensor<float>& points, const Colour& colour, std::string_view name) {
  if (points.shape().rank() != 2 || points.shape()[1] != 2)
    throw ShapeError("Chart::line: expects points (N, 2)   [points: " + points.shape().to_string() + "]");
  const double x_scale = static_cast<double>(window_.shape()[1]) / (bounds_.x_high - bounds_.x_low);
  const double y_scale = static_cast<double>(window_.shape()[0]) / (bounds_.y_high - bounds_.y_low);
  for (Index i = 0; i + 1 < points.shape()[0]; ++i) {
    const double pixels = std::hypot(x_scale * static_cast<double>(points(i + 1, 0) - points(i, 0)),
                                     y_scale * static_cast<double>(points(i + 1, 1) - points(i, 1)));
    if (!std::isfinite(pixels)) continue;
    const Index count = 2 + static_cast<Index>(std::min(pixels, 10000.0));
    Tensor<float> segment({count, 2});
    for (Index k = 0; k < 2 * count; ++k)
      segment.mutable_data()[k] =
          std::lerp(points(i, k % 2), points(i + 1, k % 2), static_cast<float>(k / 2) / static_cast<float>(count - 1));
    window_ = draw_points(std::move(window_), segment, bounds_, colour, 1.3);
  }
  if (!name.empty()) legend_.push_back({std::string(name), colour});
}

inline void Chart::label_axes(std::string x_name, std::string y_name) {
  x_name_ = std::move(x_name);
  y_name_ = std::move(y_name);
}

inline void Chart::draw_numbers(Canvas& canvas, Index top, Index left) const {
  const Index height = window_.shape()[0], width = window_.shape()[1];
  const Colour ink{0.2, 0.2, 0.2};
  canvas.rectangle({top + height, left - 2, 2, width + 2}, ink);
  canvas.rectangle({top, left - 2, height, 2}, ink);
  const double across = bounds_.x_high - bounds_.x_low, up = bounds_.y_high - bounds_.y_low;
  for (const double value : detail::ticks(bounds_.x_low, bounds_.x_high)) {
    const std::string number = detail::tick_text(value);
    const Index x = left + std::lround((value - bounds_.x_low) / across * static_cast<double>(width));
    canvas.rectangle({top + height, x - 1, 8, 2}, ink);
    canvas.text(top + height + 12, x - Canvas::text_width(number) / 2, number);
  }
  for (const double value : detail::ticks(bounds_.y_low, bounds_.y_high)) {
    const std::string number = detail::tick_text(value);
    const Index y = top + std::lround((bounds_.y_high - value) / up * static_cast<double>(height));
    canvas.rectangle({y - 1, left - 8, 2, 8}, ink);
    canvas.text(y - Canvas::text_height() / 2, left - 12 - Canvas::text_width(number), number);
  }
  canvas.text(top + height + 34, left + (width - Canvas::text_width(x_name_)) / 2, x_name_, {0, 0, 0});
}

inline Canvas Chart::picture() const {
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
  canvas.image(top, left, window_);
  if (numbered) draw_numbers(canvas, top, left);
  return canvas;
}

}  // namespace neb
