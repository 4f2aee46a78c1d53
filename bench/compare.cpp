/// Two builds of neb against each other: what a change has brought, row by row, in one run.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cases.hpp"
#include "measure.hpp"
#include "rounds.hpp"
#include "statistics.hpp"

namespace {

constexpr const char* what =
    R"(Two builds of neb against each other: the one that this program belongs to ("after"), and another one ("before").
Training steps, scores, walks and passes of convolutions are done by workers of both builds in turn, each in a process of
its own. A ratio above 1 says that this build is faster; it is formed in every round, and its median and quartiles are shown.

To compare with an older commit, since f50ea3b, build the workers with its headers:

  git worktree add ../neb-before COMMIT
  cmake -S . -B build/before -DCMAKE_BUILD_TYPE=Release -DNEB_BUILD_BENCH=ON -DNEB_BENCH_CHECKOUT=$PWD/../neb-before
  cmake --build build/before --target deen_step_neb conv2d_neb
  build/bench/bin/compare --before build/before/bin)";

struct Row {
  std::string name;
  std::vector<std::string> command;  ///< the worker's name and its arguments
  long steps = 1;                    ///< of the walk that one call takes
};

std::vector<Row> all_rows(const bench::Options& options) {
  std::vector<Row> rows;
  const std::string threads = std::to_string(options.threads);
  const long steps = options.count("walk-steps");
  for (const bench::Network& network : bench::networks)
    for (const std::string& work : bench::works)
      rows.push_back({network.name + " " + work,
                      bench::network_command("deen_step_neb", threads, work, network, steps, "accurate"),
                      work == "walk" ? steps : 1});
  for (const std::string& shape : bench::convolutions)
    for (const std::string& pass : bench::passes)
      rows.push_back({shape + " " + pass, {"conv2d_neb", threads, pass, shape, "automatic"}});
  for (const std::string& shape : bench::layers)
    rows.push_back({shape + " " + bench::six_passes, {"conv2d_neb", threads, bench::six_passes, shape, "automatic"}});
  return rows;
}

/// Times of a step.
nlohmann::json milliseconds(const bench::Result& result, long steps) {
  const bench::Spread times = bench::spread(result.times);
  const double unit = 1e3 / static_cast<double>(steps);
  return {{"median_ms", unit * times.median},
          {"quartiles_ms", {unit * times.low, unit * times.high}},
          {"least_ms", unit * result.minimum},
          {"resident_mb", result.resident_mb}};
}

void compare(const bench::Options& options) {
  const std::filesystem::path before(options.more.at("before")), after(bench::program_folder());
  if (before.empty()) throw bench::UsageError("--before says the folder of the other build's programs; see --help");
  for (const char* worker : {"deen_step_neb", "conv2d_neb"})
    for (const auto& folder : {before, after})
      if (!std::filesystem::exists(folder / worker))
        throw bench::UsageError("there is no program " + (folder / worker).string() +
                                ": build the targets deen_step_neb and conv2d_neb there; see --help");
  const std::vector<Row> rows = bench::wanted(all_rows(options), options);
  bench::expect_quiet(options);
  nlohmann::json report = bench::head(options);
  nlohmann::json list = nlohmann::json::array();
  for (const Row& row : rows) {
    std::vector<bench::Contender> contenders;
    for (const auto& folder : {before, after}) {
      std::vector<std::string> command = row.command;
      command[0] = (folder / command[0]).string();
      contenders.emplace_back(command);
    }
    if (list.empty()) {
      report["before"] = contenders[0].facts();
      report["after"] = contenders[1].facts();
      std::printf("before: %s\nafter:  %s\n", contenders[0].facts().c_str(), contenders[1].facts().c_str());
      std::printf("%-32s %10s %10s %7s %15s %9s %9s\n", "", "before, ms", "after, ms", "ratio", "quartiles",
                  "before, MB", "after, MB");
    }
    const bench::Results results = bench::take_rounds(contenders, options);
    const bench::Result &old_result = results.contenders[0], &new_result = results.contenders[1];
    const bench::Spread ratio = bench::spread(bench::ratios(old_result, new_result));
    const nlohmann::json old_times = milliseconds(old_result, row.steps);
    const nlohmann::json new_times = milliseconds(new_result, row.steps);
    std::printf("%-32s %10.3f %10.3f %7.3f %7.3f %7.3f %9.0f %9.0f\n", row.name.c_str(),
                old_times["median_ms"].get<double>(), new_times["median_ms"].get<double>(), ratio.median, ratio.low,
                ratio.high, old_result.resident_mb, new_result.resident_mb);
    std::fflush(stdout);
    list.push_back({{"name", row.name},
                    {"before", old_times},
                    {"after", new_times},
                    {"ratio", ratio.median},
                    {"ratio_quartiles", {ratio.low, ratio.high}},
                    {"others", results.others},
                    {"repeated_rounds", results.repeated}});
  }
  bench::write_report(options, report, list);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_benchmark(argc, argv, what,
                              {{"before", "Folder of the programs of the other build", ""},
                               {"walk-steps", "Steps of a walk in one call", "100"}},
                              compare);
}
