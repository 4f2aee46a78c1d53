/// The same computations with libtorch, where it was found at build time.
#pragma once

#include <functional>
#include <vector>

#include <neb/core/shape.hpp>

namespace libtorch {

#if defined(NEB_BENCH_LIBTORCH)
inline constexpr bool available = true;
#else
inline constexpr bool available = false;
#endif

/// What a training or sampling loop repeats.
struct Work {
  std::function<void()> deen_step;  ///< smooth, energy, gradient, loss, its gradient, Adam
  std::function<void()> score;      ///< energy and its gradient
  std::function<void()> walk_step;  ///< a Langevin step
};

/// That work on a network of the shape of ConvEnergy, with images (batch, 28, 28, 1) in one of the two memory layouts.
Work network(const std::vector<neb::Index>& channels, neb::Index batch, bool channels_last);

/// The chain y = y * x + x on 4 elements: forward, with gradient, and with the gradient of the gradient.
std::vector<std::function<void()>> chain(neb::Index operations);

void set_threads(int count);

}  // namespace libtorch
