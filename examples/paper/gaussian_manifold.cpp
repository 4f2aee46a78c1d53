#include "paper/gaussian_manifold.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <neb/bayes/smooth.hpp>
#include <neb/draw/chart.hpp>
#include <neb/ops/elementary.hpp>
#include <neb/ops/reduction.hpp>

#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor;

namespace {

constexpr Index samples = 20000;
constexpr neb::Colour colours[]{
    {0.55, 0.55, 0.55}, {0.12, 0.35, 0.70}, {0.00, 0.55, 0.40}, {0.85, 0.45, 0.05}, {0.75, 0.10, 0.30}};

double average(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

Tensor<double> draw(const GaussianManifold& manifold, Index count, const neb::Key& key) {
  Tensor<double> x = neb::random_normal<double>({count, manifold.d}, key.fold("manifold"));
  for (Index i = 0; i < count; ++i)
    for (Index k = manifold.dimension; k < manifold.d; ++k) x.mutable_data()[i * manifold.d + k] *= manifold.epsilon;
  return x;
}

/// A histogram of radii / unit between two bounds, its highest bin 1: (N, 2).
Tensor<float> outline(const std::vector<double>& radii, double unit, double left, double right) {
  constexpr Index bins = 160;
  std::vector<double> counts(bins);
  for (const double radius : radii) {
    const auto bin = static_cast<Index>(std::floor((radius / unit - left) / (right - left) * bins));
    if (bin >= 0 && bin < bins) ++counts[static_cast<std::size_t>(bin)];
  }
  const double highest = *std::max_element(counts.begin(), counts.end());
  Tensor<float> points({2 * bins, 2});
  float* out = points.mutable_data();
  for (Index k = 0; k < 2 * bins; ++k) {
    *out++ = static_cast<float>(left + static_cast<double>((k + 1) / 2) / bins * (right - left));
    *out++ = static_cast<float>(counts[static_cast<std::size_t>(k / 2)] / highest);
  }
  return points;
}

Tensor<float> upright(double x) { return {{2, 2}, {static_cast<float>(x), 0.0F, static_cast<float>(x), 1.1F}}; }

neb::Chart chart_of_radii(double left, double right, const std::string& unit) {
  neb::Chart chart({left, right, -0.02, 1.15}, 340, 860);
  chart.label_axes("radius / " + unit, "samples per bin, of the fullest");
  return chart;
}

/// How far a measured moment is from the predicted one, in standard errors.
double deviation(double found, double expected, double error) { return (found - expected) / error; }

/// The norm of noise alone, for several d and sigma.
void concentration(const Program& program, const neb::Key& key, Results& results) {
  neb::Chart chart = chart_of_radii(0, 1.5, "sqrt(d)");
  std::vector<double> dimensions, means, spreads;
  for (const double sigma : {0.3, 1.0}) {
    std::size_t colour = 1;
    for (const Index d : {2, 20, 200, 2000}) {
      const GaussianManifold origin{.d = d, .dimension = 0, .epsilon = 0};
      const MeasuredRadius noise = measured(origin, sigma, samples, key.at(std::uint64_t(d)));
      const double root_d = std::sqrt(static_cast<double>(d));
      chart.line(outline(noise.radii, root_d, 0, 1.5), colours[colour++], sigma == 1 ? "" : "d = " + std::to_string(d));
      if (sigma == 1) continue;
      dimensions.push_back(static_cast<double>(d));
      means.push_back(average(noise.radii) / (sigma * root_d));
      spreads.push_back(std::sqrt(noise.squared.mean - std::pow(average(noise.radii), 2)) / sigma);
    }
    chart.line(upright(sigma), colours[0], sigma == 1 ? "" : "radius s sqrt(d), for s = 0.3 and 1");
  }
  const std::string stem = "section-2-concentration";
  chart.write(program.picture_path(stem));
  results.numbers.insert(
      results.numbers.end(),
      {{"noise_d", dimensions}, {"noise_norm_over_s_root_d", means}, {"noise_spread_over_s", spreads}});
  for (std::size_t i : {std::size_t(0), dimensions.size() - 1})
    results.findings.push_back({text("norm of N(0, s^2 I), d = %.0f", dimensions[i]), "s sqrt(d) +- O(s)",
                                text("%.4f s sqrt(d), standard deviation %.3f s", means[i], spreads[i])});
  results.pictures.push_back({Program::picture_file(stem),
                              "Radii of noise of sigma = 0.3 and 1: the more dimensions, the thinner the shell."});
}

/// The radius of the sphere that the paper predicts, which leaves the manifold's own coordinates out.
double sphere_radius(const GaussianManifold& manifold, double sigma) {
  return std::sqrt((manifold.epsilon * manifold.epsilon + sigma * sigma) *
                   static_cast<double>(manifold.d - manifold.dimension));
}

/// What the formulas say of a manifold at a noise level, beside what was measured.
std::vector<Finding> compared(const GaussianManifold& manifold, double sigma, const MeasuredRadius& found) {
  const SquaredRadius expected = predicted(manifold, sigma);
  const std::string where = text("%td of %td dimensions, sigma = %.4g: ", manifold.dimension, manifold.d, sigma);
  std::vector<Finding> findings{
      {where + "mean and variance of the squared norm of Y", text("%.5g, %.4g", expected.mean, expected.variance),
       text("%.5g, %.4g (%+.1f, %+.1f standard errors)", found.squared.mean, found.squared.variance,
            deviation(found.squared.mean, expected.mean, found.error.mean),
            deviation(found.squared.variance, expected.variance, found.error.variance))},
      {where + "dimensions that Y fills", text("%.1f (d - 1 for large d)", expected.dimensions()),
       text("%.1f of %td", found.squared.dimensions(), manifold.d)}};
  if (sigma == 0) return findings;
  const double margin = condition_margin(manifold, sigma);
  findings.push_back({where + "(d / d# - 1) over max(Delta, Delta^2); mean radius over that of the paper's sphere",
                      "far above 1; 1",
                      text("%.3g%s; %.4f", margin, margin < 1 ? ", so the condition is violated" : "",
                           average(found.radii) / sphere_radius(manifold, sigma))});
  return findings;
}

/// The Gaussian manifold, for several sigma.
void expansion(const Program& program, const neb::Key& key, Results& results) {
  const GaussianManifold manifold;
  const double root_d = std::sqrt(static_cast<double>(manifold.d));
  neb::Chart chart = chart_of_radii(0, 1.3, "sqrt(d)");
  const std::vector<double> sigmas{0, 0.15, 0.3, 0.7, 1};
  std::vector<double> means, variances, extents, margins;
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    const MeasuredRadius found = measured(manifold, sigmas[i], samples, key.at(i));
    means.push_back(found.squared.mean);
    variances.push_back(found.squared.variance);
    extents.push_back(found.squared.dimensions());
    margins.push_back(condition_margin(manifold, sigmas[i]));
    for (Finding& finding : compared(manifold, sigmas[i], found)) results.findings.push_back(std::move(finding));
    chart.line(outline(found.radii, root_d, 0, 1.3), colours[i], text("s = %.4g", sigmas[i]));
    chart.line(upright(sphere_radius(manifold, sigmas[i]) / root_d), colours[i]);
  }
  const std::string stem = "section-2-manifold";
  chart.write(program.picture_path(stem));
  results.numbers.insert(results.numbers.end(), {{"sigma", sigmas},
                                                 {"mean", means},
                                                 {"variance", variances},
                                                 {"dimensions", extents},
                                                 {"condition_margin", margins}});
  results.pictures.push_back(
      {Program::picture_file(stem),
       "Radii of a Gaussian manifold of 10 dimensions in 784 after smoothing; upright lines: the sphere that the "
       "paper predicts for many dimensions."});
}

/// The same manifold, which violates the paper's condition at this sigma, beside one that meets it.
void condition(const Program& program, const neb::Key& key, Results& results) {
  constexpr double sigma = 0.3, left = 0.9, right = 1.25;
  const GaussianManifold violating, meeting{.d = 20000, .dimension = 1};
  neb::Chart chart = chart_of_radii(left, right, "predicted radius");
  std::size_t colour = 1;
  for (const GaussianManifold& manifold : {violating, meeting}) {
    const MeasuredRadius found = measured(manifold, sigma, samples / 10, key.at(colour));
    chart.line(outline(found.radii, sphere_radius(manifold, sigma), left, right), colours[colour++],
               text("%td of %td dimensions", manifold.dimension, manifold.d));
    if (manifold.d == violating.d) continue;  // expansion() has its findings
    for (Finding& finding : compared(manifold, sigma, found)) results.findings.push_back(std::move(finding));
  }
  chart.line(upright(1), colours[0]);
  const std::string stem = "section-2-condition";
  chart.write(program.picture_path(stem));
  results.pictures.push_back({Program::picture_file(stem),
                              "sigma = 0.3. 10 wide dimensions of 784 violate the condition that the paper puts on its "
                              "sphere, and Y lies beyond it; 1 of 20 000 meets it."});
}

}  // namespace

SquaredRadius predicted(const GaussianManifold& manifold, double sigma) {
  const auto along = static_cast<double>(manifold.dimension);
  const double across = static_cast<double>(manifold.d) - along;
  const double wide = 1 + sigma * sigma, thin = manifold.epsilon * manifold.epsilon + sigma * sigma;
  return {along * wide + across * thin, 2 * along * wide * wide + 2 * across * thin * thin};
}

double condition_margin(const GaussianManifold& manifold, double sigma) {
  const double delta = (1 + sigma * sigma) / (manifold.epsilon * manifold.epsilon + sigma * sigma);
  return (static_cast<double>(manifold.d) / static_cast<double>(manifold.dimension) - 1) /
         std::max(delta, delta * delta);
}

MeasuredRadius measured(const GaussianManifold& manifold, double sigma, Index count, const neb::Key& key) {
  MeasuredRadius found;
  std::vector<double> squares;
  const Index batch = std::clamp<Index>(2'000'000 / manifold.d, 1, 1000);  // so that many samples need little memory
  for (Index begin = 0; begin < count; begin += batch) {
    const neb::Key here = key.at(static_cast<std::uint64_t>(begin));
    const Tensor<double> x = draw(manifold, std::min(batch, count - begin), here);
    const auto y = neb::Var<double>::constant(sigma > 0 ? neb::smooth(x, sigma, here) : x);
    const auto squared = neb::sum(neb::square(y), 1);
    squares.insert(squares.end(), squared.value().span().begin(), squared.value().span().end());
  }
  const double n = static_cast<double>(count);
  found.squared.mean = average(squares);
  double second = 0, fourth = 0;
  for (const double square : squares) {
    const double off = square - found.squared.mean;
    second += off * off / n;
    fourth += off * off * off * off / n;
    found.radii.push_back(std::sqrt(square));
  }
  found.squared.variance = second * n / (n - 1);
  found.error = {std::sqrt(second / n), std::sqrt((fourth - second * second) / n)};
  return found;
}

Results section_2(Laboratory& laboratory) {
  const neb::Key key = neb::Key(laboratory.program().seed).fold("section 2");
  Results results;
  concentration(laboratory.program(), key, results);
  expansion(laboratory.program(), key, results);
  condition(laboratory.program(), key.fold("condition"), results);
  return results;
}

}  // namespace examples::paper
