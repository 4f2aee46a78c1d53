/// What the graph itself costs: a chain of small operations, forward, with its gradient, with the gradient of that.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cases.hpp"
#include "measure.hpp"
#include "rounds.hpp"
#include "statistics.hpp"

namespace {

void measure_chains(const bench::Options& options) {
  bench::expect_quiet(options);
  const nlohmann::json head = bench::head(options);
  nlohmann::json rows = nlohmann::json::array();
  const std::string folder = bench::program_folder() + "/";
  const bool rival = std::filesystem::exists(folder + "graph_overhead_libtorch");
  if (!rival) std::puts("libtorch was not found at build time");
  std::printf("%-14s %8s %12s %7s %13s\n", "what", "neb ns", "libtorch ns", "ratio", "quartiles");
  for (const std::string& order : bench::orders) {
    if (!options.wants(order)) continue;
    std::vector<bench::Contender> contenders;
    for (const char* worker : {"graph_overhead_neb", "graph_overhead_libtorch"})
      if (rival || contenders.empty())
        contenders.emplace_back(bench::Arguments{folder + worker, std::to_string(options.threads), order});
    const bench::Results results = bench::take_rounds(contenders, options);
    const auto nanoseconds = [&](std::size_t k) {
      return 1e9 * bench::spread(results.contenders[k].times).median / bench::chain_operations;
    };
    nlohmann::json row{
        {"what", order}, {"neb_ns", nanoseconds(0)}, {"others", results.others}, {"repeated_rounds", results.repeated}};
    std::printf("%-14s %8.0f ", order.c_str(), nanoseconds(0));
    if (rival) {
      const auto ratio = bench::spread(bench::ratios(results.contenders[1], results.contenders[0]));
      std::printf("%12.0f %7.1f %6.1f %6.1f\n", nanoseconds(1), ratio.median, ratio.low, ratio.high);
      row.update(
          {{"libtorch_ns", nanoseconds(1)}, {"ratio", ratio.median}, {"ratio_quartiles", {ratio.low, ratio.high}}});
    } else {
      std::printf("%12s %7s\n", "-", "-");
    }
    std::fflush(stdout);
    rows.push_back(row);
  }
  bench::write_report(options, head, rows);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_benchmark(
      argc, argv,
      "Time per operation of a chain of 2 000 operations y = y * x + x on 4 elements: forward,\n"
      "with the gradient, and with the gradient of the gradient; neb and libtorch in turn, each in\n"
      "a process of its own.",
      {}, measure_chains);
}
