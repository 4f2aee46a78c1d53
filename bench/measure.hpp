/// What every benchmark shares: its options, the facts of the machine, and its multiply-add peak in the same run.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// Options that all benchmarks take.
struct Options {
  std::string json;                         ///< file for the results, or empty
  int threads = 0;                          ///< of each contender
  double seconds = 0.25;                    ///< of each turn of a contender
  int rounds = 11;                          ///< turns of each contender
  std::string only;                         ///< a part of the names of the rows to run, or empty for all
  bool busy = false;                        ///< report even where other work takes the cores
  std::map<std::string, std::string> more;  ///< values of the program's own options

  /// Whether a row of this name is asked for.
  bool wants(const std::string& row) const { return row.find(only) != std::string::npos; }
  /// The value of an option of the program's own that is a whole number of at least 1. Throws UsageError when it is none.
  long count(const std::string& option) const;
};

/// An option of one program.
struct Option {
  std::string name, help, standard;
};

/// Thrown for wrong usage.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The rows, which have a name, that options.only asks for. Throws UsageError when there are none.
template <class Row>
std::vector<Row> wanted(std::vector<Row> rows, const Options& options) {
  std::erase_if(rows, [&](const Row& row) { return !options.wants(row.name); });
  if (rows.empty()) throw UsageError("no row is called '" + options.only + "'");
  return rows;
}

/// The main() of a benchmark: parses the options, sets the number of threads and runs it. Exits with 0 after --help, with 2 on
/// wrong usage and on a busy machine, with 1 where something else fails.
int run_benchmark(int argc, char** argv, const std::string& what, const std::vector<Option>& more,
                  const std::function<void(const Options&)>& benchmark);

/// Prints what the figures below it depend on: processor, compiler, threads, settings of OpenMP, and the multiply-add peak,
/// which it measures. Returns the same, which write_report() puts before the rows.
nlohmann::json head(const Options& options);

/// Writes the head and {"rows": rows} to the file of --json, if there is one.
void write_report(const Options& options, nlohmann::json head, const nlohmann::json& rows);

/// The rate of independent fused multiply-adds on `threads` threads in float, in GFLOP/s: the ceiling of every kernel.
double fma_peak_gflops(int threads);

/// The rate at which `threads` threads read arrays that no cache holds, in GB/s.
double read_gbytes(int threads);

/// Median and minimum of repeated times, in seconds.
struct Timing {
  double median = 0, minimum = 0;
};

/// For contenders that share a process: runs them in turn until each has had about `seconds`, at least three times, after one
/// run for warming up.
std::vector<Timing> take_turns(const std::vector<std::function<void()>>& contenders, double seconds);

/// The folder of this program, which is also that of the workers built with it.
std::string program_folder();

}  // namespace bench
