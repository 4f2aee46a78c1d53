/// What an experiment of the paper found out: numbers, lines of the table, pictures.
#pragma once

#include <string>
#include <vector>

#include "common/summary.hpp"

namespace examples::paper {

/// A line of the table: what the paper reports, beside what we found.
struct Finding {
  std::string quantity;  ///< what was measured
  std::string paper;     ///< what the paper says of it; empty where it says nothing
  std::string ours;
};

/// A picture, or a film: `frames` pictures of one size side by side in one file.
struct Picture {
  std::string file;  ///< in the program's folder, without the folder
  std::string caption;
  neb::Index frames = 1;
};

struct Results {
  Summary numbers;
  std::vector<Finding> findings;
  std::vector<Picture> pictures;
};

}  // namespace examples::paper
