// What recomputing saves on the paper's energy.
#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/nn/recompute.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::relative_difference;

namespace {

/// A convolution and its smooth ReLU.
struct Block {
  using value_type = float;
  Conv2d<float> conv;
  float beta;
  Var<float> operator()(const Var<float>& x) const { return smooth_relu(conv(x), beta); }
  static void visit(auto& self, auto&& f) { f("conv", self.conv); }
};

/// A ConvEnergy whose convolutional blocks are recomputed.
struct Recomputing {
  const ConvEnergy<float>& phi;
  Var<float> operator()(const Var<float>& y) const {
    Var<float> h = y;
    for (const Conv2d<float>& conv : phi.conv)
      h = recompute_module(Block{conv, static_cast<float>(phi.options.beta)}, h);
    h = smooth_relu(phi.bottleneck(flatten(h)), static_cast<float>(phi.options.beta));
    for (const Linear<float>& layer : phi.readout) h = layer(h);
    return reshape(h, Shape{y.shape()[0]});
  }
};

struct Measured {
  std::vector<Var<float>> gradients;
  double peak;  ///< in MB, above what was live before
};

template <class Make>
Measured measure(Make&& make) {
  const std::size_t before = memory_stats().live;
  reset_peak_memory();
  auto gradients = make();
  return {std::move(gradients), static_cast<double>(memory_stats().peak - before) / 1e6};
}

}  // namespace

TEST_CASE("recomputing the blocks of a convolutional energy: the same gradients from less memory") {
  const test::WithThreads one(1);  // how much several hold at the same time differs from run to run
  ConvEnergy<float> phi({.channels = {16, 16, 16, 16, 16, 16}}, Key(1));
  const Var<float> x(random_normal<float>({16, 28, 28, 1}, Key(2)));
  const Var<float> y(smooth(x, 0.3f, Key(3)).value());
  const auto all = parameters(phi);

  const auto report = [&](const std::string& what, auto&& gradients) {
    const Measured plain = measure([&] { return gradients(phi); });
    const Measured again = measure([&] { return gradients(Recomputing{phi}); });
    for (std::size_t i = 0; i < all.size(); ++i)
      CHECK(relative_difference(again.gradients[i].value(), plain.gradients[i].value()) < 1e-5);
    MESSAGE(what, ": peak ", plain.peak, " MB, with recomputed blocks ", again.peak, " MB");
    return again.peak / plain.peak;
  };
  CHECK(report("gradient of the energy with respect to its parameters",
               [&](const auto& energy) { return grad(sum(energy(y)), all); }) < 0.9);
  CHECK(report("gradient of the DEEN loss with respect to its parameters",
               [&](const auto& energy) { return grad(deen_loss(energy, x, y, 0.3f), all); }) < 0.8);
}
