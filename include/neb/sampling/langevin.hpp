/// The walk: Langevin steps in the energy landscape of the smoothed density.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "neb/bayes/robbins_jump.hpp"
#include "neb/core/error.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb {

/// Settings of a Langevin walk.
struct WalkOptions {
  double delta = 0;      ///< step size, in data units; small against sigma. The paper uses sigma / 100
  Index steps = 0;       ///< number of steps
  Index first_step = 0;  ///< index of the first one: a walk cut in two draws the noise of the whole one
};

/// Takes `steps` steps y <- y - delta^2 grad phi(y) + sqrt(2) delta e from y: (N, ...), one chain a row
/// (Saremi & Hyvärinen 2019, Sec. 5; in the text we have, the noise is sqrt(2 delta) e, which would inflate the stationary
/// standard deviation by delta^(-1/2)). The stationary density is exp(-phi) up to O(delta^2). Chain i depends on the key
/// and i alone. Calls `on_progress` after each step, with the number of steps that this call has taken, and returns what it
/// has come to when that returns false; a walk from there whose first_step is larger by so many is the rest of this one.
/// Throws ValueError unless delta > 0 and steps >= 0.
template <Scalar T, Energy<T> Phi>
Tensor<T> langevin_walk(const Phi& phi, Tensor<T> y, WalkOptions options, const Key& key,
                        const OnProgress& on_progress = {}) {
  if (!(options.delta > 0) || std::isinf(options.delta))
    throw ValueError("langevin_walk: delta is positive, got " + std::to_string(options.delta));
  if (options.steps < 0) throw ValueError("langevin_walk: steps is not negative, got " + std::to_string(options.steps));
  const T drift = static_cast<T>(options.delta * options.delta);
  const T spread = static_cast<T>(std::sqrt(2.0) * options.delta);
  const Key noise = key.fold("langevin");
  for (Index taken = 0; taken < options.steps;) {
    const Tensor<T> slope = energy_and_gradient(phi, Var<T>::constant(y)).gradient.value();
    const Tensor<T> e = random_normal<T>(y.shape(), noise.at(static_cast<std::uint64_t>(options.first_step + taken)));
    kernels::update(
        y.size(), y.mutable_data(), [=](T p, T g, T n) { return p - drift * g + spread * n; }, slope.data(), e.data());
    ++taken;
    if (on_progress && !on_progress({static_cast<double>(taken) / static_cast<double>(options.steps), taken})) break;
  }
  return y;
}

}  // namespace neb
