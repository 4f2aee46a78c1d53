/// Independent fused multiply-adds, the ceiling of every kernel.
#pragma once

#include <neb/kernels/register_tile.hpp>

namespace bench {

/// Sums that are formed at once: two units that take four cycles need eight to be busy. Twelve, and the two factors, fit into
/// sixteen registers.
inline constexpr int peak_chains = 12;
inline constexpr long peak_rounds = 2'000'000;

/// Forms them in float on `threads` threads, which takes some milliseconds.
void multiply_add(int threads);

/// The operations of multiply_add(), two for each multiply-add, in units of 10^9.
inline double multiply_add_gflop(int threads) {
  constexpr double lanes = sizeof(neb::kernels::Vector<float>) / sizeof(float);
  return 2e-9 * lanes * peak_chains * static_cast<double>(peak_rounds) * threads;
}

}  // namespace bench
