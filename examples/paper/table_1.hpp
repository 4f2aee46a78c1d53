/// How far apart the training images are: Table 1.
#pragma once

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// The statistics of chi, from as many random pairs as the paper drew, and from all pairs.
Results table_1(Laboratory& laboratory);

/// The same from `sampled_pairs`.
Results table_1(Laboratory& laboratory, neb::Index sampled_pairs);

}  // namespace examples::paper
