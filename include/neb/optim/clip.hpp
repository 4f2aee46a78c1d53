/// Gradients that are far longer than those before them, shortened.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb::optim {

/// The sum of term(x[k]), in double, in an order that depends on the size alone.
template <Scalar T, class Term>
double sum_of(const Tensor<T>& x, const Term& term) {
  constexpr Index tile = 8192, lanes = 16;  // so many chains of additions hide their latency
  std::vector<double> parts(static_cast<std::size_t>(tile_count(x.size(), tile)));
  parallel_tiles(x.size(), tile, [&](Index begin, Index end) {
    std::array<double, lanes> lane{};
    for (Index k = begin; k < end; ++k)
      lane[static_cast<std::size_t>((k - begin) % lanes)] += term(static_cast<double>(x.data()[k]));
    parts[static_cast<std::size_t>(begin / tile)] = std::accumulate(lane.begin(), lane.end(), 0.0);
  });
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

/// What gradients are multiplied with, so that all of them together are at most `clip` times as long as the root of the mean
/// squares `second`, which gradients before them left: 1 where they are shorter, or where nothing was before.
template <Scalar T>
double shortening(const std::vector<Var<T>>& gradients, const std::vector<Tensor<T>>& second, double clip) {
  double now = 0, before = 0;
  for (const Var<T>& gradient : gradients) now += sum_of(gradient.value(), [](double g) { return g * g; });
  for (const Tensor<T>& moment : second) before += sum_of(moment, [](double v) { return v; });
  return before > 0 ? std::min(1.0, clip * std::sqrt(before / now)) : 1;
}

}  // namespace neb::optim
