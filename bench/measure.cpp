#include "measure.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cxxopts.hpp>
#include <filesystem>
#include <fstream>
#include <neb/core/parallel.hpp>
#include <neb/io/file.hpp>
#include <neb/kernels/register_tile.hpp>
#include <optional>
#include <thread>

#include "other_work.hpp"
#include "peak.hpp"

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

/// The environment that decides how OpenMP's threads wait and where they run.
constexpr const char* openmp_settings[] = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT",    "OMP_PROC_BIND",
                                           "OMP_PLACES",      "GOMP_CPU_AFFINITY", "KMP_BLOCKTIME"};

/// Throws UsageError; std::nullopt after --help.
std::optional<Options> parse(int argc, char** argv, const std::string& what, const std::vector<Option>& more) try {
  cxxopts::Options parser(argv[0], what + "\n");
  auto add = parser.add_options();
  add("json", "File for the results", cxxopts::value<std::string>()->default_value(""));
  add("threads", "Threads of each contender (0: all cores)", cxxopts::value<int>()->default_value("0"));
  add("seconds", "Time of each turn of a contender", cxxopts::value<double>()->default_value("0.25"));
  add("rounds", "Turns of each contender", cxxopts::value<int>()->default_value("11"));
  add("only", "Run the rows whose name contains this", cxxopts::value<std::string>()->default_value(""));
  for (const Option& option : more)
    add(option.name, option.help, cxxopts::value<std::string>()->default_value(option.standard));
  add("busy", "Report even where other work takes the cores");
  add("help", "Print this");
  const auto parsed = parser.parse(argc, argv);
  if (parsed.count("help")) {
    std::fputs(parser.help().c_str(), stdout);
    return std::nullopt;
  }
  if (!parsed.unmatched().empty()) throw UsageError("'" + parsed.unmatched()[0] + "' is no option; see --help");
  Options options{.json = parsed["json"].as<std::string>(),
                  .threads = parsed["threads"].as<int>(),
                  .seconds = parsed["seconds"].as<double>(),
                  .rounds = parsed["rounds"].as<int>(),
                  .only = parsed["only"].as<std::string>(),
                  .busy = parsed.count("busy") > 0,
                  .more = {}};
  for (const Option& option : more) options.more[option.name] = parsed[option.name].as<std::string>();
  if (options.threads < 0 || !(options.seconds > 0) || options.rounds < 1)
    throw UsageError("--seconds is positive, --rounds at least 1, and --threads is not negative");
  const std::filesystem::path folder = std::filesystem::path(options.json).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    throw UsageError("--json: there is no folder " + folder.string());
  return options;
} catch (const std::exception& error) {  // cxxopts' own exceptions have other names in other versions
  throw UsageError(error.what());
}

}  // namespace

long Options::count(const std::string& option) const {
  const std::string& text = more.at(option);
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1)
    throw UsageError("--" + option + " is a whole number of at least 1, not '" + text + "'");
  return value;
}

int run_benchmark(int argc, char** argv, const std::string& what, const std::vector<Option>& more,
                  const std::function<void(const Options&)>& benchmark) {
  int code = 2;
  try {
    std::optional<Options> options = parse(argc, argv, what, more);
    if (!options) return 0;
    if (options->threads > 0) neb::set_threads(options->threads);
    options->threads = neb::threads();
    benchmark(*options);
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  } catch (const Busy& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    code = 1;
  }
  return code;
}

nlohmann::json head(const Options& options) {
  const double peak = fma_peak_gflops(options.threads);
  std::string settings;
  for (const char* name : openmp_settings)
    if (const char* value = std::getenv(name))
      settings += std::string(settings.empty() ? "" : " ") + name + "=" + value;
  const auto cores = std::thread::hardware_concurrency();
  std::printf("%s, %u cores, %s\n", cpu_name().c_str(), cores, build_flags);
  std::printf("%d threads%s%s, multiply-add peak %.0f GFLOP/s\n", options.threads, settings.empty() ? "" : ", ",
              settings.c_str(), peak);
  if (options.busy) std::puts("--busy: other work was not looked at, so do not believe these times");
  return {{"cpu", cpu_name()},  {"cores", cores},          {"flags", build_flags},        {"threads", options.threads},
          {"openmp", settings}, {"fma_peak_gflops", peak}, {"busy_allowed", options.busy}};
}

void write_report(const Options& options, nlohmann::json head, const nlohmann::json& rows) {
  if (options.json.empty()) return;
  head["rows"] = rows;
  neb::write_file(options.json, head.dump(2) + "\n");
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
  double best = 0;
  for (int repetition = 0; repetition < 20; ++repetition) {
    const double before = now();
    multiply_add(threads);
    best = std::max(best, multiply_add_gflop(threads) / (now() - before));
  }
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

std::string program_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path().string(); }

}  // namespace bench
