/// Overlap of the noise spheres around the images.
#pragma once

#include <vector>

#include "common/trained_energy.hpp"

namespace examples {

/// Statistics of chi over `pairs` random pairs of training images, or over all of them when it is 0, with the share of
/// spheres that overlap at each of `sigmas`; writes their histogram as `picture_stem`. Returns what summary.json holds.
Summary sphere_overlap(const Program& program, const Images& images, neb::Index pairs,
                       const std::vector<double>& sigmas, const std::string& picture_stem = "sphere_overlap");

}  // namespace examples
