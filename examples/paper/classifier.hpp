/// A small network that tells the class of an image. The paper has none: it judges its samples by eye.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <neb/ops/arithmetic.hpp>
#include <neb/ops/elementary.hpp>
#include <neb/ops/rows.hpp>

#include "common/trained_energy.hpp"

namespace examples::paper {

/// The mean over samples of -log p(label), p = softmax(scores), for scores: (N, classes).
template <neb::Scalar T>
neb::Var<T> cross_entropy(const neb::Var<T>& scores, const std::vector<std::uint8_t>& labels) {
  const neb::Index classes = scores.shape()[1];
  std::vector<neb::Index> chosen;
  for (const std::uint8_t label : labels) chosen.push_back(std::ssize(chosen) * classes + label);
  return neb::mean(neb::logsumexp(scores) - gather_rows(reshape(scores, neb::Shape{scores.size()}), chosen));
}

/// Settings of the training; none is from the paper.
struct ClassifierOptions {
  neb::Index steps = 2000;
  neb::Index batch = 64;
  double learning_rate = 2e-3;  ///< of Adam, at its highest
  std::uint64_t seed = 0;
};

/// Two convolutions and a linear layer, trained on images with labels. Pixels are clipped to [0, 1] first: those of jumps
/// and of attractors lie beyond.
class Classifier {
 public:
  /// Throws UsageError when there is not one label for each of images: (N, H, W, C).
  Classifier(const Program& program, const neb::Tensor<float>& images, const std::vector<std::uint8_t>& labels,
             const ClassifierOptions& options = {});

  /// The class of each image.
  std::vector<int> operator()(const neb::Tensor<float>& images) const;

  /// The probability of that class.
  std::vector<double> confidence(const neb::Tensor<float>& images) const;

 private:
  /// Calls f(scores, count) with the scores of the classes of each image.
  void for_each(const neb::Tensor<float>& images, const std::function<void(const float*, neb::Index)>& f) const;

  std::function<neb::Var<float>(const neb::Var<float>&)> scores_;  ///< (N, H, W, C) -> (N, classes)
};

/// Part of the classes that are the labels.
double accuracy(const std::vector<int>& classes, const std::vector<std::uint8_t>& labels);

/// Adds to a summary how often the classifier is right: on test images, and on jumps from noisy ones, which is what it is
/// asked about.
void add_accuracy(Summary& summary, const Classifier& classifier, const TrainedEnergy& energy, const Images& images);

}  // namespace examples::paper
