/// Convolution kernels: every rung of the ladder and, where they are installed, oneDNN and OpenBLAS, in GFLOP/s and against the peak.
#include <algorithm>
#include <cstdio>
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
    R"(Convolution kernels against each other, against rivals, and against the multiply-add peak of the same run.
Every contender of a row is a process of its own, and they take turns. A row is a shape N,size,in,out,kernel[,stride,padding]
and a pass, or the six passes of a layer in a training step together; rates are in GFLOP/s of the convolution as written
down, so a fast algorithm may pass the peak. neb's kernels are compared with a convolution in double first.)";

/// A kernel of neb, or a rival: its worker, and the word that the worker takes.
struct Kernel {
  std::string name, worker, word;
};

const std::vector<Kernel> kernels = {
    {"reference", "conv2d_neb", "reference"},  {"im2col", "conv2d_neb", "im2col"},
    {"direct", "conv2d_neb", "direct"},        {"winograd", "conv2d_neb", "winograd"},
    {"onednn", "conv2d_onednn", "any"},        {"onednn-nhwc", "conv2d_onednn", "nhwc"},
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
  std::vector<std::string> names;
  std::vector<bench::Contender> contenders;
  for (const Kernel& kernel : kernels) {
    const std::string worker = bench::program_folder() + "/" + kernel.worker;
    if (!std::filesystem::exists(worker)) continue;
    bench::Contender contender({worker, std::to_string(options.threads), pass, shape, kernel.word});
    if (!contender.takes_part()) continue;
    report.introduce(kernel.worker, contender.facts());
    names.push_back(kernel.name);
    contenders.push_back(std::move(contender));
  }
  if (report.rows.empty())
    std::printf("%-22s %-12s %-12s %8s %17s %8s %7s\n", "shape", "pass", "kernel", "median", "quartiles", "best",
                "% peak");
  const bench::Results results = bench::take_rounds(contenders, options);
  const double gflop = bench::Convolution(shape).gflop(pass), peak = report.head["fma_peak_gflops"];
  for (std::size_t k = 0; k < names.size(); ++k) {
    const bench::Spread time = bench::spread(results.contenders[k].times);
    const double rate = gflop / time.median;
    std::printf("%-22s %-12s %-12s %8.1f %8.1f %8.1f %8.1f %6.1f%%\n", shape.c_str(), pass.c_str(), names[k].c_str(),
                rate, gflop / time.high, gflop / time.low, gflop / results.contenders[k].minimum, 100 * rate / peak);
    report.rows.push_back({{"shape", shape},
                           {"pass", pass},
                           {"rung", names[k]},
                           {"gflops", rate},
                           {"gflops_quartiles", {gflop / time.high, gflop / time.low}},
                           {"best_gflops", gflop / results.contenders[k].minimum},
                           {"percent_of_peak", 100 * rate / peak},
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
