#include "parts/sphere_overlap.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include <neb/bayes/sphere_overlap.hpp>
#include <neb/draw/chart.hpp>

namespace examples {

using neb::Canvas, neb::Index;

namespace {

constexpr neb::Colour bars{0.27, 0.45, 0.65}, axis{0.2, 0.2, 0.2}, marker{0.85, 0.1, 0.1};

std::string decimals(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// The histogram of chi from 0 on, and a line at each sigma with the share of pairs to its left.
Canvas draw(const neb::SphereOverlap& overlap, const std::vector<double>& sigmas) {
  constexpr Index left = 40, width = 840, top = 110, height = 360, bottom = 70, columns = 210;
  Canvas canvas(top + height + bottom, left + width + left);
  double right = overlap.max;
  for (const double sigma : sigmas) right = std::max(right, sigma);
  right *= 1.05;
  const auto x_of = [&](double chi) { return left + std::lround(chi / right * static_cast<double>(width)); };

  std::vector<double> counts(columns);
  for (std::size_t k = 0; k < overlap.histogram.size(); ++k) {
    const double chi = (static_cast<double>(k) + 0.5) * overlap.bin_width;
    if (chi < right)
      counts[static_cast<std::size_t>(chi / right * columns)] += static_cast<double>(overlap.histogram[k]);
  }
  const double highest = *std::max_element(counts.begin(), counts.end());
  for (Index column = 0; column < columns; ++column) {
    const Index bar = std::lround(counts[static_cast<std::size_t>(column)] / highest * static_cast<double>(height));
    canvas.rectangle({top + height - bar, left + column * width / columns, bar, width / columns}, bars);
  }

  canvas.rectangle({top + height, left, 2, width}, axis);
  const double step = neb::tick_step(right);
  for (int tick = 0; tick * step < right; ++tick) {
    const std::string label = decimals("%.4g", tick * step);
    canvas.rectangle({top + height, x_of(tick * step), 8, 2}, axis);
    canvas.text(top + height + 14, x_of(tick * step) - Canvas::text_width(label) / 2, label);
  }
  canvas.text(14, left, "chi = distance / (2 sqrt(d)) of " + std::to_string(overlap.pairs) + " pairs of images",
              {0, 0, 0});
  canvas.text(top + height + 42, left, "spheres of radius sigma sqrt(d) overlap where chi is left of sigma");

  std::vector<double> sorted = sigmas;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    // Labels on two levels, on the side where there is room.
    const Index level = 44 + static_cast<Index>(i % 3) * 20;
    const std::string label =
        "sigma " + decimals("%.4g", sorted[i]) + ": " + decimals("%.4g", 100 * overlap.overlapping(sorted[i])) + "%";
    const Index x = x_of(sorted[i]);
    canvas.rectangle({level, x, top + height - level, 2}, marker);
    const Index text = x + 8 + Canvas::text_width(label) < canvas.width() ? x + 8 : x - 8 - Canvas::text_width(label);
    canvas.text(level, text, label, marker);
  }
  return canvas;
}

}  // namespace

Summary sphere_overlap(const Program& program, const Images& images, Index pairs, const std::vector<double>& sigmas,
                       const std::string& picture_stem) {
  neb::SphereOverlap overlap;
  {
    ProgressBar bar = program.progress("comparing", "pairs");
    bar.update(0, 0);
    overlap = pairs > 0
                  ? neb::sphere_overlap(images.train, pairs, neb::Key(program.seed), std::ref(bar), *program.ranks)
                  : neb::sphere_overlap(images.train, std::ref(bar), *program.ranks);
  }
  if (program.ranks->rank() > 0) return {};
  const std::string picture = program.picture_path(picture_stem);
  draw(overlap, sigmas).write(picture);

  program.print("chi over %s of %ld training images: min %.4f, median %.4f, mean %.4f, max %.4f\n",
                pairs > 0 ? (std::to_string(pairs) + " random pairs").c_str()
                          : ("all " + std::to_string(overlap.pairs) + " pairs").c_str(),
                static_cast<long>(overlap.images), overlap.min, overlap.median, overlap.mean, overlap.max);
  program.print("s_c %s %.4f: above it all spheres overlap (extreme noise)\n", pairs > 0 ? "is at least" : "=",
                overlap.max);
  std::vector<double> shares;
  for (const double sigma : sigmas) {
    shares.push_back(overlap.overlapping(sigma));
    program.print("at sigma %.4g, %.4g %% of the pairs of spheres overlap\n", sigma, 100 * shares.back());
  }
  program.print("picture: %s\n", picture.c_str());
  return {{"images", overlap.images}, {"pairs", overlap.pairs}, {"min", overlap.min}, {"median", overlap.median},
          {"mean", overlap.mean},     {"max", overlap.max},     {"sigmas", sigmas},   {"overlapping", shares}};
}

}  // namespace examples
