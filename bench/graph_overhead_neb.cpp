/// A worker (worker.hpp): a chain of 2 000 operations y = y * x + x on 4 elements by neb, forward, with its gradient, or with the
/// gradient of that.
#include <cmath>
#include <neb/neb.hpp>
#include <stdexcept>

#include "cases.hpp"
#include "neb_facts.hpp"
#include "worker.hpp"

namespace {

/// The last of the derivatives.
float chain(int order) {
  const neb::Var<float> x(neb::Tensor<float>::full({4}, 0.01f));
  neb::Var<float> y = x;
  for (int i = 0; i < bench::chain_operations / 2; ++i) y = y * x + x;
  if (order == 0) return y.value().data()[0];
  const neb::Var<float> first = grad(sum(y), x, {.create_graph = order > 1});
  if (order == 1) return first.value().data()[0];
  return grad(sum(first), x).value().data()[0];
}

bench::Work prepare(const bench::Arguments& arguments) {
  neb::set_threads(std::stoi(arguments[0]));
  const int order = bench::order_of(arguments[1]);
  // y -> x / (1 - x): value, slope 1 / (1 - x)^2, and 2 / (1 - x)^3.
  const double expected[] = {0.01 / 0.99, 1 / (0.99 * 0.99), 2 / (0.99 * 0.99 * 0.99)};
  if (!(std::abs(static_cast<double>(chain(order)) / expected[order] - 1) < 1e-4))
    throw std::runtime_error("the chain's " + arguments[1] + " is wrong");
  return {bench::neb_facts(), [order] { chain(order); }};
}

}  // namespace

int main(int argc, char** argv) { return bench::run_worker(argc, argv, "THREADS ORDER", prepare); }
