/// Walk-jump sampling, and whether classes mix on the way: Fig. 5 and 6.
#pragma once

#include "paper/laboratory.hpp"
#include "paper/mixing.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// How long to walk, in natural units of time: sigma^2, which takes 10^4 steps of the paper's delta = sigma / 100.
struct Walking {
  neb::Index chains = 40;           ///< that are measured
  neb::Index shown = 10;            ///< of them, in the picture
  neb::Index units = 20;            ///< length of the walk
  neb::Index steps_per_unit = 100;  ///< of delta = sigma / 10
  neb::Index check_units = 5;       ///< length of a second walk, whose classes must change as often
  neb::Index check_steps = 400;     ///< that it takes for a unit
  neb::Index jumps_per_unit = 20;   ///< for the film
  neb::Index film_units = 5;        ///< length of the film
};

/// What the paper says of the pixels of the jumps, and of their classes.
struct PaperWalk {
  std::string pixels, classes;
};

/// Walks, draws the picture and the film, and measures.
Results walking(const Program& program, const TrainedEnergy& energy, const Images& images, const Classify& classify,
                const Walking& settings, const std::string& name, const PaperWalk& paper = {});

Results figure_5(Laboratory& laboratory);
Results figure_6(Laboratory& laboratory);

}  // namespace examples::paper
