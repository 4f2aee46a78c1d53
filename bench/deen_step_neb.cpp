/// A worker (worker.hpp): a training step, a score, or a walk of a convolutional energy by neb. It keeps to what neb has had
/// since f50ea3b, so that it can be built with older headers.
#include <cmath>
#include <functional>
#include <memory>
#include <neb/neb.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb_facts.hpp"
#include "worker.hpp"

namespace {

using neb::Index;
using neb::Tensor;
using neb::Var;

template <class T>
std::vector<Var<T>> gradient(const neb::ConvEnergy<T>& phi, const Tensor<T>& x, const Tensor<T>& y) {
  std::vector<Var<T>> parameters;
  for (const auto& layer : phi.conv) parameters.insert(parameters.end(), {layer.weight, layer.bias});
  parameters.insert(parameters.end(), {phi.bottleneck.weight, *phi.bottleneck.bias, phi.readout[0].weight});
  return grad(deen_loss(phi, Var<T>::constant(x), Var<T>::constant(y), T(0.3)), parameters);
}

/// The same network in double.
neb::ConvEnergy<double> in_double(const neb::ConvEnergy<float>& phi) {
  neb::ConvEnergy<double> exact(phi.options, neb::Key(1));
  const auto copy = [](const Var<float>& from, Var<double>& to) { to = Var<double>(from.value().to<double>()); };
  for (std::size_t i = 0; i < phi.conv.size(); ++i) {
    copy(phi.conv[i].weight, exact.conv[i].weight);
    copy(phi.conv[i].bias, exact.conv[i].bias);
  }
  copy(phi.bottleneck.weight, exact.bottleneck.weight);
  copy(*phi.bottleneck.bias, *exact.bottleneck.bias);
  copy(phi.readout[0].weight, exact.readout[0].weight);
  return exact;
}

/// Throws unless the gradient of the DEEN loss in float is that of the same network in double.
void check_gradient(const neb::ConvEnergy<float>& phi) {
  const auto x = neb::random_uniform<float>({2, 28, 28, 1}, neb::Key(2));
  const auto y = neb::random_uniform<float>({2, 28, 28, 1}, neb::Key(3));
  const auto got = gradient(phi, x, y);
  const auto expected = gradient(in_double(phi), x.to<double>(), y.to<double>());
  for (std::size_t i = 0; i < got.size(); ++i) {
    double error = 0, size = 0;
    for (Index k = 0; k < got[i].size(); ++k) {
      error += std::pow(static_cast<double>(got[i].value().data()[k]) - expected[i].value().data()[k], 2);
      size += std::pow(expected[i].value().data()[k], 2);
    }
    if (!(std::sqrt(error) <= 1e-4 * std::sqrt(size)))
      throw std::runtime_error("the gradient of parameter " + std::to_string(i) + " is off by " +
                               std::to_string(std::sqrt(error / size)));
  }
}

/// The trainer, which used to refer to the energy and now holds it.
template <class Phi, class Trainer = decltype(neb::DeenTrainer(std::declval<Phi&>(), Tensor<float>(), {}))>
std::shared_ptr<Trainer> trainer(Phi& phi, const Tensor<float>& x, const neb::TrainOptions& options) {
  if constexpr (std::is_constructible_v<Trainer, Phi&&, Tensor<float>, neb::TrainOptions>)
    return std::make_shared<Trainer>(std::move(phi), x, options);
  else
    return std::make_shared<Trainer>(phi, x, options);
}

/// Sets the precision of convolutions, in versions that have a choice.
void set_precision(const std::string& precision) {
#if __has_include(<neb/core/precision.hpp>)
  if (precision == "fast") neb::set_conv2d_precision(neb::Conv2dPrecision::fast);
#else
  if (precision == "fast") throw std::invalid_argument("this version of neb has one precision");
#endif
}

bench::Work prepare(const bench::Arguments& arguments) {
  neb::set_threads(std::stoi(arguments[0]));
  set_precision(arguments[8]);
  const std::string& work = arguments[1];
  const auto channels = bench::numbers(arguments[2]), stride = bench::numbers(arguments[4]);
  const neb::ConvEnergyOptions options{.channels = {channels.begin(), channels.end()},
                                       .kernel = std::stol(arguments[3]),
                                       .stride = {stride.begin(), stride.end()},
                                       .padding = std::stol(arguments[5])};
  const Index batch = std::stol(arguments[6]), steps = std::stol(arguments[7]);
  const auto phi = std::make_shared<neb::ConvEnergy<float>>(options, neb::Key(1));
  const auto x = neb::random_uniform<float>({batch, 28, 28, 1}, neb::Key(2));
  std::function<void()> call;
  if (work == "deen_step") {
    call = [phi, run = trainer(*phi, x, {.batch = batch, .steps = 1 << 30, .ema_decay = 0})] { run->step(); };
    call();
  } else if (work == "score") {
    call = [phi, x] { neb::energy_and_gradient(*phi, Var<float>::constant(x)); };
    call();
  } else if (work == "walk") {
    const auto walk = [phi, y = std::make_shared<Tensor<float>>(x)](Index count) {
      *y = neb::langevin_walk(*phi, std::move(*y), {.delta = 0.003, .steps = count}, neb::Key(3));
    };
    walk(1);
    call = [walk, steps] { walk(steps); };
  } else if (work == "check") {
    check_gradient(*phi);
    call = [] {};
  } else {
    throw std::invalid_argument("the works are deen_step, score, walk and check, not '" + work + "'");
  }
  return {bench::neb_facts(), call};
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_worker(argc, argv, "THREADS WORK CHANNELS KERNEL STRIDE PADDING BATCH STEPS PRECISION", prepare);
}
