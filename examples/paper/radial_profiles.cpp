#include "paper/radial_profiles.hpp"

#include <algorithm>
#include <cmath>

#include "paper/text.hpp"
#include "parts/radial_profile.hpp"

namespace examples::paper {

using neb::Index, neb::RadialProfile, neb::Tensor;

namespace {

struct Row {
  std::string name, title;
  RadialProfile train, test;
};

/// A profile's values at r = 0.25, 0.5 and 0.75, which are among its radii.
std::vector<double> inside(const RadialProfile& profile, const std::vector<double>& values) {
  std::vector<double> some;
  for (const double r : {0.25, 0.5, 0.75})
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::abs(profile.radius[i] - r) < 1e-9) some.push_back(values[i]);
  return some;
}

std::vector<Finding> findings_of(const Row& row, Index d) {
  const auto line = [&](const char* format, const std::vector<double>& train, const std::vector<double>& test) {
    return list_text(format, inside(row.train, train)) + " (" + list_text(format, inside(row.test, test)) + ")";
  };
  const Depth train = depth_of(row.train, d), test = depth_of(row.test, d);
  return {{row.title + ": sigma^2 |grad phi|^2 / (r^2 d) at r = 0.25, 0.5, 0.75 (test digits)", "",
           line("%.3f", train.rate, test.rate)},
          {row.title + ": energy above the digit's / (r^2 d / 2)", "", line("%.3f", train.energy, test.energy)},
          {row.title + ": error of the jump", "", line("%.2f", row.train.error, row.test.error)}};
}

void add_numbers(Summary& numbers, const Row& row, Index d) {
  for (const bool train : {true, false}) {
    const RadialProfile& profile = train ? row.train : row.test;
    const std::string prefix = row.name + (train ? "_train" : "_test");
    const Summary columns = profile_numbers(prefix, profile);
    numbers.insert(numbers.end(), columns.begin(), columns.end());
    const Depth depth = depth_of(profile, d);
    numbers.emplace_back(prefix + "_radius", profile.radius);
    numbers.emplace_back(prefix + "_relative_rate", depth.rate);
    numbers.emplace_back(prefix + "_relative_energy", depth.energy);
  }
}

}  // namespace

Depth depth_of(const RadialProfile& profile, Index d) {
  Depth depth;
  for (std::size_t i = 0; i < profile.radius.size(); ++i) {
    const double alone = profile.radius[i] * profile.radius[i] * static_cast<double>(d);
    depth.rate.push_back(alone > 0 ? profile.rate[i] / alone : std::nan(""));
    depth.energy.push_back(alone > 0 ? profile.energy[i] / (alone / 2) : std::nan(""));
  }
  return depth;
}

Results radial_profiles(Laboratory& laboratory) {
  constexpr double sigma = 0.3;
  const Program& program = laboratory.program();
  const Images& images = laboratory.images();
  const Index train = std::min<Index>(1000, images.train.shape()[0]),
              test = std::min<Index>(1000, images.test.shape()[0]), d = images.train.shape().stride(0);
  std::vector<NamedEnergy> energies{{"learned", "learned energy", laboratory.energy(sigma)}};
  for (const NamedEnergy& control : laboratory.controls(sigma)) energies.push_back(control);

  Results results{
      .numbers = {{"sigma", sigma}, {"train_digits", train}, {"test_digits", test}}, .findings = {}, .pictures = {}};
  std::vector<Row> rows;
  std::vector<NamedProfile> profiles;
  for (const NamedEnergy& one : energies) {
    rows.push_back(
        {one.name, one.title,
         measure_profile(program, one.name, one.energy, images.train.rows(0, train), radii_by(0.125)).profile,
         measure_profile(program, one.name, one.energy, images.test.rows(0, test), radii_by(0.25)).profile});
    const std::vector<Finding> findings = findings_of(rows.back(), d);
    results.findings.insert(results.findings.end(), findings.begin(), findings.end());
    add_numbers(results.numbers, rows.back(), d);
    profiles.push_back({one.name, rows.back().train});
    program.print("%s: %s\n", one.title.c_str(), findings[0].ours.c_str());
  }
  const std::string picture = Program::picture_file("radial-profile");
  draw_profiles(profiles, "sigma = 0.3: around " + std::to_string(train) + " training digits", program.path(picture));
  results.pictures.push_back(
      {picture,
       "At y = x + r sigma e around training digits x, against r: the error of the jump, the nats that a flow loses in "
       "sigma^2 of time, the energy above the digit's, and the ink of the jump. The shell of noisy images is at "
       "r = 1. Nearer to the digit an energy that is right is the KDE's, which there is that of the digit alone."});
  return results;
}

}  // namespace examples::paper
