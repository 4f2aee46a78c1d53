#include "common/chart.hpp"

namespace examples {

namespace {

using neb::Index;

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

}  // namespace

Chart::Chart(const neb::Bounds& bounds, Index height, Index width)
    : bounds_(bounds), canvas_(height + margin, width), window_(neb::Tensor<float>::ones({height, width, 3})) {
  const neb::Colour grey{0.75, 0.75, 0.75};
  const neb::Bounds upright{bounds.y_low, bounds.y_high, bounds.x_low, bounds.x_high};
  window_ = neb::draw_points(window_, trace(bounds, [](double) { return 0.0; }), bounds, grey, 0.5);
  neb::Tensor<float> axis = trace(upright, [](double) { return 0.0; });
  for (Index i = 0; i < axis.shape()[0]; ++i) std::swap(axis.mutable_data()[2 * i], axis.mutable_data()[2 * i + 1]);
  window_ = neb::draw_points(window_, axis, bounds, grey, 0.5);
  canvas_.image(margin, 0, window_.shape(), window_.data(), 1);
}

void Chart::curve(const std::function<double(double)>& f, const neb::Colour& colour, std::string_view name) {
  window_ = neb::draw_points(std::move(window_), trace(bounds_, f), bounds_, colour, 1.3);
  canvas_.image(margin, 0, window_.shape(), window_.data(), 1);
  canvas_.text(8, legend_, name, colour);
  legend_ += Canvas::text_width(name) + 24;
}

}  // namespace examples
