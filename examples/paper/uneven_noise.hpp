/// Images whose noise differs from pixel to pixel: Sec. 3 of the paper, for a Sigma that is not sigma^2 I.
#pragma once

#include <vector>

#include <neb/bayes/covariance.hpp>
#include <neb/energy/conv_energy.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// Standard deviations (H, W, C) that grow evenly from the first column to the last.
neb::Tensor<float> deviations_to_one_side(const neb::Shape& image, double first, double last);

/// The root of the mean of their squares: the sigma of round noise of the same strength.
double mean_deviation(const neb::Tensor<float>& deviations);

/// A ConvEnergy beside the quadratic part that -log f has for noise of these deviations, |(y - m) / s|^2 / 2.
struct UnevenEnergy {
  using value_type = float;
  neb::ConvEnergy<float> network;
  neb::Tensor<float> deviations, centre;

  neb::Var<float> operator()(const neb::Var<float>& y) const;
  static void visit(auto& self, auto&& f) { f("network", self.network); }
};

/// How an energy learns; none of it is from the paper.
struct UnevenTraining {
  neb::ConvEnergyOptions architecture{.channels = {32, 64, 128}, .kernel = 7, .stride = {2}, .padding = 3};
  neb::Index steps = 1500;
  neb::Index batch = 32;
  double learning_rate = 1e-3;
};

/// Learns the energy of images with noise of these deviations, by the loss |x - y + Sigma grad phi(y)|^2.
EnergyFunction learn_uneven(const Program& program, const Images& images, const neb::Tensor<float>& deviations,
                            const UnevenTraining& training);

/// Mean squared differences of two batches of one shape (N, H, W, C), by column.
std::vector<double> errors_by_column(const neb::Tensor<float>& a, const neb::Tensor<float>& b);

/// What chains remember of their noise after a walk: the correlation of y - xhat(y) before and after, by column. A walk
/// whose P is isotropic is the paper's.
std::vector<double> memory_by_column(const EnergyFunction& phi, const neb::Tensor<float>& y,
                                     const neb::Covariance<float>& noise, const neb::Covariance<float>& preconditioner,
                                     double delta, neb::Index steps, const neb::Key& key);

/// Noise of 0.1 at the left and 0.6 at the right: one jump by an energy that has learned it and by one that assumes its
/// mean variance everywhere; and walks with and without a preconditioner.
Results uneven_noise(Laboratory& laboratory);

}  // namespace examples::paper
