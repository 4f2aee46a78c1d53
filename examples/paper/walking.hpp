/// Walk-jump sampling, and whether classes mix on the way: Fig. 5 and 6.
#pragma once

#include "paper/laboratory.hpp"
#include "paper/mixing.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// How long to walk, in natural units of time: sigma^2, which takes 10^4 steps of the paper's delta = sigma / 100. A short
/// walk is the paper's; a long one, of larger steps, goes far enough to count how often classes change.
struct Walking {
  neb::Index chains = 10;               ///< of the paper's walk
  neb::Index units = 2;                 ///< its length
  neb::Index steps_per_unit = 10000;    ///< of delta = sigma / 100
  neb::Index long_chains = 40;          ///< of the long walk
  neb::Index long_shown = 10;           ///< of them, in its picture
  neb::Index long_units = 60;           ///< its length
  neb::Index long_rows_every = 3;       ///< units, in its picture
  neb::Index long_steps_per_unit = 64;  ///< of delta = sigma / 8
  neb::Index long_jumps_per_unit = 8;   ///< for the film
  neb::Index film_units = 5;            ///< length of the film, which shows the long walk
};

/// What the paper says of the pixels of the jumps, and of their classes.
struct PaperWalk {
  std::string pixels, classes;
};

/// Walks both ways, draws their pictures and the film, and measures.
Results walking(const Program& program, const TrainedEnergy& energy, const Images& images, const Classify& classify,
                const Walking& settings, const std::string& name, const PaperWalk& paper = {});

Results figure_5(Laboratory& laboratory);
Results figure_6(Laboratory& laboratory);

}  // namespace examples::paper
