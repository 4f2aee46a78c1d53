/// Training an energy on images, with reports, checkpoints and a Ctrl-C that loses nothing.
#pragma once

#include <optional>
#include <string>

#include <neb/training/trainer.hpp>
#include <neb/energy/conv_energy.hpp>

#include "common/trained_energy.hpp"

namespace examples {

/// What to train and how. Only sigma has a value in the paper.
struct Training {
  neb::ConvEnergyOptions architecture;  ///< its image's size is taken from the data
  neb::TrainOptions options;
  std::string start;              ///< model whose weights to start from, or empty
  std::string resume;             ///< checkpoint to go on from, or empty
  std::string checkpoint;         ///< where to save one
  double checkpoint_minutes = 2;  ///< time between two of them
  neb::Index report_every = 50;   ///< steps
  std::string resume_command;     ///< what to tell somebody who interrupts
};

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
