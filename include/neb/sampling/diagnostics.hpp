/// Whether chains have mixed, and how many independent draws they are worth: rank-normalised split R-hat, effective sample
/// sizes, autocorrelation time and Monte-Carlo error (Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, "Rank-normalization,
/// folding, and localization: an improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16).
///
/// A series holds one number of the state of each chain at each draw, phi(y) for instance: (chains, draws).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/sampling/autocovariance.hpp"
#include "neb/sampling/split_chains.hpp"

namespace neb {

/// R-hat: how much wider all chains together are than each for itself; 1 when they have mixed. Every chain is split in two,
/// so one that drifts is at odds with itself.
struct RHat {
  double bulk;  ///< of the ranks: chains differ in location
  double tail;  ///< of the ranks of |x - median|: chains differ in scale; NaN when all |x - median| are equal

  /// The larger one, which is the R-hat of Vehtari et al. (2021).
  double larger() const { return std::fmax(bulk, tail); }
};

/// What the chains say of one number. All but the mean are NaN for a constant or not finite series and for less than 4 draws.
struct Diagnosis {
  double mean = 0;                  ///< over all draws of all chains
  double error = 0;                 ///< Monte-Carlo standard error of the mean
  double r_hat = 0;                 ///< rank-normalised split R-hat
  double bulk_ess = 0;              ///< effective sample size for the mean of the ranks
  double tail_ess = 0;              ///< the smaller one of the 5 % and the 95 % quantile
  double autocorrelation_time = 0;  ///< draws that are worth one independent draw, for the mean
};

namespace sampling {

/// What diagnostics are where a series says nothing.
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The mean of the chains' variances and the variance of their means, both with one less in the denominator.
struct Variances {
  double within = 0;   ///< of each chain about its mean, averaged
  double between = 0;  ///< of the means
};

/// Both, of two chains or more.
inline Variances variances(const SplitChains& chains) {
  const Index count = chains.count();
  std::vector<double> means;
  double within = 0, mean = 0, between = 0;
  for (Index i = 0; i < count; ++i) {
    means.push_back(chains.mean(i));
    mean += means.back() / static_cast<double>(count);
    double squares = 0;
    for (Index t = 0; t < chains.length; ++t) {
      const double difference = chains.chain(i)[t] - means.back();
      squares += difference * difference;
    }
    within += squares / static_cast<double>(chains.length - 1) / static_cast<double>(count);
  }
  for (const double each : means) between += (each - mean) * (each - mean) / static_cast<double>(count - 1);
  return {within, between};
}

/// R-hat of chains that have been split, and ranked if they are to be; NaN for constant ones.
inline double r_hat(const SplitChains& chains) {
  if (chains.constant()) return not_a_number;
  const auto [within, between] = variances(chains);
  const auto n = static_cast<double>(chains.length);
  return std::sqrt(between / within + (n - 1) / n);
}

/// rho_t for t = 0, ..., length - 1: what all chains together, with their different means, have in common at lag t.
inline std::vector<double> autocorrelations(const SplitChains& chains) {
  const auto [within, between] = variances(chains);
  const auto n = static_cast<double>(chains.length);
  const double all = within * (n - 1) / n + between;
  std::vector<double> rho = mean_autocovariance(chains);
  for (double& value : rho) value = 1 - (within - value) / all;
  rho[0] = 1;
  return rho;
}

/// The effective sample size of the mean of split chains: pairs rho_t + rho_(t+1), t even, are summed while they are positive
/// and as if they never rose (Geyer 1992).
inline double effective_sample_size(const SplitChains& chains) {
  if (chains.constant()) return not_a_number;
  std::vector<double> rho = autocorrelations(chains);
  const auto pair = [&](Index t) -> double { return rho[memory_size(t)] + rho[memory_size(t) + 1]; };
  Index end = 0;  // the last pair that was looked at
  while (end < chains.length - 5 && pair(end) > 0) end += 2;
  for (Index t = 2; t <= end - 2; t += 2)
    if (pair(t) > pair(t - 2)) rho[memory_size(t)] = rho[memory_size(t) + 1] = pair(t - 2) / 2;
  double sum = 0;
  for (Index t = 0; t < end; ++t) sum += rho[memory_size(t)];
  // Chains that swing to and fro profit from the last positive term, and must not seem better than draws * log10(draws).
  const double last = pair(end) < 0 ? std::max(rho[memory_size(end)], 0.0) : rho[memory_size(end)];
  const auto draws = static_cast<double>(chains.x.size());
  const double time = -1 + 2 * sum + last;
  return draws / std::max(time, 1 / std::log10(draws));
}

/// The effective sample size of the share of draws up to a quantile of the series.
inline double quantile_ess(const Tensor<double>& series, SplitChains halves, int percent) {
  const double bound = quantile({series.span().begin(), series.span().end()}, percent);
  for (double& x : halves.x) x = x <= bound ? 1 : 0;
  return effective_sample_size(halves);
}

/// The smaller effective sample size of the 5 % and 95 % quantiles; NaN where either is.
inline double smaller_tail_ess(const Tensor<double>& series, const SplitChains& halves) {
  const double low = quantile_ess(series, halves, 5), high = quantile_ess(series, halves, 95);
  return is_finite(low) && is_finite(high) ? std::min(low, high) : not_a_number;
}

}  // namespace sampling

/// R-hat of a series (chains, draws). A series that is constant or not finite or has less than 4 draws gives NaN, here and
/// below. Throws ShapeError unless there is at least one chain.
inline RHat r_hat(const Tensor<double>& series) {
  const sampling::SplitChains halves = sampling::split(series, "r_hat");
  if (!sampling::can_be_judged(series)) return {sampling::not_a_number, sampling::not_a_number};
  return {sampling::r_hat(sampling::rank_normalised(halves)),
          sampling::r_hat(sampling::rank_normalised(sampling::folded(halves)))};
}

/// The number of independent draws that would tell the mean of the ranks of a series (chains, draws) as well: of its bulk.
/// Throws ShapeError.
inline double bulk_ess(const Tensor<double>& series) {
  const sampling::SplitChains halves = sampling::split(series, "bulk_ess");
  if (!sampling::can_be_judged(series)) return sampling::not_a_number;
  return sampling::effective_sample_size(sampling::rank_normalised(halves));
}

/// The same of its tails: of the share of draws up to the 5 % quantile, or up to the 95 % quantile if that is smaller. NaN when
/// no draw is beyond one of them, as for an indicator. Throws ShapeError.
inline double tail_ess(const Tensor<double>& series) {
  const sampling::SplitChains halves = sampling::split(series, "tail_ess");
  if (!sampling::can_be_judged(series)) return sampling::not_a_number;
  return sampling::smaller_tail_ess(series, halves);
}

/// The same of the mean of a series (chains, draws) itself, not of its ranks. Throws ShapeError.
inline double mean_ess(const Tensor<double>& series) {
  const sampling::SplitChains halves = sampling::split(series, "mean_ess");
  return sampling::can_be_judged(series) ? sampling::effective_sample_size(halves) : sampling::not_a_number;
}

/// rho_t of a series (chains, draws) at the lags t = 0, ..., draws / 2 - 1: near 1 while draws are alike, 0 when they are
/// independent, and above 0 at all lags when chains have not mixed. Empty where R-hat is NaN. Throws ShapeError.
inline std::vector<double> autocorrelations(const Tensor<double>& series) {
  const sampling::SplitChains halves = sampling::split(series, "autocorrelations");
  if (!sampling::can_be_judged(series) || halves.constant()) return {};
  return sampling::autocorrelations(halves);
}

/// All that the chains say of one number, from its series (chains, draws). Throws ShapeError.
inline Diagnosis diagnose(const Tensor<double>& series) {
  const double ess = mean_ess(series), draws = static_cast<double>(series.size());
  double sum = 0, squares = 0;
  for (const double x : series.span()) sum += x;
  const double mean = sum / draws;
  for (const double x : series.span()) squares += (x - mean) * (x - mean);
  return {.mean = mean,
          .error = std::sqrt(squares / (draws - 1) / ess),
          .r_hat = r_hat(series).larger(),
          .bulk_ess = bulk_ess(series),
          .tail_ess = tail_ess(series),
          .autocorrelation_time = draws / ess};
}

}  // namespace neb
