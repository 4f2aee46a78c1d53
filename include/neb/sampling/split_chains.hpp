/// Chains of numbers, made ready for diagnostics: split in halves, ranked, folded.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/sampling/normal_quantile.hpp"

namespace neb::sampling {

/// Chains of one length, one after the other.
struct SplitChains {
  std::vector<double> x;  ///< all numbers, chain by chain
  Index length;           ///< of each chain

  /// How many chains there are.
  Index count() const { return std::ssize(x) / length; }
  /// The first number of chain i.
  const double* chain(Index i) const { return x.data() + i * length; }
  /// Whether all numbers of all chains are equal.
  bool constant() const {
    return std::all_of(x.begin(), x.end(), [&](double each) { return each == x.front(); });
  }
  /// The mean of chain i.
  double mean(Index i) const {
    double sum = 0;
    for (Index t = 0; t < length; ++t) sum += chain(i)[t];
    return sum / static_cast<double>(length);
  }
};

/// The first and the last half of each chain; an odd chain's middle is left out. Throws ShapeError.
inline SplitChains split(const Tensor<double>& series, const char* operation) {
  if (series.rank() != 2 || series.shape()[0] < 1)
    throw ShapeError(std::string(operation) + ": expects a series (chains, draws) of at least one chain   [series: " +
                     series.shape().to_string() + "]");
  const Index draws = series.shape()[1], half = draws / 2;
  SplitChains halves{{}, half};
  halves.x.reserve(memory_size(2 * half * series.shape()[0]));
  for (Index i = 0; i < series.shape()[0]; ++i)
    for (const Index begin : {Index{0}, draws - half}) {
      const double* const first = series.data() + i * draws + begin;
      halves.x.insert(halves.x.end(), first, first + half);
    }
  return halves;
}

/// Whether diagnostics say anything of a series (chains, draws): of 4 draws or more, all finite, not all equal.
inline bool can_be_judged(const Tensor<double>& series) {
  if (series.shape()[1] < 4 || first_not_finite(series.size(), series.data()) != series.size()) return false;
  return std::any_of(series.span().begin(), series.span().end(), [&](double x) { return x != series.data()[0]; });
}

/// Each number's rank among all, equal ones sharing the average of theirs, as the quantile of a standard normal number.
inline SplitChains rank_normalised(const SplitChains& chains) {
  const std::size_t size = chains.x.size();
  std::vector<std::pair<double, std::size_t>> sorted;
  sorted.reserve(size);
  for (const double x : chains.x) sorted.emplace_back(x, sorted.size());
  std::sort(sorted.begin(), sorted.end());
  SplitChains z = chains;
  for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
    while (end < size && sorted[end].first == sorted[begin].first) ++end;
    const double rank = static_cast<double>(begin + 1 + end) / 2;
    const double quantile = normal_quantile((rank - 0.375) / (static_cast<double>(size) + 0.25));
    for (std::size_t i = begin; i < end; ++i) z.x[sorted[i].second] = quantile;
  }
  return z;
}

/// The quantile of type 7 of Hyndman & Fan (1996): linear between order statistics, the smallest at 0 and the largest at 100
/// per cent. Not by a share such as 0.95, whose rounding would put a position that is whole between two.
inline double quantile(std::vector<double> x, int percent) {
  const double position = percent * static_cast<double>(x.size() - 1) / 100;
  const auto low = x.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(x.begin(), low, x.end());
  if (low + 1 == x.end()) return *low;
  const double next = *std::min_element(low + 1, x.end());
  return *low + (position - std::floor(position)) * (next - *low);
}

/// Each number's distance from the median of all.
inline SplitChains folded(SplitChains chains) {
  const double median = quantile(chains.x, 50);
  for (double& x : chains.x) x = std::abs(x - median);
  return chains;
}

}  // namespace neb::sampling
