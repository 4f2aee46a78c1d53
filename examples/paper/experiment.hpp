/// The experiments of the paper, by the names under which scripts/reproduce.sh knows them.
#pragma once

#include <string>
#include <vector>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

struct Experiment {
  std::string name;     ///< also of its pictures and its JSON: "figure-5"
  std::string title;    ///< what it shows, in a line
  double minutes;       ///< that it took on two cores
  double full_minutes;  ///< the same with --full
  Results (*run)(Laboratory&);
  bool by_name = false;  ///< too long for every run: it is run when --only names it, or with --full
};

/// All of them, in the order of the paper.
const std::vector<Experiment>& experiments();

}  // namespace examples::paper
