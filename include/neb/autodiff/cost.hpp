/// cost_of_step(): what a training step will cost, before it is run at its full size.
#pragma once

#include <algorithm>
#include <string>

#include "neb/autodiff/profile.hpp"
#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// Of one step: nominal floating-point operations, and the bytes of tensors at the peak above what was live before.
struct Cost {
  double flops = 0;       ///< nominal floating-point operations
  double peak_bytes = 0;  ///< of tensors, above what was live before
};

/// The cost of `step(n)`, a function that runs a step on a batch of n, at n = `batch`. The step is run at n = `probe` and
/// at twice that, and both figures are continued along the line through them; a batch of at most twice `probe` is run
/// itself. Operations are counted exactly where their number is linear in the batch from `probe` on. Memory is
/// rounded to the pool's sizes, and kernels choose their scratch by shape: expect it within 15 %.
/// Time is not estimated. Throws ValueError unless batch and probe are at least 1.
template <class Step>
Cost cost_of_step(const Step& step, Index batch, Index probe = 4) {
  if (batch < 1 || probe < 1)
    throw ValueError("cost_of_step: batch and probe are at least 1, got " + std::to_string(batch) + " and " +
                     std::to_string(probe));
  const auto measure = [&](Index n) {
    const auto before = static_cast<double>(memory_stats().live);
    const Profile profile;
    step(n);
    Cost cost;
    for (const auto& [order, sum] : profile.orders()) {
      cost.flops += sum.flops;
      cost.peak_bytes = std::max(cost.peak_bytes, sum.peak - before);
    }
    return cost;
  };
  if (batch <= 2 * probe) return measure(batch);
  const Cost low = measure(probe), high = measure(2 * probe);
  const double steps = static_cast<double>(batch - 2 * probe) / static_cast<double>(probe);
  return {high.flops + steps * (high.flops - low.flops), high.peak_bytes + steps * (high.peak_bytes - low.peak_bytes)};
}

}  // namespace neb
