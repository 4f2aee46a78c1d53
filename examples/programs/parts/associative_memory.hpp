/// NEBULA: memories as attractors of the gradient flow.
#pragma once

#include <vector>

#include <neb/flow/flow.hpp>

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

/// Flows from each row of y0: (N, H, W, C) to its attractor.
neb::Flow<float> flow_to_attractors(const Program& program, const TrainedEnergy& energy, const neb::Tensor<float>& y0,
                                    const Memories& memories);

/// The mean of those values whose flow converged; NaN when none did.
double mean_converged(const neb::Flow<float>& flow, const std::vector<double>& values);

/// Draws the attractors of the first `count` flows, each below its start if `with_starts`. Flows that did not converge are
/// crossed out: where they ended is no memory.
void draw_attractors(const neb::Flow<float>& flow, const neb::Tensor<float>& y0, neb::Index count, bool with_starts,
                     const std::string& title, const std::string& path);

/// The same as a program: flows, writes a picture and prints. Returns what summary.json holds.
Summary associative_memory(const Program& program, const TrainedEnergy& energy, const Images& images,
                           const Memories& memories, const std::string& picture_stem = "associative_memory");

}  // namespace examples
