#include "parts/radial_profile.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <neb/draw/chart.hpp>
#include <neb/io/number_text.hpp>

namespace examples {

using neb::Index, neb::RadialProfile, neb::Tensor;

namespace {

constexpr neb::Colour palette[] = {{0.12, 0.35, 0.70}, {0.85, 0.33, 0.10}, {0.00, 0.55, 0.40},
                                   {0.55, 0.25, 0.65}, {0.75, 0.60, 0.05}, {0.40, 0.40, 0.40}};

struct Quantity {
  const char* name;
  std::vector<double> RadialProfile::*values;
};
constexpr Quantity profile_quantities[] = {{"error of the jump, summed over pixels", &RadialProfile::error},
                                           {"nats lost per natural time", &RadialProfile::rate},
                                           {"energy above r = 0, nats", &RadialProfile::energy},
                                           {"ink of the jump, the image = 1", &RadialProfile::ink}};

neb::Canvas chart_of(const std::vector<NamedProfile>& profiles, const Quantity& quantity) {
  double low = 0, high = 0, right = 0;
  for (const NamedProfile& p : profiles) {
    for (const double value : p.profile.*quantity.values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    right = std::max(right, p.profile.radius.back());
  }
  const double margin = 0.05 * std::max(high - low, 1e-6);
  neb::Chart chart({0, right, low - margin, high + margin}, 300, 600);
  chart.label_axes("r, in units of sigma", quantity.name);
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const auto& [name, profile] = profiles[i];
    Tensor<float> points({std::ssize(profile.radius), 2});
    for (std::size_t k = 0; k < profile.radius.size(); ++k) {
      points.mutable_data()[2 * k] = static_cast<float>(profile.radius[k]);
      points.mutable_data()[2 * k + 1] = static_cast<float>((profile.*quantity.values)[k]);
    }
    chart.line(points, palette[i % std::size(palette)]);
  }
  return chart.picture();
}

}  // namespace

std::vector<double> radii_by(double step) {
  std::vector<double> radii;
  for (double r = 0; r <= 1.25; r += step) radii.push_back(r);
  return radii;
}

NamedProfile measure_profile(const Program& program, const std::string& name, const TrainedEnergy& energy,
                             const Tensor<float>& x, const std::vector<double>& radii) {
  ProgressBar bar = program.progress(name, "points");
  return {name, neb::radial_profile(energy.phi, x, static_cast<float>(energy.sigma), radii,
                                    neb::Key(program.seed).fold("profile"),
                                    /*batch=*/100, std::ref(bar))};
}

void draw_profiles(const std::vector<NamedProfile>& profiles, const std::string& title, const std::string& path) {
  constexpr Index margin = 12, row = 22;
  std::vector<neb::Canvas> charts;
  for (const Quantity& quantity : profile_quantities) charts.push_back(chart_of(profiles, quantity));
  const Index height = charts[0].height() + margin, width = charts[0].width() + margin;
  const Index top = margin + row * (1 + std::ssize(profiles)) + margin;
  neb::Canvas canvas(top + 2 * height, margin + 2 * width);
  canvas.text(margin, margin, title, {0, 0, 0});
  for (std::size_t i = 0; i < profiles.size(); ++i)
    canvas.text(margin + row * static_cast<Index>(i + 1), margin, profiles[i].name, palette[i % std::size(palette)]);
  for (Index k = 0; k < 4; ++k)
    canvas.image(top + k / 2 * height, margin + k % 2 * width, charts[static_cast<std::size_t>(k)].pixels());
  canvas.write(path);
}

void print_profiles(const Program& program, const std::vector<NamedProfile>& profiles) {
  program.print("     r %12s %12s %12s %8s\n", "|x - xhat|^2", "rate, nats", "energy, nats", "ink");
  for (std::size_t k = 0; k < profiles.front().profile.radius.size(); k += 4)
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      const auto& [name, p] = profiles[i];
      const std::string r = i == 0 ? neb::number_text(p.radius[k]) : "";
      program.print("%6s %12.3f %12.2f %12.2f %8.3f   %s\n", r.c_str(), p.error[k], p.rate[k], p.energy[k], p.ink[k],
                    name.c_str());
    }
}

Summary profile_numbers(const std::string& prefix, const RadialProfile& profile) {
  return {{prefix + "_error", profile.error},
          {prefix + "_rate", profile.rate},
          {prefix + "_energy", profile.energy},
          {prefix + "_ink", profile.ink}};
}

Summary radial_profile(const Program& program, const TrainedEnergy& energy, const Images& images, Index count,
                       bool with_kde, const std::string& picture_stem) {
  const auto first = [count](const Tensor<float>& x) { return x.rows(0, std::min(count, x.shape()[0])); };
  const Tensor<float> train = first(images.train), test = first(images.test);
  std::vector<NamedProfile> profiles{measure_profile(program, "the energy, training images", energy, train),
                                     measure_profile(program, "the energy, test images", energy, test)};
  if (with_kde)
    profiles.push_back(
        measure_profile(program, "the closed form, training images", closed_form(images, energy.sigma), train));
  program.print("radial profile at sigma %.4g: y = x + r sigma e, means over %ld training and %ld test images\n",
                energy.sigma, static_cast<long>(train.shape()[0]), static_cast<long>(test.shape()[0]));
  print_profiles(program, profiles);
  const std::string picture = program.picture_path(picture_stem);
  draw_profiles(profiles, "radial profile, sigma = " + neb::number_text(energy.sigma), picture);
  program.print("picture: %s\n", picture.c_str());

  Summary numbers{{"profile_radius", profiles[0].profile.radius}};
  const char* const prefixes[] = {"profile_train", "profile_test", "profile_kde"};
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const Summary columns = profile_numbers(prefixes[i], profiles[i].profile);
    numbers.insert(numbers.end(), columns.begin(), columns.end());
  }
  return numbers;
}

}  // namespace examples
