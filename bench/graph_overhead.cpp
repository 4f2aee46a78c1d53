/// What the graph itself costs: a chain of small operations, forward, with its gradient, with the gradient of that.
#include <cstdio>
#include <neb/autodiff/grad.hpp>
#include <neb/ops/arithmetic.hpp>
#include <stdexcept>

#include "libtorch.hpp"
#include "measure.hpp"

namespace {

constexpr neb::Index operations = 2000;

/// y = y * x + x, and its derivatives; returns the last of them.
float chain(int order) {
  const neb::Var<float> x(neb::Tensor<float>::full({4}, 0.01f));
  neb::Var<float> y = x;
  for (neb::Index i = 0; i < operations / 2; ++i) y = y * x + x;
  if (order == 0) return y.value().data()[0];
  const neb::Var<float> first = grad(sum(y), x, {.create_graph = order > 1});
  if (order == 1) return first.value().data()[0];
  return grad(sum(first), x).value().data()[0];
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options =
      bench::start(argc, argv,
                   "Time per operation of a chain of 2 000 operations y = y * x + x on 4 elements:\n"
                   "forward, with the gradient, and with the gradient of the gradient.");
  libtorch::set_threads(options.threads);
  // y -> x / (1 - x): value, slope 1 / (1 - x)^2, and 2 / (1 - x)^3.
  const double expected[] = {0.01 / 0.99, 1 / (0.99 * 0.99), 2 / (0.99 * 0.99 * 0.99)};
  const double peak = bench::fma_peak_gflops(options.threads);
  bench::head(options, peak);
  if (!libtorch::available) std::puts("libtorch was not found at build time");
  std::printf("%-14s %8s %12s %7s\n", "what", "neb ns", "libtorch ns", "ratio");
  nlohmann::json rows = nlohmann::json::array();
  const auto rivals = libtorch::chain(operations);
  const char* const names[] = {"forward", "grad", "grad_of_grad"};
  for (int order = 0; order < 3; ++order) {
    const double got = static_cast<double>(chain(order));
    if (!(std::abs(got / expected[order] - 1) < 1e-4)) throw std::runtime_error("the chain's derivative is wrong");
    std::vector<std::function<void()>> contenders{[order] { chain(order); }};
    if (libtorch::available) contenders.push_back(rivals[static_cast<std::size_t>(order)]);
    const auto timings = bench::take_turns(contenders, options.seconds);
    const double own = 1e9 * timings[0].median / operations;
    nlohmann::json row{{"what", names[order]}, {"neb_ns", own}};
    std::printf("%-14s %8.0f ", names[order], own);
    if (libtorch::available) {
      const double rival = 1e9 * timings[1].median / operations;
      std::printf("%12.0f %7.1f\n", rival, rival / own);
      row.update({{"libtorch_ns", rival}, {"ratio", rival / own}});
    } else {
      std::printf("%12s %7s\n", "-", "-");
    }
    rows.push_back(row);
  }
  bench::finish(options, peak, rows);
}
