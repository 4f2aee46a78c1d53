/// Training an energy: steps of Adam on the DEEN objective, with averages of the weights, checkpoints and resume.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/bayes/filled_spheres.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/data/sample.hpp"
#include "neb/io/checkpoint.hpp"
#include "neb/io/file.hpp"
#include "neb/io/options.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"
#include "neb/nn/module.hpp"
#include "neb/optim/adam.hpp"
#include "neb/optim/checks.hpp"
#include "neb/optim/ema.hpp"
#include "neb/optim/schedule.hpp"
#include "neb/training/options.hpp"
#include "neb/training/train_state.hpp"

namespace neb {

/// Trains an energy on a data set: (n, ...). Step k draws its batch and noise from (seed, k), so the weights after it are
/// a function of the options and the data; a run that is cut, saved and resumed gives the same bits as one that is not,
/// unless `minutes` ties the schedule to the clock.
template <Module Phi>
class DeenTrainer {
 public:
  using T = typename Phi::value_type;  ///< the scalar of the energy

  /// Takes the energy, which phi() shows as it is trained. Throws ValueError for settings that are out of range,
  /// ShapeError for an empty data set.
  DeenTrainer(Phi phi, Tensor<T> data, TrainOptions options)
      : phi_(std::move(phi)), data_(std::move(data)), options_(options), average_(phi_, options.ema_decay) {
    check_sigma("DeenTrainer", options.sigma);
    if (data_.rank() < 1 || data_.size() == 0)
      throw ShapeError("DeenTrainer: expects at least one sample   [data: " + data_.shape().to_string() + "]");
    if (options.batch < 1) throw ValueError("DeenTrainer: batch is at least 1, got " + std::to_string(options.batch));
    if (options.steps < 1 && !is_positive(options.minutes))
      throw ValueError("DeenTrainer: steps or minutes is positive");
    if (!is_within(options.fill, 0.0, 0.5) || (options.fill > 0 && options.batch < 2))
      throw ValueError("DeenTrainer: fill is in [0, 0.5], and above 0 only for batches of at least 2, got " +
                       std::to_string(options.fill));
    if (!is_finite(options.fill_weight) || options.fill_weight < 0)
      throw ValueError("DeenTrainer: fill_weight is not negative, got " + std::to_string(options.fill_weight));
    if (!is_within(options.shade, 0.0, 1.0) || (options.shade > 0 && options.fill == 0))
      throw ValueError("DeenTrainer: shade is in [0, 1], and above 0 only beside a share to fill, got " +
                       std::to_string(options.shade));
    if (options.shade > 0) mean_ = mean_row(data_);
    if (!is_positive(options.learning_rate))
      throw ValueError("DeenTrainer: the learning rate is positive, got " + std::to_string(options.learning_rate));
    if (!is_within(options.warmup, 0.0, 1.0))
      throw ValueError("DeenTrainer: warmup is a part of the run, got " + std::to_string(options.warmup));
    if (!is_finite(options.minutes) || options.minutes < 0)
      throw ValueError("DeenTrainer: minutes are not negative, got " + std::to_string(options.minutes));
    if (options.schedule < Schedule::constant || options.schedule > Schedule::trapezoid)
      throw ValueError("DeenTrainer: there is no schedule of number " +
                       std::to_string(static_cast<int>(options.schedule)));
    // So that save() has moments to write before the first step.
    adam_.restore({.first = optim::zeros_for(phi_), .second = optim::zeros_for(phi_)});
  }

  /// The energy with the weights of the last step.
  const Phi& phi() const { return phi_; }
  /// What the run tells about itself.
  const TrainReport& report() const { return report_; }
  /// Whether the run has reached its length.
  bool finished() const { return report_.progress >= 1; }

  /// One step. Throws Error when the loss, or a weight after it, is not finite any more; there is nothing to go on from then.
  void step() {
    const auto start = Clock::now();
    const Key key = Key(options_.seed).fold("train").at(static_cast<std::uint64_t>(report_.step));
    Var<T> loss = loss_of(sample_rows(data_, options_.batch, key), key);
    const double value = static_cast<double>(loss.item());
    if (!is_finite(value) || std::abs(value) >= 1e30)
      throw Error("training diverged at step " + std::to_string(report_.step) + ": the loss is " +
                  std::to_string(value) + "; lower the learning rate");
    report_.learning_rate =
        options_.learning_rate * schedule_factor(options_.schedule, report_.progress, options_.warmup);
    adam_.set_learning_rate(report_.learning_rate);
    adam_.step(phi_, grad(std::move(loss), phi_));
    average_.update(phi_);
    // The loss was that of the weights before; those after it are looked at here, as no later step may follow.
    visit_parameters(phi_, [&](const std::string& name, const Var<T>& parameter) {
      if (first_not_finite(parameter.size(), parameter.value().data()) < parameter.size())
        throw Error("training diverged at step " + std::to_string(report_.step) + ": the weights \"" + name +
                    "\" are not finite; lower the learning rate");
    });

    ++report_.step;
    ++steps_here_;
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    report_.seconds += elapsed;
    seconds_here_ += elapsed;
    report_.images_per_second = static_cast<double>(steps_here_ * options_.batch) / seconds_here_;
    report_.progress = options_.minutes > 0 ? std::min(1.0, report_.seconds / (60 * options_.minutes))
                                            : static_cast<double>(report_.step) / static_cast<double>(options_.steps);
  }

  /// Steps to the end of the run, or until `on_progress`, which counts the steps taken in all and is called after each of
  /// them, returns false: report() tells the rest, and run() or save() go on from there.
  void run(const OnProgress& on_progress = {}) {
    while (!finished()) {
      step();
      if (on_progress && !on_progress({report_.progress, report_.step})) return;
    }
  }

  /// A copy of the energy with the averaged weights, which denoise better than the last ones.
  Phi averaged() const { return average_.averaged(phi_); }

  /// The denoising error of the averaged weights on held-out data x: (n, ...), with noise that `key` fixes.
  double validate(const Tensor<T>& x, const Key& key) const {
    return denoising_error(averaged(), x, static_cast<T>(options_.sigma), key);
  }

  /// Writes everything that the run needs to go on, atomically, with `metadata` added. Throws FileError.
  void save(const std::string& path, Metadata metadata = {}) const {
    for (auto& [key, value] : settings()) metadata[key] = value;
    write_train_state(path, TrainState<Phi>{phi_, averaged(), adam_.state(), report_}, std::move(metadata));
  }

  /// Goes on from a file that save() wrote. Throws FileError when it is not one, belongs to another network, or was
  /// written with settings that would change the run; nothing changes then.
  void resume(const std::string& path) {
    const SafeTensors file = read_checkpoint(path);
    const auto expect_same = [&](const std::string& key, const std::string& saved, const std::string& now) {
      if (saved != now)
        throw file_error(path, "the checkpoint has " + key + " " + detail::printable(saved) + ", this run " + now +
                                   "; resume with the same settings");
    };
    Metadata now = settings();
    for (const char* share : {"fill", "shade", "shade_after"}) {  // left out where they are 0
      expect_same(share, file.metadata().contains(share) ? file.text(share) : "0",
                  now.contains(share) ? now.at(share) : "0");
      now.erase(share);
    }
    for (const auto& [key, value] : now) expect_same(key, file.text(key), value);
    TrainState<Phi> state = read_train_state(file, phi_);
    phi_ = std::move(state.phi);
    adam_.restore(std::move(state.moments));
    average_ = Ema<T>(state.average, options_.ema_decay, state.report.step);
    report_ = state.report;
    steps_here_ = 0;
    seconds_here_ = 0;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// The loss of a batch, and the report of its part on the shell.
  Var<T> loss_of(const Tensor<T>& batch, const Key& key) {
    const T sigma = static_cast<T>(options_.sigma);
    const Var<T> x = Var<T>::constant(batch);
    if (options_.fill == 0) {
      Var<T> loss = deen_loss(phi_, x, smooth(x, sigma, key), sigma);
      report_.loss = static_cast<double>(loss.item());
      return loss;
    }
    const std::vector<double> radii = filled_radii(options_.batch, options_.fill, key);
    Tensor<T> y = smooth_inside(batch, sigma, radii, key);
    if (options_.shade > 0 && report_.step >= options_.shade_after)
      y = shaded(std::move(y), mean_, shadows(radii, options_.shade, key));
    const Var<T> errors = deen_errors(phi_, x, Var<T>::constant(y), sigma);
    report_.loss = shell_loss(errors.value(), radii);
    return filled_loss(errors, radii, options_.fill_weight);
  }

  /// The settings that the course of a run depends on. Those of filling are left out where nothing is filled, as they are
  /// in the checkpoints from before there were any.
  Metadata settings() const {
    Metadata settings = options_metadata(options_);
    if (options_.minutes > 0) settings["steps"] = "0";  // the clock decides
    if (options_.fill == 0) {
      settings.erase("fill");
      settings.erase("fill_weight");
    }
    if (options_.shade == 0) settings.erase("shade");
    if (options_.shade == 0 || options_.shade_after == 0) settings.erase("shade_after");
    settings["samples"] = std::to_string(data_.shape()[0]);
    return settings;
  }

  Phi phi_;
  Tensor<T> data_, mean_;
  TrainOptions options_;
  Adam<T> adam_;
  Ema<T> average_;
  TrainReport report_;
  Index steps_here_ = 0;
  double seconds_here_ = 0;
};

}  // namespace neb
