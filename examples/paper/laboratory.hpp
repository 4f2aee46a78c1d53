/// What the experiments of the paper work with: the images, the trained energies, and how much time they may take.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/double_energy.hpp"
#include "common/trained_energy.hpp"
#include "paper/classifier.hpp"
#include "paper/judge.hpp"

namespace examples::paper {

/// An energy that the learned one is shown beside.
struct NamedEnergy {
  std::string name;   ///< of its row: "KDE"
  std::string title;  ///< what it is: "KDE energy of the 60 000 training digits"
  const TrainedEnergy& energy;
};

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

  /// The shipped energy of a noise level. Throws UsageError when it is not there or does not fit the images.
  const TrainedEnergy& energy(double sigma) { return read("sigma", sigma); }
  /// Its file, which need not be there.
  std::string model_file(double sigma) const;
  /// The same energy in double.
  DoubleEnergy double_energy(double sigma) const;
  /// The energy of the kernel density estimate of the training images: what a learned one comes near where it has learned.
  const TrainedEnergy& kde(double sigma);
  /// What the energy of a noise level is shown beside: shipped ones of other kinds, as far as there are any, and the KDE's.
  std::vector<NamedEnergy> controls(double sigma);
  /// "learned", "plain" and "KDE" as a caption says them, for the energies of a noise level.
  std::string rows_text(double sigma);

  /// Trained on the labels when the first experiment asks for it. Throws UsageError when there are none.
  const Classifier& classifier();
  /// The classifier, and the nearest neighbour in the training images. Throws UsageError when there are no labels.
  std::vector<Judge> judges();

 private:
  const TrainedEnergy& read(const std::string& kind, double sigma);

  const Program& program_;
  Images images_;
  std::string models_;
  bool full_;
  std::map<std::string, TrainedEnergy> energies_;  // by file
  std::map<double, TrainedEnergy> kde_;
  std::optional<Classifier> classifier_;
};

}  // namespace examples::paper
