/// How cost grows: with threads, beside other work, with batch, width, depth, and the order of derivative.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <neb/energy/conv_energy.hpp>
#include <neb/nn/conv2d.hpp>
#include <neb/sampling/langevin.hpp>
#include <neb/training/trainer.hpp>
#include <stdexcept>

#include "measure.hpp"
#include "other_work.hpp"
#include "rounds.hpp"

namespace {

using neb::Index;
using neb::Key;
using neb::Tensor;
using neb::Var;
using Phi = neb::ConvEnergy<float>;

const std::vector<Index> widths{32, 64, 128};

Tensor<float> images(Index batch) { return neb::random_uniform<float>({batch, 28, 28, 1}, Key(1)); }

Tensor<float> score(const Phi& phi, const Tensor<float>& y) {
  return energy_and_gradient(phi, Var<float>::constant(y)).gradient.value();
}

/// Throws unless one thread and all of them give the same bits of the score.
void check_bits(const Phi& phi, const Tensor<float>& y, int threads) {
  neb::set_threads(1);
  const Tensor<float> one = score(phi, y);
  neb::set_threads(threads);
  const Tensor<float> all = score(phi, y);
  if (std::memcmp(one.data(), all.data(), static_cast<std::size_t>(one.size()) * sizeof(float)) != 0)
    throw std::runtime_error("the score's bits depend on the number of threads");
}

/// The time of a DEEN step, in ms.
double deen_step_ms(const std::vector<Index>& channels, Index batch, double seconds) {
  neb::DeenTrainer trainer(Phi({.channels = channels}, Key(2)), images(batch),
                           {.batch = batch, .steps = 1 << 30, .ema_decay = 0});
  return 1e3 * bench::take_turns({[&] { trainer.step(); }}, seconds)[0].median;
}

class Report {
 public:
  void row(const std::string& what, const std::string& at, double value, const char* unit) {
    std::printf("%-42s %-14s %10.2f %s\n", what.c_str(), at.c_str(), value, unit);
    std::fflush(stdout);
    rows.push_back({{"what", what}, {"at", at}, {"value", value}, {"unit", unit}});
  }
  nlohmann::json rows = nlohmann::json::array();
};

/// `work` on so many threads.
std::function<void()> on_threads(int threads, const std::function<void()>& work) {
  return [threads, work] {
    neb::set_threads(threads);
    work();
  };
}

/// The walk of chains from `y` by steps of ten, to be called again and again.
std::function<void()> walk_from(const Phi& phi, const Tensor<float>& start) {
  return [&phi, y = start, steps = Index{0}]() mutable {
    y = neb::langevin_walk(phi, std::move(y), {.delta = 0.003, .steps = 10, .first_step = steps}, Key(3));
    steps += 10;
  };
}

/// One thread and all of them in turn, at a large batch and at one image.
void threads_over_one(Report& report, int threads, double seconds) {
  const Phi phi({.channels = widths}, Key(2));
  for (const Index batch : {Index{32}, Index{1}}) {
    const Tensor<float> y = images(batch);
    check_bits(phi, y, threads);
    neb::DeenTrainer trainer(phi, y, {.batch = batch, .steps = 1 << 30, .ema_decay = 0});
    const std::function<void()> step = [&] { trainer.step(); }, slope = [&] { score(phi, y); },
                                walk = walk_from(phi, y);
    std::vector<std::function<void()>> contenders;
    for (const auto& work : {step, slope, walk})
      for (const int count : {1, threads}) contenders.push_back(on_threads(count, work));
    const auto timings = bench::take_turns(contenders, seconds);
    const std::string at = "batch " + std::to_string(batch);
    report.row("threads over one: deen_step", at, timings[0].median / timings[1].median, "x");
    report.row("threads over one: score", at, timings[2].median / timings[3].median, "x");
    report.row("threads over one: walk", at, timings[4].median / timings[5].median, "x");
  }
  neb::set_threads(threads);
}

/// Another process that keeps one core busy, for as long as this lives.
class BusyProcess {
 public:
  explicit BusyProcess(int nice) : child_(fork()) {
    if (child_ != 0) return;
    setpriority(PRIO_PROCESS, 0, nice);
    const pid_t parent = getppid();
    volatile unsigned count = 0;
    while (getppid() == parent)
      for (int i = 0; i < 1'000'000; ++i) count = count + 1;
    _exit(0);
  }
  ~BusyProcess() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  BusyProcess(const BusyProcess&) = delete;
  BusyProcess& operator=(const BusyProcess&) = delete;

 private:
  pid_t child_;
};

/// The mean time of `work`, repeated for so long, in seconds. Beside another process a median would hide who loses the core.
double mean_seconds(const std::function<void()>& work, double seconds) {
  using Clock = std::chrono::steady_clock;
  work();
  const auto begin = Clock::now();
  for (int count = 1;; ++count) {
    work();
    const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
    if (passed > seconds) return passed / count;
  }
}

/// All threads beside one busy process, over the times of one thread and of all on the quiet machine; in turns, medians of five.
void beside_other_work(Report& report, int threads, double seconds) {
  const Phi phi({.channels = widths}, Key(2));
  neb::DeenTrainer trainer(phi, images(32), {.batch = 32, .steps = 1 << 30, .ema_decay = 0});
  const auto row = [&](const std::string& name, const std::string& at, const std::function<void()>& work) {
    const std::function<void()> one = on_threads(1, work), all = on_threads(threads, work);
    std::array<std::array<double, 5>, 4> times;
    for (std::size_t round = 0; round < 5; ++round) {
      times[0][round] = mean_seconds(one, seconds);
      times[1][round] = mean_seconds(all, seconds);
      for (const int nice : {0, 19}) {
        const BusyProcess process(nice);
        times[nice == 0 ? 2 : 3][round] = mean_seconds(all, seconds);
      }
    }
    for (auto& list : times) std::sort(list.begin(), list.end());
    report.row("quiet, one thread over all: " + name, at, times[0][2] / times[1][2], "x");
    report.row("beside nice 0, over all quiet: " + name, at, times[2][2] / times[1][2], "x");
    report.row("beside nice 0, over one quiet: " + name, at, times[2][2] / times[0][2], "x");
    report.row("beside nice 19, over all quiet: " + name, at, times[3][2] / times[1][2], "x");
  };
  row("deen_step", "batch 32", [&] { trainer.step(); });
  row("walk", "10 chains", walk_from(phi, images(10)));
  neb::set_threads(threads);
}

/// Bytes of tensors and nodes at the peak of the k-th derivative of the energy, in MB.
void memory_per_order(Report& report) {
  const Phi phi({.channels = widths}, Key(2));
  const Tensor<float> y = images(32);
  for (int order = 0; order <= 3; ++order) {
    const std::size_t before = neb::memory_stats().live;
    neb::reset_peak_memory();
    {
      const Var<float> x(y);
      Var<float> value = sum(energies(phi, x));
      for (int k = 0; k < order; ++k) value = sum(square(grad(std::move(value), x, {.create_graph = k + 1 < order})));
    }
    report.row("memory of a derivative, batch 32", "order " + std::to_string(order),
               static_cast<double>(neb::memory_stats().peak - before) / 1e6, "MB");
  }
}

void measure_growth(const bench::Options& options) {
  bench::expect_quiet(options);
  const nlohmann::json head = bench::head(options);
  bench::Watch watch(bench::own_cpu_seconds);
  Report report;
  const double seconds = options.seconds * options.rounds;
  if (options.wants("threads")) threads_over_one(report, options.threads, seconds);
  if (options.wants("batch"))
    for (const Index batch : {1, 2, 4, 8, 16, 32, 64})
      report.row("ms an image against batch", std::to_string(batch),
                 deen_step_ms(widths, batch, seconds) / static_cast<double>(batch), "ms");
  if (options.wants("width"))
    for (const Index width : {8, 16, 32, 64, 128})
      report.row("ms a step of 8 against width",
                 std::to_string(width) + "," + std::to_string(2 * width) + "," + std::to_string(4 * width),
                 deen_step_ms({width, 2 * width, 4 * width}, 8, seconds), "ms");
  if (options.wants("depth"))
    for (std::size_t depth = 1; depth <= 6; ++depth)
      report.row("ms a step of 16 against depth", std::to_string(depth) + " x 32",
                 deen_step_ms(std::vector<Index>(depth, 32), 16, seconds), "ms");
  if (options.wants("memory")) memory_per_order(report);
  const double share = watch.share();
  if (options.wants("beside")) beside_other_work(report, options.threads, seconds);  // other work is of its own making
  if (share > bench::quiet_share && !options.busy) throw bench::Busy(share);
  bench::write_report(options, head, report.rows);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_benchmark(
      argc, argv,
      "How cost grows: threads over one, times beside a busy process, a DEEN step's time against batch,\n"
      "width and depth, and memory against the order of derivative. Network 32,64,128 where nothing else\n"
      "is said. One process: a row has all of its turns at once.",
      {}, measure_growth);
}
