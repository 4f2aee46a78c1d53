/// The radial profile of energies: what they know inside their noise spheres.
#pragma once

#include <string>
#include <vector>

#include <neb/bayes/radial_profile.hpp>

#include "common/trained_energy.hpp"

namespace examples {

/// A profile, and what it is called in tables and charts.
struct NamedProfile {
  std::string name;
  neb::RadialProfile profile;
};

/// The radii r = 0, step, 2 step, ... up to 1.25.
std::vector<double> radii_by(double step);

/// The profile of an energy around the images x at some radii, with noise that the program's seed fixes.
NamedProfile measure_profile(const Program& program, const std::string& name, const TrainedEnergy& energy,
                             const neb::Tensor<float>& x, const std::vector<double>& radii = radii_by(1.0 / 16));

/// Four charts in one picture, of error, rate, energy and ink against r, with a curve for each profile. Throws
/// neb::FileError.
void draw_profiles(const std::vector<NamedProfile>& profiles, const std::string& title, const std::string& path);

/// The same as a table, of every fourth radius.
void print_profiles(const Program& program, const std::vector<NamedProfile>& profiles);

/// A profile's columns, under names that start with `prefix`, for summary.json.
Summary profile_numbers(const std::string& prefix, const neb::RadialProfile& profile);

/// Measures an energy around the first `count` training images and as many test images, and the closed form of the training
/// set around the former if `with_kde`; prints the table, draws the charts, and returns the numbers.
Summary radial_profile(const Program& program, const TrainedEnergy& energy, const Images& images, neb::Index count,
                       bool with_kde, const std::string& picture_stem = "radial_profile");

}  // namespace examples
