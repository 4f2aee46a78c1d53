/// Sampling with several measurements of one image, one block of them after the other (Saremi & Srivastava 2022). The
/// paper has one.
#pragma once

#include <functional>
#include <vector>

#include "paper/judge.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// How the measurements are drawn; none of it is from the paper.
struct MeasurementWalks {
  neb::Index chains = 20;
  neb::Index warm_up = 150;  ///< steps of MALA in which it finds its delta, for each block
  neb::Index steps = 350;    ///< after that
};

/// The mean of M measurements of each image, as walks have drawn it, and the jump from there.
struct MeanMeasurement {
  double sigma = 0;           ///< noise of the mean
  neb::Tensor<float> y{};     ///< (chains, H, W, C)
  neb::Tensor<float> xhat{};  ///< of y's shape
  double delta = 0;           ///< of MALA, over sigma
  double acceptance = 0;      ///< of its steps after the warm-up
  double added = 0;           ///< |y of the block before - y|^2 over its mean, d times the difference of variances
};

/// Draws the mean of the first measurements from mere noise by the first energy, then with them given the mean of more
/// by the next one, and so on: energies are those of means of more and more measurements.
std::vector<MeanMeasurement> measure_in_sequence(const Program& program, const std::vector<TrainedEnergy>& energies,
                                                 const MeasurementWalks& settings);

/// How sharp images are, medians over them.
struct Sharpness {
  double chi = 0;         ///< to the nearest training image
  double confidence = 0;  ///< of the classifier in its class
  double sure = 0;        ///< share of images for which it is above 0.99
};

/// The probability of each image's class, as a classifier sees it.
using Confidence = std::function<std::vector<double>(const neb::Tensor<float>&)>;
Sharpness sharpness_of(const neb::Tensor<float>& xhat, const neb::Tensor<float>& train, const Confidence& confidence);

/// M = 1, 4 and 16 measurements with noise of 0.6, whose means have noise of 0.6, 0.3 and 0.15. Trains the energy of
/// 0.6.
Results several_measurements(Laboratory& laboratory);

}  // namespace examples::paper
