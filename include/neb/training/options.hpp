/// What a training run is told, and what it tells.
#pragma once

#include <cstdint>

#include "neb/core/shape.hpp"
#include "neb/optim/schedule.hpp"

namespace neb {

/// Settings of a training run; only sigma has a meaning in the paper, none of the other values is from it.
struct TrainOptions {
  double sigma = 0.3;                    ///< noise level, in data units
  Index batch = 32;                      ///< samples of a step
  Index steps = 2000;                    ///< length of the run, unless `minutes` is set
  double minutes = 0;                    ///< if positive, the run lasts so long; the schedule then follows the clock
  double learning_rate = 2e-3;           ///< of Adam, at its highest
  double clip = 0;                       ///< longest gradient, over its running length; 0: none is shortened
  Schedule schedule = Schedule::cosine;  ///< how the learning rate falls
  double warmup = 0.02;                  ///< part of the run over which the learning rate rises
  double ema_decay = 0.995;              ///< of the average of the weights; 0: none is kept, the average is the weights
  std::uint64_t seed = 0;                ///< of batches and noise
  double fill = 0;                       ///< share of a batch inside the spheres, at most a half; see filled_radii()
  double fill_weight = 2;                ///< how much their errors count: the power in radius_weight()
  double veil = 0;                       ///< share of those inside that uniform noise lies over; see veils()
  Index shards = 1;  ///< parts of a batch whose gradients are computed alone, by as many ranks at most

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("sigma", self.sigma);
    f("batch", self.batch);
    f("steps", self.steps);
    f("minutes", self.minutes);
    f("learning_rate", self.learning_rate);
    f("schedule", self.schedule);
    f("clip", self.clip);
    f("warmup", self.warmup);
    f("ema_decay", self.ema_decay);
    f("seed", self.seed);
    f("fill", self.fill);
    f("fill_weight", self.fill_weight);
    f("veil", self.veil);
    f("shards", self.shards);
  }
};

/// What a run tells about itself after a step.
struct TrainReport {
  Index step = 0;                ///< steps taken in all
  double progress = 0;           ///< part of the run that is done, in [0, 1]
  double seconds = 0;            ///< of training, those before a resume included
  double loss = 0;               ///< of this step, per sample on the shell: Eq. 1 of the paper
  double learning_rate = 0;      ///< of this step
  double images_per_second = 0;  ///< since this run started or resumed
};

}  // namespace neb
