/// Ways to spoil a digit that a memory should bring back. None is from the paper.
#pragma once

#include <string>
#include <vector>

#include <neb/core/random.hpp>
#include <neb/core/tensor.hpp>

namespace examples::paper {

/// The images x: (N, H, W, C) with noise of this level.
neb::Tensor<float> with_noise(const neb::Tensor<float>& x, double level, const neb::Key& key);

/// The images with this share of their rows black, from below: what is left is the upper part.
neb::Tensor<float> with_rows_covered(const neb::Tensor<float>& x, double share, const neb::Key& key);

/// The images with this share of their pixels, in the mean, turned from dark to bright or back: each pixel p becomes 1 - p
/// with that chance.
neb::Tensor<float> with_pixels_flipped(const neb::Tensor<float>& x, double share, const neb::Key& key);

/// A way to spoil digits, and how much of it is tried.
struct Damage {
  std::string name;    ///< of the curves and the numbers: "noise"
  std::string amount;  ///< what is counted: "level of the noise"
  std::vector<double> amounts;
  neb::Tensor<float> (*apply)(const neb::Tensor<float>& x, double amount, const neb::Key& key);
};

/// All of them.
const std::vector<Damage>& damages();

}  // namespace examples::paper
