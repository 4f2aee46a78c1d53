/// Which noise levels there are: one bound for what is trained, written and read.
#pragma once

#include <string>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"

namespace neb {

/// The least and the largest noise level, in data units: their squares, and one over those, are numbers in float as well.
inline constexpr double least_sigma = 1e-6, largest_sigma = 1e6;

/// Whether sigma is a noise level.
inline bool is_noise_level(double sigma) { return is_within(sigma, least_sigma, largest_sigma); }

/// Throws ValueError, in the name of `operation`, unless sigma is a noise level.
inline void check_sigma(const std::string& operation, double sigma) {
  if (!is_noise_level(sigma))
    throw ValueError(operation + ": sigma is a positive noise level in data units, from 1e-6 to 1e6, got " +
                     std::to_string(sigma));
}

}  // namespace neb
