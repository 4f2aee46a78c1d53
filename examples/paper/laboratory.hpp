/// What the experiments of the paper work with: the images, the trained energies, and how much time they may take.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <neb/flow/flow.hpp>

#include "common/trained_energy.hpp"
#include "paper/classifier.hpp"

namespace examples::paper {

/// One for all experiments of a run; it reads an energy when the first of them asks for it.
class Laboratory {
 public:
  /// `models` is the folder of the shipped energies; `full` asks for the paper's lengths, whatever the time.
  Laboratory(const Program& program, Images images, std::string models, bool full);

  const Program& program() const { return program_; }
  const Images& images() const { return images_; }
  bool full() const { return full_; }
  /// "the 60 000 training digits", or how many there are; for captions.
  std::string training_set() const;

  /// The shipped energy of a noise level with the lowest loss. Throws UsageError when it is not there or does not fit the
  /// images.
  const TrainedEnergy& energy(double sigma) { return read("sigma", sigma); }
  /// The shipped energy of a noise level whose attractors are digits: flows end where no noisy image is, and how a network
  /// continues there, the loss does not say. Throws as energy() does.
  const TrainedEnergy& memory(double sigma) { return read("memory", sigma); }
  /// Trained on the labels when the first experiment asks for it. Throws UsageError when there are none.
  const Classifier& classifier();
  /// The first 100 test digits, or all if there are fewer; the number is not from the paper.
  neb::Tensor<float> first_test_digits() const;
  /// The flows from them to their attractors, which more than one experiment looks at.
  const neb::Flow<float>& flows_from_digits(double sigma);

 private:
  const TrainedEnergy& read(const std::string& kind, double sigma);

  const Program& program_;
  Images images_;
  std::string models_;
  bool full_;
  std::map<std::string, TrainedEnergy> energies_;  // by file
  std::optional<Classifier> classifier_;
  std::map<double, neb::Flow<float>> flows_;
};

}  // namespace examples::paper
