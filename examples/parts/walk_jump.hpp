/// Walk-jump sampling of images.
#pragma once

#include "common/trained_energy.hpp"

namespace examples {

struct WalkJump {
  double delta = 0;  ///< step size; 0 stands for sigma / 100, the paper's
  neb::Index chains = 10;
  neb::Index steps = 50000;
  neb::Index every = 10000;  ///< steps between jumps; the paper's
};

/// Walks from noisy training images, drawn at random, and jumps on the way; writes walk_jump.png. Returns what summary.json holds.
Summary walk_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk);

}  // namespace examples
