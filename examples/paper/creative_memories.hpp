/// Creative memories, reached from uniform noise: Fig. 9 and 10.
#pragma once

#include "paper/laboratory.hpp"
#include "paper/memory_measures.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// How many flows, and how far; times in units of sigma^2. None of it is from the paper.
struct Creating {
  neb::Index starts = 200;   ///< y0 ~ Unif[0, 1]^d
  double longest = 1000;     ///< a flow that takes longer to settle has not settled
  neb::Index followed = 20;  ///< settled memories whose flow is followed to a strict minimum
  double patience = 1000;    ///< the longest that this may take
  neb::Index others = 60;    ///< starts on other energies, the first of them
  neb::Index curved = 3;     ///< minima whose Hessian is computed
};

/// What noise became.
struct Created {
  neb::Tensor<float> starts;
  neb::Flow<float> flow;            ///< of all of them, until they settle
  neb::Tensor<float> memories;      ///< of those that settled
  neb::Index blank = 0;             ///< of them
  std::vector<double> blob_shares;  ///< of them
  neb::Index shaded = 0;            ///< of them, those with a grey shadow
  std::vector<double> chi;          ///< of them, to the nearest training image
  neb::Index distinct = 0;          ///< of them, at a chi of same_memory
};

/// Flows from uniform noise.
Created create(const Program& program, const TrainedEnergy& energy, const Images& images, neb::Index starts,
               double longest);

/// Memories that are followed until they are at rest.
struct Minima {
  neb::Flow<float> flow;
  std::vector<double> time;        ///< of those that came to rest, since they had settled
  neb::Index distinct = 0;         ///< of them
  neb::Index blank = 0;            ///< of them
  std::vector<double> curvatures;  ///< of the first distinct ones, the smallest eigenvalue of sigma^2 times the Hessian
};

/// Follows settled memories further.
Minima follow_to_minima(const Program& program, const TrainedEnergy& energy, const Images& images,
                        const neb::Tensor<float>& memories, const Creating& settings);

/// All of it, as a figure; `controls` start where the learned energy does.
Results creative_memories(const Program& program, const TrainedEnergy& energy, const Images& images,
                          const std::vector<NamedEnergy>& controls, const Creating& settings, const std::string& name);

Results figure_9(Laboratory& laboratory);
Results figure_10(Laboratory& laboratory);

}  // namespace examples::paper
