/// How far noise levels and networks go: one bound for what is trained, written and read.
#pragma once

#include <cstddef>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"

namespace neb {

/// The least noise level, in data units: its square, and one over that, are numbers in float as well.
inline constexpr double least_sigma = 1e-6;
/// The largest one, likewise.
inline constexpr double largest_sigma = 1e6;

/// The most layers of one kind in a network.
inline constexpr std::size_t most_layers = 64;

/// Whether sigma is a noise level.
inline bool is_noise_level(double sigma) { return is_within(sigma, least_sigma, largest_sigma); }

/// Throws ValueError, in the name of `operation`, unless sigma is a noise level.
inline void check_sigma(const std::string& operation, double sigma) {
  if (!is_noise_level(sigma))
    throw ValueError(operation + ": sigma is a positive noise level in data units, from 1e-6 to 1e6, got " +
                     std::to_string(sigma));
}

/// Throws ValueError, in the name of `energy`, when a list of its layers is too long to be read back from a file.
inline void check_layers(const std::string& energy, std::size_t layers) {
  if (layers > most_layers)
    throw ValueError(energy + ": at most " + std::to_string(most_layers) + " layers, got " + std::to_string(layers));
}

}  // namespace neb
