/// A worker (worker.hpp): what graph_overhead_neb does, by libtorch.
#include <torch/torch.h>

#include "cases.hpp"
#include "worker.hpp"

namespace {

void chain(int order) {
  const auto x = torch::full({4}, 0.01f, torch::requires_grad());
  auto y = x;
  for (int i = 0; i < bench::chain_operations / 2; ++i) y = y * x + x;
  if (order == 0) return;
  const auto first = torch::autograd::grad({y.sum()}, {x}, {}, order > 1, order > 1)[0];
  if (order > 1) torch::autograd::grad({first.sum()}, {x});
}

bench::Work prepare(const bench::Arguments& arguments) {
  torch::set_num_threads(std::stoi(arguments[0]));
  const int order = bench::order_of(arguments[1]);
  chain(order);
  return {"libtorch " TORCH_VERSION, [order] { chain(order); }};
}

}  // namespace

int main(int argc, char** argv) { return bench::run_worker(argc, argv, "THREADS ORDER", prepare); }
