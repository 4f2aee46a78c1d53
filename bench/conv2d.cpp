/// Convolution kernels: every rung of the ladder and, where they are installed, oneDNN and OpenBLAS, in GFLOP/s and against the peak.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cases.hpp"
#include "measure.hpp"
#include "peak.hpp"
#include "rounds.hpp"
#include "statistics.hpp"

namespace {

constexpr const char* what =
    R"(Convolution kernels against each other, against rivals, and against the multiply-add peak of the same run.
Every contender of a row is a process of its own, the multiply-adds too, and they take turns. A row is a shape N,size,in,out,kernel[,stride,padding]
and a pass, or the six passes of a layer in a training step together; rates are in GFLOP/s of the convolution as written
down, so a fast algorithm may pass the peak. neb's kernels are compared with a convolution in double first.)";

/// A kernel of neb, or a rival: its worker, and the word that the worker takes.
struct Kernel {
  std::string name, worker, word;
};

const std::vector<Kernel> kernels = {
    {"reference", "conv2d_neb", "reference"},
    {"im2col", "conv2d_neb", "im2col"},
    {"direct", "conv2d_neb", "direct"},
    {"winograd", "conv2d_neb", "winograd"},
    {"winograd-seven", "conv2d_neb", "winograd_seven"},
    {"winograd-eight", "conv2d_neb", "winograd_eight"},
    {"onednn", "conv2d_onednn", "any"},
    {"onednn-nhwc", "conv2d_onednn", "nhwc"},
    {"openblas", "conv2d_openblas", "im2col"},
};

struct Row {
  std::string name, shape, pass;
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const std::string& shape : bench::convolutions)
    for (const std::string& pass : bench::passes) rows.push_back({shape + " " + pass, shape, pass});
  for (const std::string& shape : bench::layers)
    rows.push_back({shape + " " + bench::six_passes, shape, bench::six_passes});
  return rows;
}

struct Report {
  nlohmann::json head, rows = nlohmann::json::array();
  std::vector<std::string> introduced = {};

  /// Prints what a contender says about itself, once for each worker.
  void introduce(const std::string& worker, const std::string& facts) {
    if (std::find(introduced.begin(), introduced.end(), worker) != introduced.end()) return;
    introduced.push_back(worker);
    std::printf("%s: %s\n", worker.c_str(), facts.c_str());
    head["contenders"][worker] = facts;
  }
};

void measure_row(const bench::Options& options, const Row& row, Report& report) {
  const auto& [name, shape, pass] = row;
  const std::string threads = std::to_string(options.threads);
  std::vector<std::string> names{"peak"};
  std::vector<bench::Contender> contenders;
  contenders.emplace_back(bench::Arguments{bench::program_folder() + "/fma_peak", threads});
  for (const Kernel& kernel : kernels) {
    const std::string worker = bench::program_folder() + "/" + kernel.worker;
    if (!std::filesystem::exists(worker)) continue;
    bench::Contender contender({worker, threads, pass, shape, kernel.word});
    if (!contender.takes_part()) continue;
    report.introduce(kernel.worker, contender.facts());
    names.push_back(kernel.name);
    contenders.push_back(std::move(contender));
  }
  if (report.rows.empty())
    std::printf("%-22s %-12s %-12s %8s %17s %8s %7s %15s\n", "shape", "pass", "kernel", "GFLOP/s", "quartiles", "best",
                "% peak", "quartiles");
  const bench::Results results = bench::take_rounds(contenders, options);
  const double gflop = bench::Convolution(shape).gflop(pass);
  const double to_peak = 100 * gflop / bench::multiply_add_gflop(options.threads);
  for (std::size_t k = 1; k < names.size(); ++k) {
    const bench::Result& result = results.contenders[k];
    const bench::Spread time = bench::spread(result.times);
    const bench::Spread share = bench::spread(bench::ratios(results.contenders[0], result));
    std::printf("%-22s %-12s %-12s %8.1f %8.1f %8.1f %8.1f %7.1f %7.1f %7.1f\n", shape.c_str(), pass.c_str(),
                names[k].c_str(), gflop / time.median, gflop / time.high, gflop / time.low, gflop / result.minimum,
                to_peak * share.median, to_peak * share.low, to_peak * share.high);
    report.rows.push_back({{"shape", shape},
                           {"pass", pass},
                           {"rung", names[k]},
                           {"gflops", gflop / time.median},
                           {"gflops_quartiles", {gflop / time.high, gflop / time.low}},
                           {"best_gflops", gflop / result.minimum},
                           {"percent_of_peak", to_peak * share.median},
                           {"percent_of_peak_quartiles", {to_peak * share.low, to_peak * share.high}},
                           {"others", results.others},
                           {"repeated_rounds", results.repeated}});
  }
  std::fflush(stdout);
}

void measure_kernels(const bench::Options& options) {
  const std::vector<Row> rows = bench::wanted(all_rows(), options);
  bench::expect_quiet(options);
  Report report{bench::head(options)};
  report.head["read_gbytes_per_s"] = bench::read_gbytes(options.threads);
  for (const Row& row : rows) measure_row(options, row, report);
  bench::write_report(options, report.head, report.rows);
}

}  // namespace

int main(int argc, char** argv) { return bench::run_benchmark(argc, argv, what, {}, measure_kernels); }
