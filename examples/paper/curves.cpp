#include "paper/curves.hpp"

#include <iterator>

#include <neb/draw/chart.hpp>
#include <neb/io/safetensors.hpp>

namespace examples::paper {

using neb::Index;

void draw_curves(const std::vector<Curve>& curves, const Axes& axes, const std::string& path) {
  constexpr neb::Colour palette[] = {{0.1, 0.1, 0.1}, {0.85, 0.2, 0.1}, {0.1, 0.35, 0.8},
                                     {0.1, 0.6, 0.3}, {0.85, 0.55, 0},  {0.55, 0.2, 0.65}};
  neb::Chart chart(axes.bounds, 380, 640);
  chart.label_axes(axes.x_name, axes.y_name);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const Curve& curve = curves[i];
    neb::Tensor<float> points({std::ssize(curve.x), 2});
    for (std::size_t k = 0; k < curve.x.size(); ++k) {
      points.mutable_data()[2 * k] = static_cast<float>(curve.x[k]);
      points.mutable_data()[2 * k + 1] = static_cast<float>(curve.y[k]);
    }
    chart.line(points, palette[i % std::size(palette)], curve.name);
  }
  chart.write(path);
}

}  // namespace examples::paper
