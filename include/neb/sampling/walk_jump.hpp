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
#include "neb/sampling/walk.hpp"

namespace neb {

/// A jump out of the walk.
template <Scalar T>
struct Jump {
  Index step;      ///< steps that the walk had taken
  Tensor<T> y;     ///< where it was: (N, ...)
  Tensor<T> xhat;  ///< the estimate of the clean sample there
};

/// What takes a jump; false ends the walk.
template <Scalar T>
using OnJump = std::function<bool(const Jump<T>&)>;

/// When to jump: after `every` steps of the chains' own count, from their step 0 on. A walk that is cut and goes on takes no
/// jump twice and leaves none out if it is told how many there were.
struct JumpSchedule {
  Index steps = 0;  ///< steps of the walk in all, those that the chains have taken before included
  Index every = 1;  ///< steps between jumps
  Index jumps = 0;  ///< jumps that were taken before
};

/// Walks with any chains until they have taken `steps` in all, and calls `on_jump` with the jump at their start and after
/// every `every` steps (Saremi & Hyvärinen 2019, Sec. 5). Jumps read the chains and never change them: the walk is the same
/// however often they are taken. Calls `on_progress` after each step and each jump, with the number of steps taken. Returns
/// where the walk ended; when either of them returns false, where it was then.
/// Throws ValueError for settings out of range, and when the chains are beyond the next jump.
template <Sampler C, Energy<typename C::value_type> Phi>
C walk_jump(const Phi& phi, C chains, std::type_identity_t<typename C::value_type> sigma, JumpSchedule schedule,
            const Key& key, const std::type_identity_t<OnJump<typename C::value_type>>& on_jump,
            const OnProgress& on_progress = {}) {
  check_sigma("walk_jump", static_cast<double>(sigma));
  if (schedule.every < 1)
    throw ValueError("walk_jump: every is at least 1 step, got " + std::to_string(schedule.every));
  if (schedule.steps < 0) throw ValueError("walk_jump: steps is not negative, got " + std::to_string(schedule.steps));
  Index jumps = schedule.jumps;
  // The step of the next jump; the division keeps the product in range.
  const auto next_jump = [&] {
    return jumps <= schedule.steps / schedule.every ? jumps * schedule.every : schedule.steps + 1;
  };
  if (chains.steps > std::min(next_jump(), schedule.steps))
    throw ValueError("walk_jump: the chains have taken " + std::to_string(chains.steps) + " steps, and are beyond " +
                     std::to_string(std::min(next_jump(), schedule.steps)) + ", the next jump's or the last one");
  // A gradient each.
  const double work = static_cast<double>(schedule.steps) + static_cast<double>(schedule.steps / schedule.every + 1);
  const auto goes_on = [&](Index steps) {
    return !on_progress || on_progress({static_cast<double>(steps + jumps) / work, steps});
  };
  for (;;) {
    if (chains.steps == next_jump()) {
      ++jumps;
      auto xhat = robbins_jump(phi, chains.y, sigma);
      if (!on_jump({chains.steps, chains.y, std::move(xhat)}) || !goes_on(chains.steps)) return chains;
    }
    if (chains.steps == schedule.steps) return chains;
    const Index before = chains.steps, run = std::min(next_jump(), schedule.steps) - before;
    bool stopped = false;
    chains = walk(phi, std::move(chains), run, key,
                  [&](const Progress& walked) { return !(stopped = !goes_on(before + walked.count)); });
    if (stopped) return chains;
  }
}

/// Settings of walk_jump() by the paper's walk.
struct WalkJumpOptions {
  double delta = 0;  ///< step size of the walk, in data units; 0 stands for sigma / 100, the paper's choice
  Index steps = 0;   ///< steps of the walk in all
  Index every = 1;   ///< steps between jumps
};

/// The same by the paper's walk, Langevin, from y0: (N, ...), one chain a row.
template <Scalar T, Energy<T> Phi>
Tensor<T> walk_jump(const Phi& phi, Tensor<T> y0, std::type_identity_t<T> sigma, WalkJumpOptions options,
                    const Key& key, const std::type_identity_t<OnJump<T>>& on_jump,
                    const OnProgress& on_progress = {}) {
  const double delta = options.delta != 0 ? options.delta : static_cast<double>(sigma) / 100;
  Langevin<T> chains{.y = std::move(y0), .delta = delta};
  return walk_jump(phi, std::move(chains), sigma, {.steps = options.steps, .every = options.every}, key, on_jump,
                   on_progress)
      .y;
}

}  // namespace neb
