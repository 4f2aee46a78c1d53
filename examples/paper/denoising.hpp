/// Single-jump denoising of test digits: Fig. 3 and 4.
#pragma once

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

Results figure_3(Laboratory& laboratory);
Results figure_4(Laboratory& laboratory);

}  // namespace examples::paper
