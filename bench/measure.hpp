/// What every benchmark shares: the machine's facts, its multiply-add peak in the same run, and times of rivals that take
/// turns, so that a drift of the machine's speed hits all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bench {

/// Options that all benchmarks take.
struct Options {
  std::string json;    ///< file for the results, or empty
  int threads = 0;     ///< 0: all
  double seconds = 1;  ///< time for each contender of each row
  std::string only;    ///< a part of the names of the rows to run, or empty for all
};

/// Parses and sets the thread count. Exits with 0 after --help, with 2 on wrong usage.
Options start(int argc, char** argv, const std::string& what);

/// Prints what the figures below depend on: processor, flags, threads, and the peak of this run.
void head(const Options& options, double peak);

/// Median and minimum of repeated times, in seconds.
struct Timing {
  double median = 0, minimum = 0;
};

/// Runs the contenders in turn until each has had about `seconds`, at least three times, after one run for warming up.
std::vector<Timing> take_turns(const std::vector<std::function<void()>>& contenders, double seconds);

/// The rate of independent fused multiply-adds on `threads` threads in float, in GFLOP/s: the ceiling of every kernel.
double fma_peak_gflops(int threads);

/// The rate at which `threads` threads read arrays that no cache holds, in GB/s.
double read_gbytes(int threads);

/// Largest resident memory of this process so far, in MB.
double peak_rss_mb();

/// Runs the program `name` that lies beside this one, and returns what it printed.
std::string run_beside(const std::string& name, const std::vector<std::string>& arguments);

/// Writes {"fma_peak_gflops", "threads", "cpu", "flags", "rows"} to the file of --json, if there is one.
void finish(const Options& options, double peak, const nlohmann::json& rows);

}  // namespace bench
