/// A network for the score itself, whose Jacobian nothing makes symmetric, against an energy's: Remark 7.
#pragma once

#include <neb/core/progress.hpp>
#include <neb/energy/mlp_energy.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// How both networks are made and trained; nothing here is from the paper.
struct ScoreTraining {
  double sigma = 0.3;
  std::vector<neb::Index> hidden{128, 128};
  neb::Index steps = 2000, batch = 64;
  double learning_rate = 2e-3;
};

/// An energy phi: (N, d) -> (N) and a score psi: (N, d) -> (N, d) of the same hidden layers. The jump of the former is
/// y - sigma^2 grad phi(y), that of the latter y + sigma^2 psi(y).
struct EnergyAndScore {
  neb::MlpEnergy<double> phi;
  neb::Mlp<double> psi;

  EnergyAndScore(neb::Index d, const ScoreTraining& training, const neb::Key& key);

  /// Trains both on x: (n, d), with Adam, the denoising objective (Eq. 1), and the same batches and noise. Calls
  /// `on_progress` after each step, and ends there when it returns false.
  void train(const neb::Tensor<double>& x, const ScoreTraining& training, const neb::Key& key,
             const neb::OnProgress& on_progress = {});
};

/// The mean over x: (n, d) of |x - xhat|^2 for y = x + noise; of the energy, and of the score.
double energy_error(const EnergyAndScore& networks, const neb::Tensor<double>& x, double sigma, const neb::Key& key);
double score_error(const EnergyAndScore& networks, const neb::Tensor<double>& x, double sigma, const neb::Key& key);

/// The mean over matrices (N, d, d) of |J - J^T| / |J| (Frobenius): 0 if symmetric, 2 if antisymmetric, about sqrt(2) if an
/// element knows nothing of its mirror image.
double asymmetry(const neb::Tensor<double>& matrices);

Results remark_7(Laboratory& laboratory);

}  // namespace examples::paper
