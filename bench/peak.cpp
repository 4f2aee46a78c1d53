#include "peak.hpp"

#include <omp.h>

#include <array>
#include <cstdio>
#include <numeric>
#include <vector>

namespace bench {

void multiply_add(int threads) {
  using Vector = neb::kernels::Vector<float>;
  std::vector<float> sink(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
  {
    std::array<Vector, peak_chains> sums;
    for (std::size_t k = 0; k < peak_chains; ++k) sums[k] = Vector{} + static_cast<float>(k);
    volatile float factor = 0.9999f, term = 1e-7f;
    const Vector a = Vector{} + factor, b = Vector{} + term;
    for (long round = 0; round < peak_rounds; ++round)
#pragma GCC unroll 12
      for (std::size_t k = 0; k < peak_chains; ++k) sums[k] = sums[k] * a + b;
    Vector total{};
    for (const Vector& sum : sums) total += sum;
    sink[static_cast<std::size_t>(omp_get_thread_num())] = total[0];
  }
  if (std::accumulate(sink.begin(), sink.end(), 0.0f) == 12345.0f) std::puts("");  // the sums are used
}

}  // namespace bench
