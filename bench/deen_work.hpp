/// The work that deen_step measures, done by neb.
#pragma once

#include <functional>
#include <memory>
#include <neb/energy/conv_energy.hpp>
#include <neb/sampling/langevin.hpp>
#include <neb/training/trainer.hpp>
#include <vector>

namespace bench {

using neb::Index;

/// A network of the paper's kind: 3 x 3, stride 1, no padding, bottleneck 10, on images of 28 x 28.
struct Case {
  const char* name;
  std::vector<Index> channels;
  Index batch;
};

inline const std::vector<Case> cases = {
    {"256,512,1024", {256, 512, 1024}, 8},
    {"32,64,128", {32, 64, 128}, 32},
    {"16,32,64", {16, 32, 64}, 16},
};
inline constexpr Index chains = 10;
inline constexpr const char* works[] = {"deen_step", "score", "walk_step"};

/// Images in a step of that work.
inline Index images(const Case& c, int what) { return what == 2 ? chains : c.batch; }

/// One step of the work, to be called again and again.
inline std::function<void()> neb_work(const Case& c, int what) {
  struct Network {
    neb::ConvEnergy<float> phi;
    neb::Tensor<float> data, y;
    neb::DeenTrainer<neb::ConvEnergy<float>> trainer;
    Index steps = 0;
    Network(const std::vector<Index>& channels, Index batch)
        : phi({.channels = channels}, neb::Key(1)),
          data(neb::random_uniform<float>({batch, 28, 28, 1}, neb::Key(2))),
          y(data),
          trainer(phi, data, {.batch = batch, .steps = 1 << 30, .ema_decay = 0}) {}
  };
  const auto net = std::make_shared<Network>(c.channels, images(c, what));
  if (what == 0) return [net] { net->trainer.step(); };
  if (what == 1) return [net] { neb::energy_and_gradient(net->phi, neb::Var<float>::constant(net->y)); };
  return [net] {
    net->y = neb::langevin_walk(net->phi, std::move(net->y), {.delta = 0.003, .steps = 1, .first_step = net->steps++},
                                neb::Key(3));
  };
}

}  // namespace bench
