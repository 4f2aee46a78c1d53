// Energies, and everything that is done with them, refuse what they cannot do.
#include "misuse.hpp"

#include "neb/bayes/sphere_overlap.hpp"
#include "neb/data/sample.hpp"
#include "neb/data/toy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/flow/gradient_flow.hpp"
#include "neb/sampling/walk_jump.hpp"
#include "neb/training/trainer.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using V = Var<double>;
using X = Tensor<double>;

const X batch = X::zeros({2, 3}), empty;
const auto bowl = [](const V& y) { return sum(square(y), 1); };
const auto one_number = [](const V& y) { return sum(y); };
const auto column = [](const V& y) { return sum_to(y, {y.shape()[0], 1}); };
const auto forgets = [](const V& y) { return sum(detach(y), 1); };
const auto go_on = [](const Jump<double>&) { return true; };

MlpEnergy<double>& phi() {
  static MlpEnergy<double> energy({.widths = {3, 4}}, Key(1));
  return energy;
}

const Misuse shape_errors[] = {
    // Not an energy: one number for each row.
    {"energy: phi gives one energy per row, of shape (2,)   [y: (2, 3), phi(y): ()]",
     [] { energies<double>(one_number, batch); }},
    {"energy: phi gives one energy per row, of shape (2,)   [y: (2, 3), phi(y): (2, 1)]",
     [] { energy_and_gradient<double>(column, batch); }},
    {"energy: phi gives one energy per row, of shape (2,)   [y: (2, 3), phi(y): (2, 3)]",
     [] { robbins_jump([](const V& y) { return y; }, batch, 0.5); }},
    {"energy: y is a batch (N, ...)   [y: ()]", [] { energies<double>(one_number, X::scalar(1)); }},
    {"sum: axis 1 does not exist   [x: (0,)]", [] { energies<double>(bowl, moved_from()); }},
    {"matmul: inner extents 5 and 3 differ   [a: (2, 5), b: (3, 4)]",
     [] {
       energies<double>(phi(), X::zeros({2, 5}));
     }},
    {"flatten: expects a first axis of samples   [x: ()]", [] { phi()(X::scalar(1)); }},
    {"KdeEnergy: expects at least one sample   [samples: (0,)]", [] { KdeEnergy<double>(empty, 0.5); }},
    {"KdeEnergy: expects at least one sample   [samples: ()]", [] { KdeEnergy<double>(X::scalar(1), 0.5); }},
    {"KdeEnergy: a row of y has as many numbers as a sample, 3   [y: (1, 2)]",
     [] {
       KdeEnergy<double>(batch, 0.5)(X::zeros({1, 2}));
     }},
    // The objective.
    {"deen_loss: x and y have one shape   [x: (2, 3), y: (2, 4)]",
     [] {
       deen_loss<double>(phi(), batch, X::zeros({2, 4}), 0.5);
     }},
    {"deen_loss: expects at least one sample   [x: (0, 3)]",
     [] {
       deen_loss<double>(phi(), X::zeros({0, 3}), X::zeros({0, 3}), 0.5);
     }},
    {"denoising_error: expects at least one sample   [x: (0,)]", [] { denoising_error(phi(), empty, 0.5, Key(1)); }},
    {"DeenTrainer: expects at least one sample   [data: (0,)]",
     [] { DeenTrainer(phi(), empty, {.sigma = 0.5, .steps = 1}); }},
    {"sphere_overlap: expects at least two samples (N, ...)   [x: (1, 3)]",
     [] {
       sphere_overlap(X::zeros({1, 3}), 10, Key(1));
     }},
    {"sphere_overlap: expects at least two samples (N, ...)   [x: (0,)]", [] { sphere_overlap(empty); }},
    // Samplers and flows.
    {"energy: phi gives one energy per row, of shape (2,)   [y: (2, 3), phi(y): ()]",
     [] { langevin_walk(one_number, batch, {.delta = 0.1, .steps = 1}, Key(1)); }},
    {"energy: phi gives one energy per row, of shape (2,)   [y: (2, 3), phi(y): (2, 1)]",
     [] { walk_jump<double>(column, batch, 0.5, {.steps = 1}, Key(1), go_on); }},
    {"gradient_flow: expects a batch (N, ...)   [y0: ()]", [] { gradient_flow(bowl, X::scalar(1), 0.5); }},
    {"energy: phi gives one energy per row, of shape (2,)   [y: (2, 3), phi(y): ()]",
     [] { gradient_flow(one_number, batch, 0.5); }},
    // Data.
    {"sample_rows: expects at least one row   [x: (0,)]", [] { sample_rows(empty, 3, Key(1)); }},
};

const Misuse value_errors[] = {
    {"smooth: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000",
     [] { smooth(batch, 0, Key(1)); }},
    {"smooth: sigma is a positive noise level in data units, from 1e-6 to 1e6, got -1.000000",
     [] { smooth(V(batch), -1, Key(1)); }},
    {"smooth: sigma is a positive noise level in data units, from 1e-6 to 1e6, got inf",
     [] { smooth(batch, HUGE_VAL, Key(1)); }},
    {"robbins_jump: sigma is a positive noise level in data units, from 1e-6 to 1e6, got nan",
     [] { robbins_jump(bowl, batch, std::nan("")); }},
    {"robbins_jump: sigma is a positive noise level in data units, from 1e-6 to 1e6, got -0.500000",
     [] { deen_loss<double>(phi(), batch, batch, -0.5); }},
    {"KdeEnergy: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000",
     [] { KdeEnergy<double>(batch, 0); }},
    {"MlpEnergy: expects the input width and at least one hidden width",
     [] { MlpEnergy<double>({.widths = {3}}, Key(1)); }},
    {"denoising_error: batch is at least 1, got 0", [] { denoising_error(phi(), batch, 0.5, Key(1), 0); }},
    {"DeenTrainer: sigma is a positive noise level in data units, from 1e-6 to 1e6, got -1.000000",
     [] { DeenTrainer(phi(), batch, {.sigma = -1, .steps = 1}); }},
    {"DeenTrainer: batch is at least 1, got 0",
     [] { DeenTrainer(phi(), batch, {.sigma = 0.5, .batch = 0, .steps = 1}); }},
    {"DeenTrainer: steps or minutes is positive", [] { DeenTrainer(phi(), batch, {.sigma = 0.5, .steps = 0}); }},
    {"DeenTrainer: the learning rate is positive, got -0.100000",
     [] { DeenTrainer(phi(), batch, {.sigma = 0.5, .steps = 1, .learning_rate = -0.1}); }},
    {"Ema: decay is in [0, 1], got 2.000000",
     [] { DeenTrainer(phi(), batch, {.sigma = 0.5, .steps = 1, .ema_decay = 2}); }},
    {"sphere_overlap: expects at least one pair, got 0", [] { sphere_overlap(batch, 0, Key(1)); }},
    {"langevin_walk: delta is positive, got 0.000000", [] { langevin_walk(bowl, batch, {.steps = 1}, Key(1)); }},
    {"langevin_walk: delta is positive, got inf",
     [] { langevin_walk(bowl, batch, {.delta = HUGE_VAL, .steps = 1}, Key(1)); }},
    {"walk: steps is not negative, got -3", [] { langevin_walk(bowl, batch, {.delta = 0.1, .steps = -3}, Key(1)); }},
    {"walk_jump: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000",
     [] { walk_jump<double>(bowl, batch, 0, {.steps = 1}, Key(1), go_on); }},
    {"walk_jump: every is at least 1 step, got 0",
     [] { walk_jump<double>(bowl, batch, 0.5, {.steps = 1, .every = 0}, Key(1), go_on); }},
    {"walk_jump: steps is not negative, got -1",
     [] { walk_jump<double>(bowl, batch, 0.5, {.steps = -1}, Key(1), go_on); }},
    {"langevin_walk: delta is positive, got -0.100000",
     [] { walk_jump<double>(bowl, batch, 0.5, {.delta = -0.1, .steps = 1}, Key(1), go_on); }},
    {"gradient_flow: sigma is a positive noise level in data units, from 1e-6 to 1e6, got -0.500000",
     [] { gradient_flow(bowl, batch, -0.5); }},
    {"gradient_flow: tolerance, step_tolerance, bound, time and max_steps are positive",
     [] { gradient_flow(bowl, batch, 0.5, {.tolerance = 0}); }},
    {"gradient_flow: tolerance, step_tolerance, bound, time and max_steps are positive",
     [] { gradient_flow(bowl, batch, 0.5, {.max_steps = 0}); }},
    {"two_moons: n is not negative, got -1", [] { two_moons<double>(-1, Key(1)); }},
    {"sample_rows: count is not negative, got -1", [] { sample_rows(batch, -1, Key(1)); }},
};

const Misuse graph_errors[] = {
    {"grad: the output does not depend on target 0 of 1   [target: (2, 3), output: ()]; the output is a constant: if it was made "
     "from a gradient, compute that with {.create_graph = true}",
     [] { energy_and_gradient<double>(forgets, batch); }},
    {"grad: the output does not depend on target 0 of 1   [target: (2, 3), output: ()]; the output is a constant: if it was made "
     "from a gradient, compute that with {.create_graph = true}",
     [] { robbins_jump(forgets, batch, 0.5); }},
    {"grad: the output does not depend on target 0 of 1   [target: (2, 3), output: ()]; the output is a constant: if it was made "
     "from a gradient, compute that with {.create_graph = true}",
     [] { langevin_walk(forgets, batch, {.delta = 0.1, .steps = 1}, Key(1)); }},
};

}  // namespace

TEST_CASE("energies and samplers refuse arrays that do not fit, each with its message") {
  check_misuses<ShapeError>(shape_errors);
}

TEST_CASE("energies and samplers refuse settings out of range, each with its message") {
  check_misuses<ValueError>(value_errors);
}

TEST_CASE("an energy that does not depend on its argument is refused, not walked on") {
  check_misuses<GraphError>(graph_errors);
}
