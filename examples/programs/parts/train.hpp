/// Training an energy on images, with reports, checkpoints and a Ctrl-C that loses nothing.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include <neb/energy/conv_energy.hpp>
#include <neb/energy/convex_energy.hpp>
#include <neb/training/trainer.hpp>

#include "common/trained_energy.hpp"

namespace examples {

/// What can be trained: the paper's kind of energy, and the quadratic minus a convex network.
using Architecture = std::variant<neb::ConvEnergyOptions, neb::ConvexEnergyOptions>;

/// What to train and how. Only sigma has a value in the paper.
struct Training {
  /// Filters so large that each unit of the last layer sees the whole digit. The image's size is taken from the data, and
  /// so is the centre of the quadratic part: the mean training image.
  Architecture architecture =
      neb::ConvEnergyOptions{.channels = {32, 64, 128}, .kernel = 7, .stride = {2}, .padding = 3};
  neb::TrainOptions options;
  std::string start;                      ///< model whose weights to start from, or empty
  std::optional<double> start_quadratic;  ///< in place of the coefficient that this model has
  std::string resume;                     ///< checkpoint to go on from, or empty
  std::string checkpoint;                 ///< where to save one
  double checkpoint_minutes = 2;          ///< time between two of them
  neb::Index report_every = 50;           ///< steps
  std::string resume_command;             ///< what to tell somebody who interrupts
};

/// What the programs train by default at a noise level: with the quadratic part that -log f has, and spheres that are filled
/// a little.
Training training_at(double sigma);

/// The command that goes on from the training's checkpoint.
std::string resume_command(const Program& program, const CommandLine& line, const std::string& checkpoint);

/// What a run left: the energy with the averages of its weights, and what summary.json holds.
struct Trained {
  TrainedEnergy energy;
  Summary summary;
};

/// Trains and writes model.safetensors (the averaged weights) and log.jsonl. Nothing comes back after a signal: the run is
/// in the checkpoint then, and the program's exit code says so.
std::optional<Trained> train(Program& program, const Images& images, const Training& training);

}  // namespace examples
