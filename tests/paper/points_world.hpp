/// Data sets of a few points, whose smoothed energy, jumps and attractors are known.
#pragma once

#include <vector>

#include "common/trained_energy.hpp"
#include "neb/energy/kde_energy.hpp"

namespace neb::test {

/// Points as images of 2 x 2 pixels, point i with all four pixels at `levels[i]`.
inline Tensor<float> flat_images(const std::vector<float>& levels) {
  Tensor<float> images({std::ssize(levels), 2, 2, 1});
  for (Index i = 0; i < images.size(); ++i) images.mutable_data()[i] = levels[static_cast<std::size_t>(i / 4)];
  return images;
}

/// `factor` times the energy of the points: 1 is right, -1 has the wrong sign, 1 / sigma^2 is what a formula without its
/// sigma^2 sees.
inline examples::TrainedEnergy energy_of(const Tensor<float>& points, double sigma, double factor = 1) {
  const KdeEnergy<float> phi(points, static_cast<float>(sigma));
  const Shape& shape = points.shape();
  return {[phi, factor](const Var<float>& y) { return static_cast<float>(factor) * phi(y); },
          sigma,
          {shape[1], shape[2], shape[3]}};
}

inline examples::Images as_images(const Tensor<float>& points) {
  return {.train = points, .test = points, .train_labels = {}, .test_labels = {}};
}

/// The number of the point that is nearest to each image.
inline std::vector<int> nearest_point(const Tensor<float>& points, const Tensor<float>& images) {
  std::vector<int> nearest;
  const Index d = points.shape().stride(0);
  for (Index i = 0; i < images.shape()[0]; ++i) {
    double best = HUGE_VAL;
    for (Index k = 0; k < points.shape()[0]; ++k) {
      double squares = 0;
      for (Index p = 0; p < d; ++p) squares += std::pow(images.data()[i * d + p] - points.data()[k * d + p], 2);
      if (k == 0) nearest.push_back(0);
      if (squares < best) nearest.back() = static_cast<int>(k);
      best = std::min(best, squares);
    }
  }
  return nearest;
}

}  // namespace neb::test
