/// A worker (worker.hpp): what deen_step_neb does, by libtorch. LAYOUT is contiguous or channels_last.
#include <torch/torch.h>

#include <cmath>
#include <memory>

#include "worker.hpp"

namespace {

constexpr double sigma = 0.3, delta = 0.003;

struct Network {
  std::vector<torch::nn::Conv2d> conv;
  torch::nn::Linear bottleneck{nullptr}, readout{nullptr};
  std::unique_ptr<torch::optim::Adam> adam;
  torch::Tensor x, y;

  torch::Tensor energy(torch::Tensor h) {
    for (auto& layer : conv) h = torch::silu(layer(h));
    return readout(torch::silu(bottleneck(h.flatten(1)))).squeeze(1);
  }

  torch::Tensor noisy() const { return x + sigma * torch::randn_like(x); }

  torch::Tensor slope(const torch::Tensor& at, bool create_graph) {
    return torch::autograd::grad({energy(at).sum()}, {at}, {}, create_graph, create_graph)[0];
  }

  void deen_step() {
    const auto at = noisy().requires_grad_();
    const auto xhat = at - sigma * sigma * slope(at, true);
    const auto loss = (x - xhat).square().sum() / x.size(0);
    adam->zero_grad();
    loss.backward();
    adam->step();
  }

  void walk(long steps) {
    for (long step = 0; step < steps; ++step) {
      const auto g = slope(y.detach().requires_grad_(), false);
      y = y - delta * delta * g + std::sqrt(2.0) * delta * torch::randn_like(y);
    }
  }
};

bench::Work prepare(const bench::Arguments& arguments) {
  torch::set_num_threads(std::stoi(arguments[0]));
  const std::string& work = arguments[1];
  const auto channels = bench::numbers(arguments[2]);
  auto strides = bench::numbers(arguments[4]);
  const long kernel = std::stol(arguments[3]), padding = std::stol(arguments[5]), batch = std::stol(arguments[6]),
             steps = std::stol(arguments[7]);
  const auto layout = arguments[8] == "channels_last" ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  strides.resize(channels.size(), strides[0]);
  const auto net = std::make_shared<Network>();
  std::vector<torch::Tensor> parameters;
  long in = 1, size = 28;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    net->conv.emplace_back(torch::nn::Conv2dOptions(in, channels[i], kernel).stride(strides[i]).padding(padding));
    net->conv.back()->weight.set_data(net->conv.back()->weight.contiguous(layout));
    in = channels[i];
    size = (size + 2 * padding - kernel) / strides[i] + 1;
  }
  net->bottleneck = torch::nn::Linear(in * size * size, 10);
  net->readout = torch::nn::Linear(torch::nn::LinearOptions(10, 1).bias(false));
  for (auto& layer : net->conv)
    for (auto& parameter : layer->parameters()) parameters.push_back(parameter);
  for (auto& layer : {net->bottleneck, net->readout})
    for (auto& parameter : layer->parameters()) parameters.push_back(parameter);
  net->adam = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  net->x = torch::rand({batch, 1, 28, 28}).contiguous(layout);
  net->y = net->noisy();

  bench::Work result{"libtorch " TORCH_VERSION, {}};
  if (work == "deen_step") {
    result.call = [net] { net->deen_step(); };
    result.call();
  } else if (work == "score") {
    result.call = [net] { net->slope(net->y.detach().requires_grad_(), false); };
    result.call();
  } else {
    net->walk(1);
    result.call = [net, steps] { net->walk(steps); };
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_worker(argc, argv, "THREADS WORK CHANNELS KERNEL STRIDE PADDING BATCH STEPS LAYOUT", prepare);
}
