/// Smooth ReLU against ReLU, and a linear readout against a product of linear layers: Sec. 4.1.
#pragma once

#include <string>
#include <vector>

#include <neb/core/progress.hpp>
#include <neb/energy/conv_energy.hpp>
#include <neb/training/trainer.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// A ConvEnergy, with ReLU in place of the smooth one if `rectified`. ReLU's second derivative is zero, so the gradient of
/// a batch's loss then lacks what the Hessian would add: it is zero in the biases, which stay what they are, although the
/// objective depends on them.
struct ChosenEnergy {
  using value_type = float;
  neb::ConvEnergy<float> layers;
  bool rectified = false;

  neb::Var<float> operator()(const neb::Var<float>& y) const;
  static void visit(auto& self, auto&& f) {
    if (!self.rectified) return f("layers", self.layers);
    for (auto& layer : self.layers.conv) f("conv", layer.weight);
    f("bottleneck", self.layers.bottleneck.weight);
    f("readout", self.layers.readout);
  }
};

/// What is tried.
struct Choice {
  std::string name;
  bool rectified = false;
  std::vector<neb::Index> readout{};
  bool random_biases = false;  ///< uniform in +-1 / sqrt(inputs) at first, not 0: with ReLU, they stay what they are
};

/// How each choice is trained: with the same seeds, hence the same batches and noise.
struct ChoiceTraining {
  neb::ConvEnergyOptions architecture;
  neb::TrainOptions options;
  std::vector<neb::Index> steps;  ///< after which the loss on held-out images is taken; the last is the run's length
  neb::Index seeds = 3;
};

/// The untrained energy of a choice.
ChosenEnergy make_energy(neb::ConvEnergyOptions architecture, const Choice& choice, const neb::Key& key);

/// Losses on images.test: one list for each seed, in the order of training.steps. Calls `on_progress`, which counts the
/// steps of all seeds, after each of them; when it returns false, the losses up to there are returned.
std::vector<std::vector<double>> loss_curves(const Images& images, const Choice& choice, const ChoiceTraining& training,
                                             const neb::OnProgress& on_progress = {});

/// Of a - b, which belong to the same seeds.
struct Difference {
  double mean = 0, error = 0;  ///< and its standard error over the seeds
  neb::Index lower = 0;        ///< seeds with a below b
};
Difference paired_difference(const std::vector<double>& a, const std::vector<double>& b);

Results section_4_1(Laboratory& laboratory);

}  // namespace examples::paper
