#include "measure.hpp"

#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cxxopts.hpp>
#include <fstream>
#include <neb/core/parallel.hpp>
#include <neb/io/file.hpp>
#include <neb/kernels/register_tile.hpp>
#include <numeric>

namespace bench {

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

constexpr const char* build_flags = NEB_BENCH_FLAGS;

}  // namespace

Options start(int argc, char** argv, const std::string& what) {
  cxxopts::Options parser(argv[0], what + "\n");
  parser.add_options()("json", "File for the results", cxxopts::value<std::string>()->default_value(""))(
      "threads", "Number of threads (default: all)", cxxopts::value<int>()->default_value("0"))(
      "seconds", "Time for each contender of each row", cxxopts::value<double>()->default_value("1"))(
      "only", "Run the rows whose name contains this", cxxopts::value<std::string>()->default_value(""))("help",
                                                                                                         "Print this");
  try {
    const auto parsed = parser.parse(argc, argv);
    if (parsed.count("help")) {
      std::fputs(parser.help().c_str(), stdout);
      std::exit(0);
    }
    Options options{parsed["json"].as<std::string>(), parsed["threads"].as<int>(), parsed["seconds"].as<double>(),
                    parsed["only"].as<std::string>()};
    if (options.threads < 0 || !(options.seconds > 0))
      throw std::invalid_argument("--threads and --seconds are positive");
    if (options.threads > 0) neb::set_threads(options.threads);
    options.threads = neb::threads();
    return options;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    std::exit(2);
  }
}

void head(const Options& options, double peak) {
  std::printf("%s\n%s\n%d threads, multiply-add peak %.0f GFLOP/s\n", cpu_name().c_str(), build_flags, options.threads,
              peak);
}

std::vector<Timing> take_turns(const std::vector<std::function<void()>>& contenders, double seconds) {
  std::vector<std::vector<double>> times(contenders.size());
  for (const auto& contender : contenders) contender();
  const double begin = now();
  const double all = seconds * static_cast<double>(contenders.size());
  while (times.back().size() < 3 || (now() - begin < all && times.back().size() < 10000)) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const double before = now();
      contenders[i]();
      times[i].push_back(now() - before);
    }
  }
  std::vector<Timing> timings;
  for (auto& list : times) {
    std::sort(list.begin(), list.end());
    timings.push_back({list[list.size() / 2], list[0]});
  }
  return timings;
}

double fma_peak_gflops(int threads) {
  using Vector = neb::kernels::Vector<float>;
  // Sixteen chains: two units that take four cycles need eight to be busy, and the rest absorbs jitter.
  constexpr int chains = 16;
  constexpr long rounds = 4'000'000;
  double best = 0;
  std::vector<float> sink(static_cast<std::size_t>(threads));
  for (int repetition = 0; repetition < 7; ++repetition) {
    double slowest = 0;
#pragma omp parallel num_threads(threads) reduction(max : slowest)
    {
      std::array<Vector, chains> sums;
      for (int k = 0; k < chains; ++k) sums[static_cast<std::size_t>(k)] = Vector{} + static_cast<float>(k);
      volatile float factor = 0.9999f, term = 1e-7f;
      const Vector a = Vector{} + factor, b = Vector{} + term;
#pragma omp barrier
      const double before = now();
      for (long round = 0; round < rounds; ++round)
#pragma GCC unroll 16
        for (std::size_t k = 0; k < chains; ++k) sums[k] = sums[k] * a + b;
      slowest = now() - before;
      Vector total{};
      for (const Vector& sum : sums) total += sum;
      sink[static_cast<std::size_t>(omp_get_thread_num())] = total[0];
    }
    const double lanes = sizeof(Vector) / sizeof(float);
    best =
        std::max(best, static_cast<double>(threads) * 2 * lanes * chains * static_cast<double>(rounds) / slowest / 1e9);
  }
  if (std::accumulate(sink.begin(), sink.end(), 0.0f) == 12345.0f) std::puts("");  // the sums are used
  return best;
}

double read_gbytes(int threads) {
  using Vector = neb::kernels::Vector<float>;
  const std::vector<float> data(std::size_t{96} << 20, 1.0f);
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    const double before = now();
    double sum = 0;
#pragma omp parallel for num_threads(threads) reduction(+ : sum)
    for (std::size_t block = 0; block < data.size(); block += std::size_t{1} << 16) {
      Vector sums[4] = {};
      for (std::size_t i = 0; i < std::size_t{1} << 16; i += 4 * sizeof(Vector) / sizeof(float))
        for (std::size_t k = 0; k < 4; ++k)
          sums[k] += neb::kernels::load(data.data() + block + i + k * sizeof(Vector) / sizeof(float));
      sum += static_cast<double>((sums[0] + sums[1] + sums[2] + sums[3])[0]);
    }
    if (sum > 0) best = std::max(best, static_cast<double>(data.size() * sizeof(float)) / (now() - before) / 1e9);
  }
  return best;
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string run_beside(const std::string& name, const std::vector<std::string>& arguments) {
  std::array<char, 4096> path{};
  const auto length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string self(path.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  std::string command = "'" + self.substr(0, self.rfind('/') + 1) + name + "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  std::FILE* const pipe = popen(command.c_str(), "r");
  std::string output;
  for (int c; pipe && (c = std::fgetc(pipe)) != EOF;) output += static_cast<char>(c);
  if (pipe) pclose(pipe);
  return output;
}

void finish(const Options& options, double peak, const nlohmann::json& rows) {
  if (options.json.empty()) return;
  const nlohmann::json report{
      {"fma_peak_gflops", peak}, {"threads", options.threads}, {"read_gbytes_per_s", read_gbytes(options.threads)},
      {"cpu", cpu_name()},       {"flags", build_flags},       {"rows", rows}};
  neb::write_file(options.json, report.dump(2) + "\n");
}

}  // namespace bench
