/// Exponential moving average of weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/nn/module.hpp"
#include "neb/optim/checks.hpp"

namespace neb {

/// average <- decay average + (1 - decay) theta after every step (Polyak & Juditsky 1992 in exponential form). Early on
/// the decay is min(decay, (1 + t) / (10 + t)), so that the average forgets the initial weights. It holds averages and no
/// address: the module may be moved or copied. At decay 0 it holds nothing, and the average is the module as it is.
template <Scalar T>
class Ema {
 public:
  /// Starts from the module as it is, or goes on from one that is the average of `steps` updates. Throws ValueError unless
  /// decay is in [0, 1].
  template <Module M>
  explicit Ema(const M& module, double decay = 0.999, Index steps = 0) : decay_(decay), steps_(steps) {
    if (!is_within(decay, 0.0, 1.0)) throw ValueError("Ema: decay is in [0, 1], got " + std::to_string(decay));
    if (decay == 0) return;
    for (const Var<T>& parameter : parameters(module)) averages_.push_back(parameter.value());
  }

  /// Number of updates so far.
  Index steps() const { return steps_; }

  /// Takes the module as it is now into the average. Throws ShapeError when it has other parameters.
  template <Module M>
  void update(const M& module) {
    if (decay_ > 0) optim::check_state("Ema", module, "average", averages_);
    const double t = static_cast<double>(++steps_);
    const T keep = static_cast<T>(std::min(decay_, (1 + t) / (10 + t)));
    const std::vector<Var<T>> now = parameters(module);
    for (std::size_t i = 0; i < averages_.size(); ++i)
      kernels::update(
          averages_[i].size(), averages_[i].mutable_data(),
          [keep](T average, T theta) { return average + (T(1) - keep) * (theta - average); }, now[i].value().data());
  }

  /// A copy of the module with the averages for parameters. Throws ShapeError when it has other parameters.
  template <Module M>
  M averaged(M module) const {
    if (decay_ == 0) return module;
    optim::check_state("Ema", module, "average", averages_);
    auto next = averages_.begin();
    visit_parameters(module, [&](const std::string&, Var<T>& parameter) { parameter = Var<T>(*next++); });
    return module;
  }

 private:
  double decay_;
  Index steps_;
  std::vector<Tensor<T>> averages_;  ///< in the order of the module's visit(); empty at decay 0
};

/// The scalar is the module's.
template <Module M, class... Rest>
explicit Ema(const M&, Rest...) -> Ema<typename M::value_type>;

}  // namespace neb
