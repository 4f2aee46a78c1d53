/// How the class and the style of the jumps change along a walk.
#pragma once

#include <vector>

#include "paper/judge.hpp"
#include "parts/walk_jump.hpp"

namespace examples::paper {

/// How classes and styles change along the chains of a walk. A chain counts until it leaves the data.
struct Mixing {
  neb::Index pairs = 0;           ///< of jumps one unit of time apart
  double changes = 0;             ///< part of the pairs that differ in class
  double error = 0;               ///< its standard error, from the spread over chains
  double changes_on_the_way = 0;  ///< changes of class per unit of time when every jump is looked at
  neb::Index faithful = 0;        ///< chains whose jumps at whole units all have the class of the first one
  neb::Index escaped = 0;         ///< chains that left the data
  double chi_in_class = 0;        ///< mean chi of jumps one unit apart that are of one class
  double chi_from_first = 0;      ///< mean chi of a chain's first jump and its last one
};

/// Measures a walk that jumps `jumps_per_unit` times in a unit of time.
Mixing mixing(const Jumps& jumps, neb::Index jumps_per_unit, const Classify& classify);

}  // namespace examples::paper
