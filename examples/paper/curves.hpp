/// Charts of what was measured, several energies in one.
#pragma once

#include <string>
#include <vector>

#include <neb/draw/points.hpp>

namespace examples::paper {

/// Points that straight lines join.
struct Curve {
  std::string name;
  std::vector<double> x, y;
};

/// What the axes of a chart say and show.
struct Axes {
  std::string x_name, y_name;
  neb::Bounds bounds;
};

/// Writes a chart; the first curve is black, as what the others are compared with.
void draw_curves(const std::vector<Curve>& curves, const Axes& axes, const std::string& path);

}  // namespace examples::paper
