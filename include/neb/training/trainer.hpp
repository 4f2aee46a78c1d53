/// Training an energy: steps of Adam on the DEEN objective, with averages of the weights, checkpoints and resume.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/distributed/all_reduce.hpp"
#include "neb/distributed/shard_sum.hpp"
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
#include "neb/training/batch_loss.hpp"
#include "neb/training/options.hpp"
#include "neb/training/train_state.hpp"

namespace neb {

/// Trains an energy on a data set: (n, ...). Step k draws its batch and noise from (seed, k), so the weights after it are
/// a function of the options and the data; a run that is cut, saved and resumed gives the same bits as one that is not,
/// unless `minutes` ties the schedule to the clock.
///
/// The ranks share a batch by its shards, of which each has at least one. All of them make a trainer from the same energy, data
/// and options, and call the same functions. For one number of shards the bits are the same at any number of ranks, also where a
/// run was resumed at another; with one shard they are those of a batch that was never cut.
template <Module Phi, AllReduce Ranks = OneProcess>
class DeenTrainer {
 public:
  using T = typename Phi::value_type;  ///< the scalar of the energy

  /// Takes the energy, which phi() shows as it is trained; the ranks must outlive it. Throws ValueError for settings that are out
  /// of range, ShapeError for an empty data set.
  DeenTrainer(Phi phi, Tensor<T> data, TrainOptions options, Ranks& ranks = one_process)
      : phi_(std::move(phi)),
        data_(std::move(data)),
        options_(options),
        ranks_(&ranks),
        adam_({.clip = options.clip}),
        average_(phi_, options.ema_decay) {
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
    if (!is_within(options.veil, 0.0, 1.0) || (options.veil > 0 && options.fill == 0))
      throw ValueError("DeenTrainer: veil is in [0, 1], and above 0 only beside a share to fill, got " +
                       std::to_string(options.veil));
    if (options.shards < 1 || options.shards > options.batch)
      throw ValueError("DeenTrainer: a batch of " + std::to_string(options.batch) +
                       " has from 1 to as many shards, got " + std::to_string(options.shards));
    if (options.shards < ranks.count())
      throw ValueError("DeenTrainer: each rank has a shard at least, but there are " + std::to_string(ranks.count()) +
                       " ranks, and a batch has " + std::to_string(options.shards));
    if (!is_positive(options.learning_rate))
      throw ValueError("DeenTrainer: the learning rate is positive, got " + std::to_string(options.learning_rate));
    if (!is_finite(options.clip) || options.clip < 0)
      throw ValueError("DeenTrainer: clip is not negative, got " + std::to_string(options.clip));
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

  /// One step, on all ranks. Throws Error when the loss, or a weight after it, is not finite any more; there is nothing to go on
  /// from then.
  void step() {
    const auto start = Clock::now();
    const Key key = Key(options_.seed).fold("train").at(static_cast<std::uint64_t>(report_.step));
    const std::vector<Var<T>> gradients = options_.shards == 1 ? gradients_of_batch(key) : gradients_of_shards(key);
    report_.learning_rate =
        options_.learning_rate * schedule_factor(options_.schedule, report_.progress, options_.warmup);
    adam_.set_learning_rate(report_.learning_rate);
    adam_.step(phi_, gradients);
    average_.update(phi_);
    // The loss was that of the weights before; those after it are looked at here, as no later step may follow.
    visit_parameters(phi_, [&](const std::string& name, const Var<T>& parameter) {
      if (first_not_finite(parameter.size(), parameter.value().data()) < parameter.size())
        diverged("the weights \"" + name + "\" are not finite");
    });

    ++report_.step;
    ++steps_here_;
    if (!ranks_->alike()) {  // they would drift apart
      TrainState<Phi> rank_0 = state();
      broadcast_weights(rank_0, *ranks_);
      set_state(std::move(rank_0));
    }
    const double elapsed = of_rank_0(std::chrono::duration<double>(Clock::now() - start).count());
    report_.seconds += elapsed;
    seconds_here_ += elapsed;
    report_.images_per_second = static_cast<double>(steps_here_ * options_.batch) / seconds_here_;
    report_.progress = options_.minutes > 0 ? std::min(1.0, report_.seconds / (60 * options_.minutes))
                                            : static_cast<double>(report_.step) / static_cast<double>(options_.steps);
  }

  /// Steps to the end of the run, or until `on_progress`, which counts the steps taken in all and is called after each of
  /// them, returns false: report() tells the rest, and run() or save() go on from there. Of several ranks, rank 0 alone calls
  /// on_progress, and ends the run of all.
  void run(const OnProgress& on_progress = {}) {
    bool goes_on = true;
    while (!finished() && of_rank_0(goes_on)) {
      step();
      if (on_progress && ranks_->rank() == 0) goes_on = on_progress({report_.progress, report_.step});
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
    write_train_state(path, state(), std::move(metadata));
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
    // Left out where they are what they were before there was a choice; of shaded samples there is none any more.
    for (const auto& [name, before] :
         {std::pair("fill", "0"), {"shards", "1"}, {"clip", "0"}, {"veil", "0"}, {"shade", "0"}}) {
      expect_same(name, file.metadata().contains(name) ? file.text(name) : before,
                  now.contains(name) ? now.at(name) : before);
      now.erase(name);
    }
    for (const auto& [key, value] : now) expect_same(key, file.text(key), value);
    set_state(read_train_state(file, phi_));
    steps_here_ = 0;
    seconds_here_ = 0;
  }

 private:
  using Clock = std::chrono::steady_clock;

  BatchLoss<T> loss_of(Share rows, const Key& key) const {
    return batch_loss(prepared(phi_), data_, options_, rows, key);
  }

  std::vector<Var<T>> gradients_of_batch(const Key& key) {
    BatchLoss<T> loss = loss_of({0, options_.batch}, key);
    report_.loss = loss.on_shell;
    check_loss(static_cast<double>(loss.trained.item()));
    return grad(std::move(loss.trained), phi_);
  }

  /// The same, of shards that this rank and others compute, each alone, and add up in no order.
  std::vector<Var<T>> gradients_of_shards(const Key& key) {
    std::vector<std::vector<Tensor<T>>> parts;
    const Share mine = share_of(options_.shards, ranks_->count(), ranks_->rank());
    for (Index shard = mine.begin; shard < mine.end; ++shard) {
      BatchLoss<T> loss = loss_of(share_of(options_.batch, options_.shards, shard), key);
      std::vector<Tensor<T>>& part = parts.emplace_back();
      part.push_back(Tensor<T>({2}, {loss.trained.item(), static_cast<T>(loss.on_shell)}));
      for (const Var<T>& gradient : grad(std::move(loss.trained), phi_)) part.push_back(gradient.value());
    }
    std::vector<Tensor<T>> sums;
    try {
      sums = sum_over_shards(parts, options_.shards, *ranks_);
    } catch (const ValueError&) {
      diverged("the loss or its gradient is not finite");
    }
    report_.loss = static_cast<double>(sums[0].data()[1]);
    check_loss(static_cast<double>(sums[0].data()[0]));
    std::vector<Var<T>> gradients;
    for (std::size_t i = 1; i < sums.size(); ++i) gradients.push_back(Var<T>::constant(std::move(sums[i])));
    return gradients;
  }

  void check_loss(double loss) const {
    if (!is_finite(loss) || std::abs(loss) >= 1e30) diverged("the loss is " + std::to_string(loss));
  }
  [[noreturn]] void diverged(const std::string& what) const {
    throw Error("training diverged at step " + std::to_string(report_.step) + ": " + what +
                "; lower the learning rate");
  }

  /// What rank 0 says, for it alone has the clock and the user.
  template <class Value>
  Value of_rank_0(Value value) const {
    ranks_->broadcast(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }

  TrainState<Phi> state() const { return {phi_, averaged(), adam_.state(), report_}; }
  void set_state(TrainState<Phi> state) {
    phi_ = std::move(state.phi);
    adam_.restore(std::move(state.moments));
    average_ = Ema<T>(state.average, options_.ema_decay, state.report.step);
    report_ = state.report;
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
    if (options_.shards == 1) settings.erase("shards");
    if (options_.clip == 0) settings.erase("clip");
    if (options_.veil == 0) settings.erase("veil");
    settings["samples"] = std::to_string(data_.shape()[0]);
    return settings;
  }

  Phi phi_;
  Tensor<T> data_;
  TrainOptions options_;
  Ranks* ranks_;
  Adam<T> adam_;
  Ema<T> average_;
  TrainReport report_;
  Index steps_here_ = 0;
  double seconds_here_ = 0;
};

}  // namespace neb
