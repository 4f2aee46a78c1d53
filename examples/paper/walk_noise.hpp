/// What the walk's noise would do as the text we have of Sec. 5 gives it, sqrt(2 delta) e, against sqrt(2) delta e.
#pragma once

#include <vector>

#include <neb/core/progress.hpp>
#include <neb/sampling/langevin.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// neb::langevin_walk() with that text taken literally: y <- y - delta^2 grad phi(y) + sqrt(2 delta) e, with the same e. Here
/// to show why neb corrects it, and for nothing else.
neb::Tensor<float> literal_walk(const EnergyFunction& phi, neb::Tensor<float> y, neb::WalkOptions options,
                                const neb::Key& key, const neb::OnProgress& on_progress = {});

/// The variance that y <- y - delta^2 y / variance + spread e settles at: the walk on the energy of N(0, variance I), where
/// spread is sqrt(2) delta or, taken literally, sqrt(2 delta).
double stationary_variance(double variance, double delta, double spread);

/// Where both walks went from y0. Calls `on_progress` after each step of either; when it returns false, what was looked at
/// so far is returned.
struct WalkNoise {
  std::vector<neb::Index> steps;               ///< at which it was looked
  std::vector<neb::Tensor<float>> y, literal;  ///< (N, ...) each
};
WalkNoise walk_both(const EnergyFunction& phi, const neb::Tensor<float>& y0, double delta,
                    const std::vector<neb::Index>& steps, const neb::Key& key, const neb::OnProgress& on_progress = {});

/// The mean of (a - b)^2.
double mean_squared_distance(const neb::Tensor<float>& a, const neb::Tensor<float>& b);

Results walk_noise(Laboratory& laboratory);

}  // namespace examples::paper
