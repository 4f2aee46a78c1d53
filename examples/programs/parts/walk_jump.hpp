/// Walk-jump sampling of images.
#pragma once

#include <vector>

#include "common/trained_energy.hpp"

namespace examples {

struct WalkJump {
  double delta = 0;  ///< step size; 0 stands for sigma / 100, the paper's
  neb::Index chains = 10;
  neb::Index steps = 50000;
  neb::Index every = 10000;  ///< steps between jumps; the paper's
};

/// The jumps out of one walk of several chains.
struct Jumps {
  neb::Tensor<float> x0;                     ///< the training images that the chains start from: (chains, H, W, C)
  double delta = 0;                          ///< of the walk
  std::vector<neb::Index> steps{};           ///< that the walk had taken at each jump
  std::vector<neb::Tensor<float>> xhat{};    ///< what each jump gave: (chains, H, W, C)
  std::vector<std::vector<bool>> escaped{};  ///< at each jump, which chains had left the data

  /// The smallest and largest pixel of every `stride`-th jump, those of escaped chains left out.
  neb::PixelRange range(std::size_t stride = 1) const;
};

/// Walks from noisy training images, drawn at random, and jumps on the way.
Jumps walk_and_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk);

/// Draws x0 and every `stride`-th jump below it, for the first `chains` chains; escaped ones are crossed out.
void draw_jumps(const Jumps& jumps, const std::string& title, neb::Index chains, std::size_t stride,
                const std::string& path);

/// The same as a program: writes walk_jump.png and prints. Returns what summary.json holds.
Summary walk_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk);

}  // namespace examples
