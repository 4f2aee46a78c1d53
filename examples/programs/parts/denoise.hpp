/// Single-jump denoising of test images.
#pragma once

#include "common/trained_energy.hpp"

namespace examples {

/// Adds noise to the first `count` test images, jumps, writes a picture. Returns what summary.json holds.
Summary denoise(const Program& program, const TrainedEnergy& energy, const Images& images, neb::Index count,
                const std::string& picture_stem = "denoise");

}  // namespace examples
