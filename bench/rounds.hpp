/// Contenders in turn.
#pragma once

#include <vector>

#include "contender.hpp"
#include "measure.hpp"

namespace bench {

/// What the rounds said about one contender.
struct Result {
  std::vector<double> times;  ///< median time of a repetition in each round, in seconds
  double minimum = 0;         ///< of all repetitions
  double resident_mb = 0;     ///< largest resident memory of its process
};

/// What the rounds said about all of them.
struct Results {
  std::vector<Result> contenders;
  double others = 0;  ///< the largest part of the cores' time that other work took in a round that counts
  int repeated = 0;   ///< rounds that did not count
};

/// Lets the contenders, which all take part, have one turn each a round, in changing order, and then end. A round beside
/// which other work took more than quiet_share does not count and is repeated, unless options.busy. Throws Busy when that has
/// happened more often than there are to be rounds.
Results take_rounds(std::vector<Contender>& contenders, const Options& options);

/// Ratios numerator / denominator of two contenders, one for each round, so that a drift of the machine cancels.
std::vector<double> ratios(const Result& numerator, const Result& denominator);

/// Throws Busy when other work takes more than quiet_share in a second from now, unless options.busy.
void expect_quiet(const Options& options);

}  // namespace bench
