/// A data set whose energy, jump and best loss are known, in the form that the experiments take.
#pragma once

#include <cmath>

#include "bayes/closed_forms.hpp"
#include "common/trained_energy.hpp"

namespace neb::test {

/// Images of independent pixels N(0, variance); their energy after smoothing, and mutants of it.
struct GaussianWorld {
  double variance = 0.04, sigma = 0.3;
  Shape image{6, 6, 1};

  examples::Images images(Index train, Index test) const {
    const auto draw = [&](Index count, const char* name) {
      return normal_samples<float>(count, image.size(), variance, Key(3).fold(name))
          .reshaped({count, image[0], image[1], image[2]});
    };
    return {.train = draw(train, "train"), .test = draw(test, "test"), .train_labels = {}, .test_labels = {}};
  }
  /// `factor` times the energy: 1 is right, -1 has the wrong sign, 1 / sigma^2 is what a jump without its sigma^2 sees.
  examples::TrainedEnergy energy(double factor = 1) const {
    return {GaussianEnergy<float>{static_cast<float>((variance + sigma * sigma) / factor)}, sigma, image};
  }
  double best_loss() const {
    return static_cast<double>(image.size()) * variance * sigma * sigma / (variance + sigma * sigma);
  }
};

}  // namespace neb::test
