/// An energy of counted photons, and its training.
#pragma once

#include <vector>

#include <neb/bayes/count_noise.hpp>
#include <neb/energy/conv_energy.hpp>

#include "common/trained_energy.hpp"

extern template struct neb::ConvEnergy<float>;  // compiled in common/trained_energy.cpp

namespace examples {

/// phi(y) for counts y: the energy of the mean image m, the sum of log y_i! - y_i log(photons m_i), which is what a
/// quadratic around it is for Gaussian noise, and a network that sees y / photons. Where that is constant, the jump is
/// the mean image.
class CountEnergy {
 public:
  CountEnergy(const neb::Tensor<float>& images, double photons, const neb::Key& key);

  neb::Var<float> operator()(const neb::Var<float>& y) const;

  neb::ConvEnergy<float> network;

 private:
  double photons_;
  std::vector<double> log_mean_;  // log(photons m_i)
};

/// How it is trained; nothing of it is from the paper.
struct CountTraining {
  neb::Index steps, batch;
  neb::Index pixels;  ///< of each image that the objective looks at, drawn anew in each step
  double learning_rate;
};

/// Trains an energy of the counts of `images`, and returns it with the average of its weights.
CountEnergy train_counts(const Program& program, const neb::Tensor<float>& images, const neb::PoissonNoise& noise,
                         const CountTraining& training);

}  // namespace examples
