/// Finding a step size from how often proposals are accepted.
#pragma once

#include <cmath>

#include "neb/core/shape.hpp"

namespace neb {

/// Dual averaging of log delta (Nesterov 2009; in the form of Hoffman & Gelman 2014, Sec. 3.2): where fewer proposals are
/// accepted than `target`, delta falls, and rises where more are. The estimates that are tried keep moving; the average of
/// them settles, and is the one to freeze.
struct DualAveraging {
  static constexpr double target = 0.574;  ///< best for Mala in many dimensions (Roberts & Rosenthal 1998)

  double start = 0;      ///< delta to begin with; estimates are drawn to ten times that, as trying large ones is cheap
  Index count = 0;       ///< acceptances seen
  double shortfall = 0;  ///< of acceptances below the target, averaged
  double average = 0;    ///< of log delta

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("start", self.start);
    f("count", self.count);
    f("shortfall", self.shortfall);
    f("average", self.average);
  }

  /// Takes the acceptance in [0, 1] at the present delta, and returns the delta to try next.
  double update(double acceptance) {
    ++count;
    const double n = static_cast<double>(count), share = 1 / (n + 10);
    shortfall = (1 - share) * shortfall + share * (target - acceptance);
    const double tried = std::log(10 * start) - shortfall * std::sqrt(n) / 0.05;
    average += std::pow(n, -0.75) * (tried - average);
    return std::exp(tried);
  }

  /// The delta to keep; update() was called before.
  double result() const { return std::exp(average); }
};

}  // namespace neb
