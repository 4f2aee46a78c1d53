/// Creative memories, the attractors reached from uniform noise: Fig. 9 and 10.
#pragma once

#include "paper/attractor_measures.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// Flows from `count` starts y0 ~ Unif[0, 1]^d, all of which the picture shows, and measures what they reach; the curvature
/// of the first `curved` different attractors only, since each takes a Hessian.
Results creative_memories(const Program& program, const TrainedEnergy& energy, const Images& images, neb::Index count,
                          neb::Index curved, const std::string& name);

Results figure_9(Laboratory& laboratory);
Results figure_10(Laboratory& laboratory);

}  // namespace examples::paper
