/// The walk: Langevin steps in the energy landscape of the smoothed density.
#pragma once

#include <cmath>
#include <utility>

#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/sampling/walk.hpp"

namespace neb {

/// Chains of the paper's walk, y <- y - delta^2 grad phi(y) + sqrt(2) delta e
/// (Saremi & Hyvärinen 2019, Sec. 5; in the text we have, the noise is sqrt(2 delta) e, which would inflate the stationary
/// standard deviation by delta^(-1/2)). The stationary density is exp(-phi) up to O(delta^2): on a Gaussian of variance v the
/// variance is v / (1 - delta^2 / (2 v)).
template <Scalar T>
struct Langevin {
  using value_type = T;                            ///< the scalar
  static constexpr const char* name = "langevin";  ///< in files and messages

  Tensor<T> y;       ///< where the chains are: (N, ...)
  double delta = 0;  ///< step size, in data units; small against sigma. The paper uses sigma / 100
  Index steps = 0;   ///< taken so far

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("y", self.y);
    f("delta", self.delta);
    f("steps", self.steps);
  }

  /// Throws ValueError unless delta > 0.
  void check() const { sampling::check_delta("langevin_walk", delta); }

  /// One step, which costs a gradient.
  template <Energy<T> Phi>
  void step(const Phi& phi, const Key& key) {
    const T drift = static_cast<T>(delta * delta), spread = static_cast<T>(std::sqrt(2.0) * delta);
    const Tensor<T> slope = sampling::gradient_of(phi, y);
    const Tensor<T> e = sampling::noise_of(y, key.fold("langevin"), steps);
    kernels::update(
        y.size(), y.mutable_data(), [=](T p, T g, T n) { return p - drift * g + spread * n; }, slope.data(), e.data());
    ++steps;
  }
};

/// Settings of a Langevin walk.
struct WalkOptions {
  double delta = 0;      ///< step size, in data units; small against sigma. The paper uses sigma / 100
  Index steps = 0;       ///< number of steps
  Index first_step = 0;  ///< index of the first one: a walk cut in two draws the noise of the whole one
};

/// Takes `steps` steps of Langevin chains from y: (N, ...), one chain a row; walk() of them, in one call. A walk from what it
/// returns, whose first_step is larger by the steps that were taken, is the rest of this one.
/// Throws ValueError unless delta > 0 and steps >= 0.
template <Scalar T, Energy<T> Phi>
Tensor<T> langevin_walk(const Phi& phi, Tensor<T> y, WalkOptions options, const Key& key,
                        const OnProgress& on_progress = {}) {
  Langevin<T> chains{.y = std::move(y), .delta = options.delta, .steps = options.first_step};
  return walk(phi, std::move(chains), options.steps, key, on_progress).y;
}

}  // namespace neb
