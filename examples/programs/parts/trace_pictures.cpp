#include "parts/trace_pictures.hpp"

#include <algorithm>
#include <iterator>

#include <neb/draw/chart.hpp>
#include <neb/sampling/diagnostics.hpp>

namespace examples {

using neb::Index, neb::Tensor;

namespace {

constexpr neb::Colour palette[] = {{0.12, 0.35, 0.70}, {0.85, 0.33, 0.10}, {0.00, 0.55, 0.40}, {0.55, 0.25, 0.65},
                                   {0.75, 0.60, 0.05}, {0.40, 0.40, 0.40}, {0.30, 0.65, 0.85}, {0.90, 0.55, 0.60},
                                   {0.45, 0.70, 0.20}, {0.60, 0.40, 0.20}};

/// `count` points (i * step, y[i]) of a line, at most some 500 of them.
Tensor<float> points_of(Index count, const double* y, Index step) {
  const Index stride = std::max<Index>(1, count / 500), kept = (count + stride - 1) / stride;
  Tensor<float> points({kept, 2});
  for (Index i = 0; i < kept; ++i) {
    points.mutable_data()[2 * i] = static_cast<float>(i * stride * step);
    points.mutable_data()[2 * i + 1] = static_cast<float>(y[i * stride]);
  }
  return points;
}

}  // namespace

void draw_traces(const Trace& trace, const std::vector<std::string>& names, const std::string& path) {
  std::vector<neb::Canvas> charts;
  for (const std::string& name : names) {
    const Tensor<double>& series = trace.series.at(name);
    const auto [low, high] = std::minmax_element(series.span().begin(), series.span().end());
    const double margin = 0.05 * (*high - *low);
    neb::Chart chart({0, static_cast<double>(trace.draws() * trace.every), *low - margin, *high + margin}, 180, 800);
    chart.label_axes("steps", name);
    for (Index chain = 0; chain < std::min<Index>(trace.chains(), 10); ++chain)
      chart.line(points_of(trace.draws(), series.data() + chain * trace.draws(), trace.every),
                 palette[static_cast<std::size_t>(chain)]);
    charts.push_back(chart.picture());
  }
  neb::Canvas canvas(std::ssize(charts) * charts[0].height(), charts[0].width());
  for (std::size_t i = 0; i < charts.size(); ++i)
    canvas.image(static_cast<Index>(i) * charts[0].height(), 0, charts[i].pixels());
  canvas.write(path);
}

void draw_autocorrelations(const Trace& trace, const std::vector<std::string>& names, const std::string& path) {
  std::vector<std::vector<double>> curves;
  std::size_t lags = 10;
  for (const std::string& name : names) {
    curves.push_back(neb::autocorrelations(trace.series.at(name)));
    const auto small = std::find_if(curves.back().begin(), curves.back().end(), [](double rho) { return rho < 0.05; });
    lags = std::max(lags, static_cast<std::size_t>(small - curves.back().begin()) * 3 / 2);
  }
  lags = std::min(lags, curves[0].size());
  neb::Chart chart({0, static_cast<double>(lags) * static_cast<double>(trace.every), -0.2, 1.05}, 360, 800);
  chart.label_axes("lag, steps", "autocorrelation");
  for (std::size_t i = 0; i < names.size(); ++i)
    chart.line(points_of(static_cast<Index>(lags), curves[i].data(), trace.every), palette[i % std::size(palette)],
               names[i]);
  chart.write(path);
}

}  // namespace examples
