/// Spoilt digits as cues: which memories come back with their class, beside what the training images alone can do.
#pragma once

#include "paper/damage.hpp"
#include "paper/judge.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// For each cue, whether a way to retrieve brings its class back.
struct Attempt {
  std::string name;  ///< of the way: "learned", "KDE", "KDE jump", "cue"
  std::vector<bool> right;
  double share() const;  ///< of all cues
};

/// The ways side by side, from cues: (N, H, W, C) that were made of digits with these classes: the flow of the learned
/// energy until it settles; the same of the KDE's; one jump of the KDE's, a step of a modern Hopfield network; and the judge's
/// word on the cue itself. A flow that does not settle in `longest` sigma^2 of time is not right.
std::vector<Attempt> retrieve(const Program& program, const TrainedEnergy& learned, const TrainedEnergy& kde,
                              const Classify& classify, const neb::Tensor<float>& cues, const std::vector<int>& classes,
                              double longest = 300);

/// How two ways compare on the same cues: two standard errors of their difference apart, or level.
enum class Standing { behind, level, ahead };
Standing standing(const Attempt& a, const Attempt& b);

/// Retrieval at sigma = 0.3, of 200 test digits, or 1 000 with --full.
Results retrieval(Laboratory& laboratory);

}  // namespace examples::paper
