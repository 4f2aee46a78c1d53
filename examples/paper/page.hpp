/// What a run of experiments leaves for people: a table in Markdown, and one HTML file with everything in it.
#pragma once

#include <string>
#include <vector>

#include "paper/experiment.hpp"

namespace examples::paper {

/// An experiment that has run.
struct Done {
  Experiment experiment;
  Results results;
  double seconds = 0;  ///< that it took
};

/// What a run was made with.
struct Setting {
  std::string folder;  ///< of the pictures
  std::string data;    ///< the images: "60 000 training and 10 000 test digits"
  std::uint64_t seed = 0;
  bool full = false;
};

/// The command that repeats an experiment.
std::string command_of(const Experiment& experiment, const Setting& setting);

/// paper's figure | quantity | paper's number | ours | command, in Markdown.
std::string table(const std::vector<Done>& done, const Setting& setting);

/// All of it as HTML that refers to nothing outside itself. Throws neb::FileError when a picture is missing.
std::string page(const std::vector<Done>& done, const Setting& setting);

}  // namespace examples::paper
