/// Exponential moving average of weights.
#pragma once

#include "neb/kernels/pointwise.hpp"
#include "neb/nn/module.hpp"

namespace neb {

/// average <- decay average + (1 - decay) theta after every step (Polyak & Juditsky 1992 in exponential form). Early on
/// the decay is min(decay, (1 + t) / (10 + t)), so that the average forgets the initial weights.
template <Scalar T>
class Ema {
 public:
  /// Starts from the parameters as they are; keeps their addresses. Throws ValueError unless decay is in [0, 1].
  explicit Ema(Parameters<T> parameters, double decay = 0.999) : parameters_(std::move(parameters)), decay_(decay) {
    if (!(decay >= 0 && decay <= 1)) throw ValueError("Ema: decay is in [0, 1], got " + std::to_string(decay));
    if (decay > 0) averages_ = values();
  }

  /// Takes the parameters as they are now into the average.
  void update() {
    ++steps_;
    if (decay_ == 0) return;
    const double t = static_cast<double>(steps_);
    const T keep = static_cast<T>(std::min(decay_, (1 + t) / (10 + t)));
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      kernels::map(
          averages_[i].size(), averages_[i].mutable_data(),
          [keep](T average, T theta) { return average + (T(1) - keep) * (theta - average); }, averages_[i].data(),
          parameters_[i]->value().data());
  }

  /// The averages, in the order of the parameters.
  std::vector<Tensor<T>> averages() const { return decay_ > 0 ? averages_ : values(); }
  /// Number of updates so far.
  Index steps() const { return steps_; }

  /// Goes on from saved averages. Throws ShapeError when they belong to other parameters.
  void restore(std::vector<Tensor<T>> averages, Index steps) {
    if (averages.size() != parameters_.size()) throw ShapeError("Ema: the averages belong to other parameters");
    for (std::size_t i = 0; i < averages.size(); ++i)
      if (averages[i].shape() != parameters_[i]->shape())
        throw ShapeError("Ema: the averages belong to other parameters");
    if (decay_ > 0) averages_ = std::move(averages);
    steps_ = steps;
  }

  /// Writes the averages into the parameters of another module of the same architecture.
  void copy_to(const Parameters<T>& targets) const {
    check_same_shapes(targets);
    const std::vector<Tensor<T>> now = averages();
    for (std::size_t i = 0; i < targets.size(); ++i) *targets[i] = Var<T>(now[i]);
  }

 private:
  void check_same_shapes(const Parameters<T>& targets) const {
    bool same = targets.size() == parameters_.size();
    for (std::size_t i = 0; same && i < targets.size(); ++i) same = targets[i]->shape() == parameters_[i]->shape();
    if (!same) throw ShapeError("Ema: the target parameters have other shapes than the averaged ones");
  }

  std::vector<Tensor<T>> values() const {
    std::vector<Tensor<T>> now;
    for (const Var<T>* parameter : parameters_) now.push_back(parameter->value());
    return now;
  }

  Parameters<T> parameters_;
  double decay_;
  std::vector<Tensor<T>> averages_;  ///< empty at decay 0, where the average is the parameter itself
  Index steps_ = 0;
};

}  // namespace neb
