/// A chart of curves over the plane, with its axes and a legend.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/canvas.hpp"

namespace examples {

/// Curves in a window of the plane. Each has a colour, and a name in the legend at the top.
class Chart {
 public:
  explicit Chart(const neb::Bounds& bounds, neb::Index height = 360, neb::Index width = 560);

  /// Adds the graph of y = f(x), and its name to the legend.
  void curve(const std::function<double(double)>& f, const neb::Colour& colour, std::string_view name);
  /// Adds straight lines from each of `points` (N, 2) to the next, and their name to the legend unless it is empty.
  void line(const neb::Tensor<float>& points, const neb::Colour& colour, std::string_view name = "");
  /// Numbers both axes and names them.
  void label_axes(std::string x_name, std::string y_name);

  /// Writes PNG or PPM, as the path's ending says. Throws neb::FileError.
  void write(const std::string& path) const;

 private:
  struct Entry {
    std::string name;
    neb::Colour colour;
  };
  void draw_numbers(Canvas& canvas, neb::Index top, neb::Index left) const;

  neb::Bounds bounds_;
  neb::Tensor<float> window_;
  std::vector<Entry> legend_;
  std::string x_name_, y_name_;
};

/// The step of the numbers along an axis of that extent: 1, 2 or 5 times a power of ten, from four to ten steps.
double tick_step(double extent);

}  // namespace examples
