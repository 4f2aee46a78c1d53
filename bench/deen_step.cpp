/// A whole training step, the score alone, and a step of the walk: neb, and libtorch where it is installed.
#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

#include "deen_work.hpp"
#include "libtorch.hpp"
#include "measure.hpp"

namespace {

const std::function<void()>& select(const libtorch::Work& work, int what) {
  return what == 0 ? work.deen_step : (what == 1 ? work.score : work.walk_step);
}

/// Resident memory of a process that does nothing but this work: the program deen_step_CONTENDER beside this one, which for
/// neb has no libtorch in it.
double alone_rss(const std::string& contender, const bench::Case& c, int what, int threads) {
  const bool channels_last = contender == "libtorch_nhwc";
  const std::string printed = bench::run_beside(contender == "neb" ? "deen_step_neb" : "deen_step_libtorch",
                                                {std::to_string(threads), std::to_string(&c - bench::cases.data()),
                                                 std::to_string(what), channels_last ? "1" : "0"});
  return printed.empty() ? 0 : std::stod(printed);
}

template <class T>
std::vector<neb::Var<T>> gradient(const neb::ConvEnergy<T>& phi, const neb::Tensor<T>& x, const neb::Tensor<T>& y) {
  return grad(deen_loss(phi, neb::Var<T>::constant(x), neb::Var<T>::constant(y), T(0.3)), phi);
}

/// Throws unless the gradient of the DEEN loss in float is that of the same network in double.
void check_gradient(const bench::Case& c) {
  const neb::Index batch = 2;
  neb::ConvEnergy<float> phi({.channels = c.channels}, neb::Key(1));
  neb::ConvEnergy<double> exact({.channels = c.channels}, neb::Key(1));
  std::map<std::string, neb::Tensor<double>> weights;
  for (const auto& [name, tensor] : neb::state(phi)) weights.emplace(name, tensor.to<double>());
  neb::load_state(exact, weights);
  const auto x = neb::random_uniform<float>({batch, 28, 28, 1}, neb::Key(2));
  const auto y = neb::random_uniform<float>({batch, 28, 28, 1}, neb::Key(3));
  const auto got = gradient(phi, x, y);
  const auto expected = gradient(exact, x.to<double>(), y.to<double>());
  for (std::size_t i = 0; i < got.size(); ++i) {
    double error = 0, size = 0;
    for (neb::Index k = 0; k < got[i].size(); ++k) {
      error += std::pow(static_cast<double>(got[i].value().data()[k]) - expected[i].value().data()[k], 2);
      size += std::pow(expected[i].value().data()[k], 2);
    }
    if (!(std::sqrt(error) <= 1e-4 * std::sqrt(size)))
      throw std::runtime_error("deen_step: the gradient of parameter " + std::to_string(i) + " is off by " +
                               std::to_string(std::sqrt(error / size)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options =
      bench::start(argc, argv,
                   "A DEEN training step, the score, and a walk step of 10 chains: 3x3, stride 1, no\n"
                   "padding, bottleneck 10, images of 28 x 28. The ratio is libtorch over neb, the better\n"
                   "of libtorch's two memory layouts; resident memory is that of separate processes.");
  libtorch::set_threads(options.threads);
  const double peak = bench::fma_peak_gflops(options.threads);
  bench::head(options, peak);
  if (!libtorch::available) std::puts("libtorch was not found at build time");
  std::printf("%-14s %5s %-10s %10s %12s %7s %10s %14s\n", "channels", "batch", "what", "neb ms", "libtorch ms",
              "ratio", "neb MB", "libtorch MB");
  nlohmann::json rows = nlohmann::json::array();
  for (const bench::Case& c : bench::cases) {
    if (std::string(c.name).find(options.only) == std::string::npos) continue;
    check_gradient(c);
    for (int what = 0; what < 3; ++what) {
      const neb::Index batch = bench::images(c, what);
      std::vector<std::function<void()>> contenders{bench::neb_work(c, what)};
      if (libtorch::available)
        for (const bool channels_last : {false, true})
          contenders.push_back(select(libtorch::network(c.channels, batch, channels_last), what));
      const auto timings = bench::take_turns(contenders, options.seconds);
      const double own = 1e3 * timings[0].median, own_rss = alone_rss("neb", c, what, options.threads);
      nlohmann::json row{{"case", c.name}, {"batch", batch},        {"what", bench::works[what]},
                         {"neb_ms", own},  {"neb_rss_mb", own_rss}, {"neb_best_ms", 1e3 * timings[0].minimum}};
      std::printf("%-14s %5td %-10s %10.2f ", c.name, batch, bench::works[what], own);
      if (libtorch::available) {
        const bool last = timings[2].median < timings[1].median;
        const double rival = 1e3 * timings[last ? 2 : 1].median;
        const double rival_rss = alone_rss(last ? "libtorch_nhwc" : "libtorch", c, what, options.threads);
        std::printf("%12.2f %7.2f %10.0f %14.0f\n", rival, rival / own, own_rss, rival_rss);
        row.update({{"libtorch_ms", rival},
                    {"ratio", rival / own},
                    {"libtorch_rss_mb", rival_rss},
                    {"libtorch_layout", last ? "channels_last" : "contiguous"}});
      } else {
        std::printf("%12s %7s %10.0f %14s\n", "-", "-", own_rss, "-");
      }
      std::fflush(stdout);
      rows.push_back(row);
    }
  }
  bench::finish(options, peak, rows);
}
