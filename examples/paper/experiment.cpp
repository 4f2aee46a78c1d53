#include "paper/experiment.hpp"

#include "paper/denoising.hpp"

namespace examples::paper {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = {
      {"figure-3", "Denoising with one jump, just beyond extreme noise", 0.1, 0.1, figure_3},
      {"figure-4", "Denoising with one jump, far beyond extreme noise", 0.1, 0.1, figure_4},
  };
  return all;
}

}  // namespace examples::paper
