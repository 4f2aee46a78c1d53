#include "paper/experiment.hpp"

#include "paper/audits.hpp"
#include "paper/creative_memories.hpp"
#include "paper/denoising.hpp"
#include "paper/gaussian_manifold.hpp"
#include "paper/network_choices.hpp"
#include "paper/posterior.hpp"
#include "paper/radial_profiles.hpp"
#include "paper/retrieval.hpp"
#include "paper/samplers.hpp"
#include "paper/score_network.hpp"
#include "paper/settled_memories.hpp"
#include "paper/several_measurements.hpp"
#include "paper/short_trainings.hpp"
#include "paper/table_1.hpp"
#include "paper/uneven_noise.hpp"
#include "paper/walk_noise.hpp"
#include "paper/walking.hpp"

namespace examples::paper {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = {
      {"section-2", "Noise lives on a sphere, and a smoothed manifold expands to one", 0.1, 0.1, section_2},
      {"remark-7", "An energy's Hessian is symmetric, a score network's Jacobian is not", 0.15, 1.2, remark_7},
      {"table-1", "How far apart the training images are, and which noise is extreme", 0.5, 0.5, table_1},
      {"figure-3", "Denoising with one jump, just beyond extreme noise", 0.2, 0.2, figure_3},
      {"figure-4", "Denoising with one jump, far beyond extreme noise", 0.1, 0.1, figure_4},
      {"section-4.1", "Smooth ReLU against ReLU, and the overparameterised readout", 0.9, 9, section_4_1},
      {"figure-5", "Walk-jump sampling at sigma = 0.3: classes mix", 3.9, 12, figure_5},
      {"figure-6", "Walk-jump sampling at sigma = 0.15: the class stays, the style changes", 2.1, 7, figure_6},
      {"walk-noise", "What the walk's noise would do as the text we have gives it", 0.3, 3, walk_noise},
      {"figure-7", "Settled memories of test digits at sigma = 0.15", 0.6, 3, figure_7},
      {"figure-8", "Settled memories of test digits at sigma = 0.3, farther away", 0.95, 4, figure_8},
      {"figure-9", "Creative memories from uniform noise at sigma = 0.3", 0.8, 15, figure_9},
      {"figure-10", "Creative memories from uniform noise at sigma = 0.25", 0.8, 15, figure_10},
      {"radial-profile", "What the energy knows inside the spheres", 1, 1, radial_profiles},
      {"retrieval", "Memories from spoilt digits at sigma = 0.3", 8, 40, retrieval, /*by_name=*/true},
      {"short-trainings", "The quickstart's network after 500 to 8 000 steps", 20, 20, short_trainings,
       /*by_name=*/true},
      {"posterior", "What the jump does not know: leading directions and spectra", 3, 8, posterior, /*by_name=*/true},
      {"audit", "The shipped energies audited, and four broken ones", 2, 2, audits, /*by_name=*/true},
      {"samplers", "Independent samples a second at sigma = 0.3, by each sampler", 60, 60, samplers, /*by_name=*/true},
      {"uneven-noise", "Noise that grows to one side, and what is lost by assuming its mean", 3, 3, uneven_noise,
       /*by_name=*/true},
      {"several-measurements", "Samples from 1, 4 and 16 measurements with noise of 0.6", 5, 5, several_measurements,
       /*by_name=*/true},
  };
  return all;
}

}  // namespace examples::paper
