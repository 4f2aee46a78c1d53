/// Whether what is trained for a short or a longer time has memories: the quickstart's network, on the clock of its steps.
#pragma once

#include <vector>

#include "paper/judge.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"
#include "parts/train.hpp"

namespace examples::paper {

/// A training of some length, with the quadratic part and filling and without.
struct ShortTraining {
  neb::Index steps = 0;
  double loss = 0, plain_loss = 0;  ///< on the shell, Eq. 1
  Kept kept, plain_kept;            ///< of settled memories
  neb::Tensor<float> memories;      ///< of the first ones
  neb::Tensor<float> plain_memories;
};

/// The training that the quickstart does, `steps` long; `plain` without the quadratic part and without filling.
Training short_training(double sigma, neb::Index steps, bool plain);

/// Trains both ways in the program's folder, and lets `digits` test images settle. Throws UsageError when interrupted.
ShortTraining train_and_remember(const Program& program, const Images& images, const Judge& judge, neb::Index digits,
                                 const Training& training, const Training& plain);

/// 500 to 8 000 steps at sigma = 0.3.
Results short_trainings(Laboratory& laboratory);

}  // namespace examples::paper
