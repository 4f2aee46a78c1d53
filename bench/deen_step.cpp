/// A training step, the score and a walk: neb, and PyTorch where it is installed, for C++ or for Python.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cases.hpp"
#include "measure.hpp"
#include "rounds.hpp"
#include "statistics.hpp"

namespace {

constexpr const char* what =
    R"(A DEEN training step, the score (energy and gradient), and a step of a walk of 10 chains, of energies of images of 28 x 28
with a bottleneck of 10: neb, and PyTorch in both of its memory layouts where it is found, for C++ (libtorch, at build time)
and for Python (--python, when this runs). Each contender is a process of its own, and they take turns. The ratio is PyTorch's
time over neb's, with the fastest of the PyTorches, formed in every round; its median and quartiles are shown. neb runs at its
accurate precision, the default, and beside it at its fast one (set_conv2d_precision). Memory is the largest resident memory of
a process.)";

struct Row {
  std::string name;
  bench::Network network;
  std::string work;
  long steps;  ///< of the walk that one call takes
};

std::vector<Row> all_rows(const bench::Options& options) {
  std::vector<Row> rows;
  const long steps = options.count("walk-steps");
  for (const bench::Network& network : bench::networks)
    for (const std::string& work : bench::works)
      rows.push_back({network.name + " " + work, network, work, work == "walk" ? steps : 1});
  return rows;
}

constexpr std::size_t first_rival = 2;  // after neb and neb in a hurry

/// Starts the contenders of a row, neb's two first.
void start(const Row& row, const bench::Options& options, bool python, std::vector<std::string>& names,
           std::vector<bench::Contender>& contenders) {
  const std::string folder = bench::program_folder() + "/", libtorch = folder + "deen_step_libtorch";
  const auto add = [&](const std::string& name, const bench::Arguments& before, const std::string& worker,
                       const std::string& variant) {
    bench::Arguments command = before;
    for (const std::string& word :
         bench::network_command(worker, std::to_string(options.threads), row.work, row.network, row.steps, variant))
      command.push_back(word);
    names.push_back(name);
    contenders.emplace_back(command);
  };
  add("neb", {}, folder + "deen_step_neb", "accurate");
  add("neb, fast precision", {}, folder + "deen_step_neb", "fast");
  for (const std::string layout : {"contiguous", "channels_last"}) {
    if (std::filesystem::exists(libtorch)) add("libtorch " + layout, {}, libtorch, layout);
    if (python) add("torch " + layout, {options.more.at("python")}, NEB_SOURCE_DIR "/bench/deen_step_torch.py", layout);
  }
}

/// Checks neb's gradient, in a process that is not measured, because the network in double needs memory.
void check(const bench::Network& network, const bench::Options& options) {
  bench::Contender(bench::network_command(bench::program_folder() + "/deen_step_neb", std::to_string(options.threads),
                                          "check", network, 1, "accurate"));
}

void measure_row(const Row& row, const bench::Options& options, bool python, nlohmann::json& rows) {
  std::vector<std::string> names, facts;
  std::vector<bench::Contender> contenders;
  start(row, options, python, names, contenders);
  for (const bench::Contender& contender : contenders) facts.push_back(contender.facts());
  if (rows.empty()) {
    for (std::size_t k = 0; k < names.size(); ++k) std::printf("%s: %s\n", names[k].c_str(), facts[k].c_str());
    std::printf("%-10s %-10s %-24s %9s %19s %7s %13s %8s\n", "network", "work", "by", "ms", "quartiles", "to neb",
                "quartiles", "MB");
  }
  const bench::Results results = bench::take_rounds(contenders, options);
  const double unit = 1e3 / static_cast<double>(row.steps);
  const auto to_neb = [&](std::size_t k) {
    return bench::spread(bench::ratios(results.contenders[k], results.contenders[0]));
  };
  std::size_t best = 0;  // of the rivals, if there is one
  for (std::size_t k = first_rival; k < names.size(); ++k)
    if (best == 0 || to_neb(k).median < to_neb(best).median) best = k;
  for (std::size_t k = 0; k < names.size(); ++k) {
    const bench::Result& result = results.contenders[k];
    const bench::Spread times = bench::spread(result.times), ratio = to_neb(k);
    const bool fastest = k == best && best != 0;
    std::printf("%-10s %-10s %-24s %9.2f %9.2f %9.2f %7.2f %6.2f %6.2f %8.0f%s\n", row.network.name.c_str(),
                row.work.c_str(), names[k].c_str(), unit * times.median, unit * times.low, unit * times.high,
                ratio.median, ratio.low, ratio.high, result.resident_mb, fastest ? "  *" : "");
    rows.push_back({{"network", row.network.name},
                    {"architecture", row.network.text()},
                    {"work", row.work},
                    {"contender", names[k]},
                    {"facts", facts[k]},
                    {"median_ms", unit * times.median},
                    {"quartiles_ms", {unit * times.low, unit * times.high}},
                    {"least_ms", unit * result.minimum},
                    {"ratio", ratio.median},
                    {"ratio_quartiles", {ratio.low, ratio.high}},
                    {"resident_mb", result.resident_mb},
                    {"fastest_rival", fastest},
                    {"others", results.others},
                    {"repeated_rounds", results.repeated}});
  }
  std::fflush(stdout);
}

/// Whether that Python can import torch.
bool has_torch(const std::string& python) {
  return !python.empty() && std::system(("'" + python + "' -c 'import torch' >/dev/null 2>&1").c_str()) == 0;
}

void measure_steps(const bench::Options& options) {
  const std::vector<Row> wanted = bench::wanted(all_rows(options), options);
  bench::expect_quiet(options);
  const nlohmann::json head = bench::head(options);
  const bool python = has_torch(options.more.at("python"));
  if (!python) std::printf("'%s' has no PyTorch\n", options.more.at("python").c_str());
  std::string checked;
  for (const Row& row : wanted) {
    if (std::exchange(checked, row.network.name) == row.network.name) continue;
    check(row.network, options);
    std::printf("%s: %s\n", row.network.name.c_str(), row.network.text().c_str());
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const Row& row : wanted) measure_row(row, options, python, rows);
  bench::write_report(options, head, rows);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_benchmark(argc, argv, what,
                              {{"python", "A Python that may have PyTorch; empty: none", "python3"},
                               {"walk-steps", "Steps of a walk in one call", "100"}},
                              measure_steps);
}
