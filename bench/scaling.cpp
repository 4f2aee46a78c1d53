/// How cost grows: with threads, batch, width, depth, and the order of derivative.
#include <cstdio>
#include <cstring>
#include <neb/energy/conv_energy.hpp>
#include <neb/nn/conv2d.hpp>
#include <neb/training/trainer.hpp>
#include <stdexcept>

#include "measure.hpp"
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
    std::printf("%-34s %-14s %10.2f %s\n", what.c_str(), at.c_str(), value, unit);
    std::fflush(stdout);
    rows.push_back({{"what", what}, {"at", at}, {"value", value}, {"unit", unit}});
  }
  nlohmann::json rows = nlohmann::json::array();
};

/// One thread and all of them in turn, at a large batch and at one image.
void threads_over_one(Report& report, const bench::Options& options) {
  const Phi phi({.channels = widths}, Key(2));
  for (const Index batch : {Index{32}, Index{1}}) {
    const Tensor<float> y = images(batch);
    check_bits(phi, y, options.threads);
    neb::DeenTrainer trainer(phi, y, {.batch = batch, .steps = 1 << 30, .ema_decay = 0});
    const auto with = [](int threads, const std::function<void()>& work) {
      return [threads, work] {
        neb::set_threads(threads);
        work();
      };
    };
    const std::function<void()> step = [&] { trainer.step(); }, slope = [&] { score(phi, y); };
    const auto timings = bench::take_turns(
        {with(1, step), with(options.threads, step), with(1, slope), with(options.threads, slope)}, options.seconds);
    const std::string at = "batch " + std::to_string(batch);
    report.row("threads over one: deen_step", at, timings[0].median / timings[1].median, "x");
    report.row("threads over one: score", at, timings[2].median / timings[3].median, "x");
  }
  neb::set_threads(options.threads);
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
  Report report;
  if (options.wants("threads")) threads_over_one(report, options);
  if (options.wants("batch"))
    for (const Index batch : {1, 2, 4, 8, 16, 32, 64})
      report.row("ms an image against batch", std::to_string(batch),
                 deen_step_ms(widths, batch, options.seconds) / static_cast<double>(batch), "ms");
  if (options.wants("width"))
    for (const Index width : {8, 16, 32, 64, 128})
      report.row("ms a step of 8 against width",
                 std::to_string(width) + "," + std::to_string(2 * width) + "," + std::to_string(4 * width),
                 deen_step_ms({width, 2 * width, 4 * width}, 8, options.seconds), "ms");
  if (options.wants("depth"))
    for (std::size_t depth = 1; depth <= 6; ++depth)
      report.row("ms a step of 16 against depth", std::to_string(depth) + " x 32",
                 deen_step_ms(std::vector<Index>(depth, 32), 16, options.seconds), "ms");
  if (options.wants("memory")) memory_per_order(report);
  bench::write_report(options, head, report.rows);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_benchmark(
      argc, argv,
      "How cost grows: threads over one, a DEEN step's time against batch, width and depth, and memory\n"
      "against the order of derivative. Network 32,64,128 where nothing else is said. One process; --rounds has no effect.",
      {}, measure_growth);
}
