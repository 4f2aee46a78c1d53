/// Walk-jump sampling: a walk in the smoothed density, and jumps out of it to clean samples.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "neb/bayes/robbins_jump.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/sampling/langevin.hpp"

namespace neb {

/// Settings of walk_jump().
struct WalkJumpOptions {
  double delta = 0;  ///< step size of the walk, in data units; 0 stands for sigma / 100, the paper's choice
  Index steps = 0;   ///< steps of the walk in all
  Index every = 1;   ///< steps between jumps
};

/// A jump out of the walk.
template <Scalar T>
struct Jump {
  Index step;      ///< steps that the walk had taken
  Tensor<T> y;     ///< where it was: (N, ...)
  Tensor<T> xhat;  ///< the estimate of the clean sample there
};

/// Walks from y0: (N, ...), one chain a row, and calls `on_jump` with the jump at the start and after every
/// `every` steps (Saremi & Hyvärinen 2019, Sec. 5). Jumps read the chain and never change it: the walk is the same however
/// often they are taken. Calls `on_progress` after each step and each jump, with the number of steps taken. Returns where
/// the walk ended; when either of them returns false, where it was then.
template <Scalar T, Energy<T> Phi>
Tensor<T> walk_jump(const Phi& phi, Tensor<T> y0, std::type_identity_t<T> sigma, WalkJumpOptions options,
                    const Key& key, const std::type_identity_t<std::function<bool(const Jump<T>&)>>& on_jump,
                    const OnProgress& on_progress = {}) {
  check_sigma("walk_jump", static_cast<double>(sigma));
  if (options.every < 1) throw ValueError("walk_jump: every is at least 1 step, got " + std::to_string(options.every));
  if (options.steps < 0) throw ValueError("walk_jump: steps is not negative, got " + std::to_string(options.steps));
  const double delta = options.delta != 0 ? options.delta : static_cast<double>(sigma) / 100;
  const Index all_jumps = options.steps / options.every + 1;
  const double work = static_cast<double>(options.steps) + static_cast<double>(all_jumps);  // a gradient each
  Tensor<T> y = std::move(y0);
  for (Index step = 0, jumps = 1;; step += options.every, ++jumps) {
    const auto goes_on = [&](Index steps) {
      return !on_progress || on_progress({static_cast<double>(steps + jumps) / work, steps});
    };
    if (!on_jump({step, y, robbins_jump(phi, y, sigma)}) || !goes_on(step) || step == options.steps) return y;
    const Index run = std::min(options.every, options.steps - step);
    bool stopped = false;
    y = langevin_walk(phi, std::move(y), {.delta = delta, .steps = run, .first_step = step}, key,
                      [&](const Progress& walked) { return !(stopped = !goes_on(step + walked.count)); });
    if (stopped || run < options.every) return y;
  }
}

}  // namespace neb
