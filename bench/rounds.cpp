#include "rounds.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "other_work.hpp"

namespace bench {

Results take_rounds(std::vector<Contender>& contenders, const Options& options) {
  const std::size_t count = contenders.size();
  Results results{.contenders = std::vector<Result>(count)};
  Watch watch([&] {
    double own = own_cpu_seconds();
    for (const Contender& contender : contenders) own += contender.cpu_seconds();
    return own;
  });
  for (int round = 0; round < options.rounds;) {
    std::vector<Turn> turns(count);
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t next = round % 2 == 0 ? k : count - 1 - k;
      // OpenMP's threads spin for a while after their work: not into the next contender's turn.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      turns[next] = contenders[next].turn(options.seconds);
    }
    const double share = watch.share();
    if (share > quiet_share && !options.busy) {
      if (++results.repeated > options.rounds) throw Busy(share);
      continue;
    }
    results.others = std::max(results.others, share);
    for (std::size_t k = 0; k < count; ++k) {
      Result& result = results.contenders[k];
      result.times.push_back(turns[k].median);
      result.minimum = round == 0 ? turns[k].minimum : std::min(result.minimum, turns[k].minimum);
    }
    ++round;
  }
  for (std::size_t k = 0; k < count; ++k) results.contenders[k].resident_mb = contenders[k].finish();
  return results;
}

std::vector<double> ratios(const Result& numerator, const Result& denominator) {
  std::vector<double> list;
  for (std::size_t round = 0; round < numerator.times.size(); ++round)
    list.push_back(numerator.times[round] / denominator.times[round]);
  return list;
}

void expect_quiet(const Options& options) {
  if (options.busy) return;
  Watch watch(own_cpu_seconds);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  if (const double share = watch.share(); share > quiet_share) throw Busy(share);
}

}  // namespace bench
