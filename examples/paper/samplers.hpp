/// How many independent samples a second of computing gives, by each sampler.
#pragma once

#include <string>
#include <vector>

#include <neb/sampling/diagnostics.hpp>

#include "paper/judge.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"
#include "parts/walk_state.hpp"

namespace examples::paper {

/// A walk that is measured: some chains from one start, looked at about once in every sigma^2 of time.
struct MeasuredWalk {
  std::string name;
  Sampler sampler = Sampler::langevin;
  double share = 0;         ///< its delta over sigma; 0: MALA's, found in the warm-up
  double friction = 1;      ///< of the underdamped ones, in units of 1 / sigma
  neb::Index units = 2000;  ///< length, in sigma^2 of time: steps times (delta / sigma)^2
};

/// All of them, and what they have in common; none is from the paper.
struct Samplers {
  neb::Index chains = 10;
  neb::Index warm_up = 400;  ///< steps of MALA from noisy training images, which find its delta
  neb::Index spread = 2000;  ///< steps of BAOAB after that, as training digits are not what exp(-phi) is made of
  std::vector<MeasuredWalk> walks = measured_walks();

  static std::vector<MeasuredWalk> measured_walks();
};

/// What a walk has shown. Times are in units of sigma^2, and a tenth of the draws, the first ones, is left out.
struct SamplerFound {
  MeasuredWalk walk;
  double delta = 0;      ///< over sigma
  neb::Index every = 1;  ///< steps between draws
  neb::Index chains = 0;
  neb::Index draws = 0;                 ///< of each chain
  double acceptance = 0;                ///< mean over chains; 0 where there is no test
  neb::Diagnosis energy{};              ///< of phi
  neb::Diagnosis square{};              ///< of |y|^2
  neb::Diagnosis noise{};               ///< of |y - xhat|^2 / sigma^2, which is nearly all noise
  neb::Diagnosis slowest{};             ///< of the one of ten random projections that has the smallest bulk ESS
  double changes = 0;                   ///< of class between draws, per chain and unit of time
  neb::Index escaped = 0;               ///< chains that were outside the data at the end
  std::vector<double> energy_memory{};  ///< autocorrelation of phi at 0, 1, 2... draws

  /// Steps of one chain that are worth one independent sample, by the bulk ESS of a diagnosis.
  double steps_per_sample(const neb::Diagnosis& of) const;
  /// Steps in a unit of time.
  double steps_per_unit() const { return 1 / (delta * delta); }
};

/// Where all walks begin: each chain somewhere else, and none at its training image any more.
struct SamplerStart {
  neb::Tensor<float> y;   ///< (chains, H, W, C)
  double mala_delta = 0;  ///< that the warm-up has found
};

SamplerStart start_samplers(const Program& program, const TrainedEnergy& energy, const Images& images,
                            const Samplers& settings);

/// Walks from there as `walk` says, and looks.
SamplerFound measure(const Program& program, const TrainedEnergy& energy, const Classify& classify,
                     const SamplerStart& start, const MeasuredWalk& walk);

/// Seconds of a step of each walk with so many chains, the median over rounds in which each has its turn.
std::vector<double> seconds_per_step(const TrainedEnergy& energy, const std::vector<SamplerFound>& found,
                                     neb::Index chains, neb::Index rounds = 7, neb::Index steps = 10);

/// The table, the numbers and the picture of what was found. The walk named "walk, sigma / 8" stands for
/// the paper's, of sigma / 100; "mala" is what others are compared with.
Results compare_samplers(const Program& program, const std::vector<SamplerFound>& found,
                         const std::vector<double>& seconds);

Results samplers(Laboratory& laboratory);

}  // namespace examples::paper
