/// NEBULA: memories, where the gradient flow settles.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <neb/flow/flow.hpp>

#include "common/trained_energy.hpp"

namespace examples {

/// Where flows start.
enum class Start { test, train, uniform };

struct Memories {
  Start start = Start::test;
  neb::Index count = 20;
  neb::FlowUntil until = neb::FlowUntil::settled;
  double time = std::numeric_limits<double>::infinity();  ///< the longest that a flow takes, in units of sigma^2
  double tolerance = 1e-3;                                ///< largest pixel of the jump at a minimum
  neb::Index max_steps = 10000;                           ///< attempts per flow
  bool film = false;                                      ///< whether to draw the flows over time
  bool stoppable = false;                                 ///< whether a signal ends the flows, and not the program
};

/// The mean of those values whose flow ended so; NaN when none did.
double mean_where(const neb::Flow<float>& flow, neb::FlowEnd how, const std::vector<double>& values);

/// Draws where the first `count` flows ended, each below its start if `with_starts`. Flows that escaped or were given up are
/// crossed out: where they ended is no memory.
void draw_memories(const neb::Flow<float>& flow, const neb::Tensor<float>& y0, neb::Index count, bool with_starts,
                   const std::string& title, const std::string& path);

/// The same as a program: flows, writes pictures and prints. Returns what summary.json holds.
Summary associative_memory(Program& program, const TrainedEnergy& energy, const Images& images,
                           const Memories& memories, const std::string& picture_stem = "associative_memory");

}  // namespace examples
