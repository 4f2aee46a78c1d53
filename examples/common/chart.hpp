/// A chart of curves over the plane, with its axes and a legend.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/canvas.hpp"

namespace examples {

/// Curves in a window of the plane. Each has a colour, and a name in the legend at the top.
class Chart {
 public:
  explicit Chart(const neb::Bounds& bounds, neb::Index height = 360, neb::Index width = 560);

  /// Adds the graph of y = f(x), and its name to the legend.
  void curve(const std::function<double(double)>& f, const neb::Colour& colour, std::string_view name);

  /// Writes PNG or PPM, as the path's ending says. Throws neb::FileError.
  void write(const std::string& path) const { canvas_.write(path); }

 private:
  static constexpr neb::Index margin = 28;  // above the window, for the legend

  neb::Bounds bounds_;
  Canvas canvas_;
  neb::Tensor<float> window_;
  neb::Index legend_ = 12;
};

}  // namespace examples
