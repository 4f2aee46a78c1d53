/// What energies know inside the spheres, where the objective never looks. The paper does not ask.
#pragma once

#include <string>
#include <vector>

#include <neb/bayes/radial_profile.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// A profile, divided by what it would be if each image were the only one: 1 where the energy is right.
struct Depth {
  std::vector<double> rate;    ///< sigma^2 |grad phi|^2 / (r^2 d)
  std::vector<double> energy;  ///< (phi(y) - phi(x)) / (r^2 d / 2)
};

/// For images of d numbers; NaN at r = 0.
Depth depth_of(const neb::RadialProfile& profile, neb::Index d);

/// Profiles at sigma = 0.3 around training digits and test digits.
Results radial_profiles(Laboratory& laboratory);

}  // namespace examples::paper
