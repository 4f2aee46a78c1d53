/// Attractors that flows from test digits reach: Fig. 7 and 8.
#pragma once

#include "paper/attractor_measures.hpp"
#include "paper/laboratory.hpp"
#include "paper/mixing.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// Measures flows from test images y0: (N, H, W, C) to their attractors, and draws the first `shown` of them.
Results attractors(const Program& program, const TrainedEnergy& energy, const Classify& classify,
                   const neb::Tensor<float>& y0, const neb::Flow<float>& flow, neb::Index shown,
                   const std::string& name);

/// Of the starts whose flows converged both times: how many there are, and how many ended nearer to the start in `a`.
struct Nearer {
  neb::Index both = 0, in_a = 0;
};
Nearer nearer(const neb::Tensor<float>& y0, const neb::Flow<float>& a, const neb::Flow<float>& b);

Results figure_7(Laboratory& laboratory);
/// Also follows the flows of Fig. 7, to compare the distances.
Results figure_8(Laboratory& laboratory);

}  // namespace examples::paper
