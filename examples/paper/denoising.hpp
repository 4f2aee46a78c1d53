/// Single-jump denoising of test digits: Fig. 3 and 4.
#pragma once

#include <neb/core/random.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// The smallest and largest pixel of noisy images, and of what one jump makes of them.
struct JumpRanges {
  neb::PixelRange noisy, denoised;
};

/// Over all images x: (N, H, W, C).
JumpRanges jump_ranges(const TrainedEnergy& energy, const neb::Tensor<float>& x, const neb::Key& key);

Results figure_3(Laboratory& laboratory);
Results figure_4(Laboratory& laboratory);

}  // namespace examples::paper
