#include "paper/mixing.hpp"

#include <cmath>

#include <neb/bayes/chi.hpp>

namespace examples::paper {

using neb::Index, neb::Tensor;

namespace {

/// A mean over chains of what each of them has a number of.
struct OverChains {
  std::vector<double> rates;

  double error() const {
    const double n = static_cast<double>(rates.size());
    double sum = 0, squares = 0;
    for (const double rate : rates) sum += rate;
    for (const double rate : rates) squares += (rate - sum / n) * (rate - sum / n);
    return std::sqrt(squares / (n - 1) / n);
  }
};

/// The jumps of a chain before it left the data.
std::size_t jumps_inside(const Jumps& jumps, std::size_t chain) {
  std::size_t inside = 0;
  while (inside < jumps.escaped.size() && !jumps.escaped[inside][chain]) ++inside;
  return inside;
}

double ratio(Index part, Index all) { return static_cast<double>(part) / static_cast<double>(all); }

}  // namespace

Mixing mixing(const Jumps& jumps, Index jumps_per_unit, const Classify& classify) {
  std::vector<std::vector<int>> classes;
  for (const Tensor<float>& xhat : jumps.xhat) classes.push_back(classify(xhat));
  const Index d = jumps.x0.shape().stride(0);
  const auto apart = [&](std::size_t a, std::size_t b, std::size_t chain) {
    const Index at = static_cast<Index>(chain) * d;
    return neb::chi(d, jumps.xhat[a].data() + at, jumps.xhat[b].data() + at);
  };

  Mixing found;
  OverChains rates;
  Index changes = 0, short_pairs = 0, short_changes = 0, kept = 0, chains = 0;
  const auto unit = static_cast<std::size_t>(jumps_per_unit);
  for (std::size_t chain = 0; chain < static_cast<std::size_t>(jumps.x0.shape()[0]); ++chain) {
    const std::size_t inside = jumps_inside(jumps, chain);
    found.escaped += inside < jumps.xhat.size() ? 1 : 0;
    for (std::size_t jump = 1; jump < inside; ++jump) {
      ++short_pairs;
      short_changes += classes[jump][chain] != classes[jump - 1][chain] ? 1 : 0;
    }
    Index own_pairs = 0, own_changes = 0;
    bool faithful = inside > 0;
    for (std::size_t jump = unit; jump < inside; jump += unit) {
      const bool changed = classes[jump][chain] != classes[jump - unit][chain];
      ++own_pairs;
      own_changes += changed ? 1 : 0;
      faithful = faithful && classes[jump][chain] == classes[0][chain];
      if (!changed) found.chi_in_class += apart(jump, jump - unit, chain);
    }
    if (own_pairs == 0) continue;
    ++chains;
    found.pairs += own_pairs;
    changes += own_changes;
    kept += own_pairs - own_changes;
    rates.rates.push_back(ratio(own_changes, own_pairs));
    found.faithful += faithful && inside == jumps.xhat.size() ? 1 : 0;
    found.chi_from_first += apart(inside - 1, 0, chain);
  }
  found.changes = ratio(changes, found.pairs);
  found.error = rates.error();
  found.changes_on_the_way = ratio(short_changes * jumps_per_unit, short_pairs);
  found.chi_in_class /= static_cast<double>(kept);
  found.chi_from_first /= static_cast<double>(chains);
  return found;
}

}  // namespace examples::paper
