/// A training step, the score and a walk: neb, and PyTorch where it is installed, for C++ or for Python.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cases.hpp"
#include "measure.hpp"
#include "rounds.hpp"
#include "statistics.hpp"

namespace {

constexpr const char* what =
    R"(A DEEN training step, the score (energy and gradient), and a step of a walk of 10 chains, of energies of images of 28 x 28
with a bottleneck of 10: neb, and PyTorch in both of its memory layouts where it is found, for C++ (libtorch, at build time)
and for Python (--python, when this runs). Each contender is a process of its own, and they take turns. The ratio is PyTorch's
time over neb's, with the fastest of the PyTorches, formed in every round; its median and quartiles are shown. Memory is the
largest resident memory of a process.)";

/// Starts the contenders of a row, neb first.
std::vector<bench::Contender> contenders_of(const bench::Network& network, const std::string& work,
                                            const bench::Options& options, bool python,
                                            std::vector<std::string>& names) {
  const std::string folder = bench::program_folder() + "/", libtorch = folder + "deen_step_libtorch";
  const auto command = [&](const std::string& worker) {
    return bench::network_command(worker, std::to_string(options.threads), work, network,
                                  options.more.at("walk-steps"));
  };
  std::vector<bench::Contender> list;
  names = {"neb"};
  list.emplace_back(command(folder + "deen_step_neb"));
  for (const char* layout : {"contiguous", "channels_last"}) {
    if (std::filesystem::exists(libtorch)) {
      bench::Arguments words = command(libtorch);
      words.push_back(layout);
      list.emplace_back(words);
      names.push_back(std::string("libtorch ") + layout);
    }
    if (python) {
      bench::Arguments words = command(NEB_SOURCE_DIR "/bench/deen_step_torch.py");
      words.insert(words.begin(), options.more.at("python"));
      words.push_back(layout);
      list.emplace_back(words);
      names.push_back(std::string("torch ") + layout);
    }
  }
  return list;
}

void measure_row(const bench::Network& network, const std::string& work, const bench::Options& options, bool python,
                 nlohmann::json& rows) {
  std::vector<std::string> names;
  std::vector<bench::Contender> contenders = contenders_of(network, work, options, python, names);
  if (rows.empty())
    for (std::size_t k = 0; k < names.size(); ++k)
      std::printf("%s: %s\n", names[k].c_str(), contenders[k].facts().c_str());
  std::vector<std::string> facts;
  for (const bench::Contender& contender : contenders) facts.push_back(contender.facts());
  const bench::Results results = bench::take_rounds(contenders, options);
  const double unit = 1e3 / (work == "walk" ? std::stod(options.more.at("walk-steps")) : 1);
  std::size_t best = 0;
  const auto median = [&](std::size_t k) { return bench::spread(results.contenders[k].times).median; };
  for (std::size_t k = 1; k < names.size(); ++k)
    if (best == 0 || median(k) < median(best)) best = k;
  for (std::size_t k = 0; k < names.size(); ++k) {
    const bench::Result& result = results.contenders[k];
    const bench::Spread times = bench::spread(result.times),
                        ratio = bench::spread(bench::ratios(result, results.contenders[0]));
    std::printf("%-10s %-10s %-24s %9.2f %9.2f %9.2f %7.2f %6.2f %6.2f %8.0f%s\n", network.name.c_str(), work.c_str(),
                names[k].c_str(), unit * times.median, unit * times.low, unit * times.high, ratio.median, ratio.low,
                ratio.high, result.resident_mb, k == best && best != 0 ? "  *" : "");
    rows.push_back({{"network", network.name},
                    {"architecture", network.text()},
                    {"work", work},
                    {"contender", names[k]},
                    {"facts", facts[k]},
                    {"median_ms", unit * times.median},
                    {"quartiles_ms", {unit * times.low, unit * times.high}},
                    {"least_ms", unit * result.minimum},
                    {"ratio", ratio.median},
                    {"ratio_quartiles", {ratio.low, ratio.high}},
                    {"resident_mb", result.resident_mb},
                    {"fastest_rival", k == best && best != 0},
                    {"others", results.others}});
  }
  std::fflush(stdout);
}

void measure_steps(const bench::Options& options) {
  bench::expect_quiet(options);
  const nlohmann::json head = bench::head(options);
  const std::string& interpreter = options.more.at("python");
  const bool python =
      !interpreter.empty() && std::system(("'" + interpreter + "' -c 'import torch' >/dev/null 2>&1").c_str()) == 0;
  if (!python) std::printf("'%s' has no PyTorch\n", interpreter.c_str());
  nlohmann::json rows = nlohmann::json::array();
  for (const bench::Network& network : bench::networks) {
    bool checked = false;
    for (const std::string& work : bench::works) {
      if (!options.wants(network.name + " " + work)) continue;
      if (!checked) {  // in a process that is not measured, because the network in double needs memory
        bench::Contender(bench::network_command(bench::program_folder() + "/deen_step_neb",
                                                std::to_string(options.threads), "check", network, "1"));
        std::printf("%s: %s\n", network.name.c_str(), network.text().c_str());
        checked = true;
      }
      if (rows.empty())
        std::printf("%-10s %-10s %-24s %9s %19s %7s %13s %8s\n", "network", "work", "by", "ms", "quartiles", "to neb",
                    "quartiles", "MB");
      measure_row(network, work, options, python, rows);
    }
  }
  if (rows.empty()) throw bench::UsageError("no row is called '" + options.only + "'");
  bench::write_report(options, head, rows);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_benchmark(argc, argv, what,
                              {{"python", "A Python that may have PyTorch; empty: none", "python3"},
                               {"walk-steps", "Steps of a walk in one call", "100"}},
                              measure_steps);
}
