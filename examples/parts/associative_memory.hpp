/// NEBULA: memories as attractors of the gradient flow.
#pragma once

#include "common/trained_energy.hpp"

namespace examples {

/// Where flows start.
enum class Start { test, train, uniform };

struct Memories {
  Start start = Start::test;
  neb::Index count = 20;
  double tolerance = 1e-3;       ///< largest pixel of the jump at an attractor
  neb::Index max_steps = 10000;  ///< attempts per flow
};

/// Flows from each start to its attractor, writes a picture. Returns what summary.json holds.
Summary associative_memory(const Program& program, const TrainedEnergy& energy, const Images& images,
                           const Memories& memories, const std::string& picture_stem = "associative_memory");

}  // namespace examples
