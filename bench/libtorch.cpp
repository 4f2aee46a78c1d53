#include "libtorch.hpp"

#if defined(NEB_BENCH_LIBTORCH)

#include <torch/torch.h>

#include <cmath>
#include <memory>

namespace libtorch {

namespace {

constexpr double sigma = 0.3, delta = 0.003;

struct Network {
  std::vector<torch::nn::Conv2d> conv;
  torch::nn::Linear bottleneck{nullptr}, readout{nullptr};
  std::unique_ptr<torch::optim::Adam> adam;
  torch::Tensor x, y;
  bool channels_last;

  torch::Tensor energy(torch::Tensor h) {
    for (auto& layer : conv) h = torch::silu(layer(h));
    return readout(torch::silu(bottleneck(h.flatten(1)))).squeeze(1);
  }
  torch::Tensor noisy() { return x + sigma * torch::randn_like(x); }
};

}  // namespace

void set_threads(int count) { torch::set_num_threads(count); }

Work network(const std::vector<neb::Index>& channels, neb::Index batch, bool channels_last) {
  auto net = std::make_shared<Network>();
  net->channels_last = channels_last;
  std::vector<torch::Tensor> parameters;
  std::int64_t in = 1, size = 28;
  for (const neb::Index out : channels) {
    net->conv.emplace_back(torch::nn::Conv2dOptions(in, out, 3));
    if (channels_last) net->conv.back()->to(torch::kFloat);
    in = out;
    size -= 2;
  }
  net->bottleneck = torch::nn::Linear(in * size * size, 10);
  net->readout = torch::nn::Linear(torch::nn::LinearOptions(10, 1).bias(false));
  for (auto& layer : net->conv) {
    if (channels_last) layer->weight.set_data(layer->weight.contiguous(at::MemoryFormat::ChannelsLast));
    for (auto& parameter : layer->parameters()) parameters.push_back(parameter);
  }
  for (auto& parameter : net->bottleneck->parameters()) parameters.push_back(parameter);
  for (auto& parameter : net->readout->parameters()) parameters.push_back(parameter);
  net->adam = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  net->x = torch::rand({batch, 1, 28, 28});
  if (channels_last) net->x = net->x.contiguous(at::MemoryFormat::ChannelsLast);
  net->y = net->noisy();

  const auto slope = [net](const torch::Tensor& y, bool create_graph) {
    return torch::autograd::grad({net->energy(y).sum()}, {y}, {}, create_graph, create_graph)[0];
  };
  return {.deen_step =
              [net, slope] {
                const auto y = net->noisy().requires_grad_();
                const auto xhat = y - sigma * sigma * slope(y, true);
                const auto loss = (net->x - xhat).square().sum() / net->x.size(0);
                net->adam->zero_grad();
                loss.backward();
                net->adam->step();
              },
          .score = [net, slope] { slope(net->y.detach().requires_grad_(), false); },
          .walk_step =
              [net, slope] {
                const auto g = slope(net->y.detach().requires_grad_(), false);
                net->y = net->y - delta * delta * g + std::sqrt(2.0) * delta * torch::randn_like(net->y);
              }};
}

std::vector<std::function<void()>> chain(neb::Index operations) {
  const auto run = [operations](int order) {
    const auto x = torch::full({4}, 0.01f, torch::requires_grad());
    auto y = x;
    for (neb::Index i = 0; i < operations / 2; ++i) y = y * x + x;
    if (order == 0) return;
    const auto first = torch::autograd::grad({y.sum()}, {x}, {}, order > 1, order > 1)[0];
    if (order > 1) torch::autograd::grad({first.sum()}, {x});
  };
  return {[run] { run(0); }, [run] { run(1); }, [run] { run(2); }};
}

}  // namespace libtorch

#else

namespace libtorch {
Work network(const std::vector<neb::Index>&, neb::Index, bool) { return {}; }
std::vector<std::function<void()>> chain(neb::Index) { return {}; }
void set_threads(int) {}
}  // namespace libtorch

#endif
