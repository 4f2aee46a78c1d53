/// Stochastic gradient descent.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/nn/module.hpp"
#include "neb/optim/checks.hpp"

namespace neb {

/// Settings of Sgd.
struct SgdOptions {
  double learning_rate = 1e-2;  ///< of one step
  double momentum = 0;  ///< heavy ball (Polyak 1964): v <- momentum v + g, then theta <- theta - learning_rate v
};

/// theta <- theta - learning_rate g, with optional momentum. It holds velocities and no address: the module that it steps
/// may be moved or copied between steps.
template <Scalar T>
class Sgd {
 public:
  /// Throws ValueError unless the momentum is in [0, 1).
  explicit Sgd(SgdOptions options = {}) : options_(options) {
    if (!is_within(options.momentum, 0.0, 1.0) || options.momentum == 1)
      throw ValueError("Sgd: momentum is in [0, 1), got " + std::to_string(options.momentum));
  }

  /// Changes the learning rate, for schedules.
  void set_learning_rate(double rate) { options_.learning_rate = rate; }

  /// One update of a module with gradients in the order of its visit(), as grad(loss, module) gives them. Throws
  /// ShapeError, before anything changes, when the gradients or the velocities are those of other parameters.
  template <Module M>
  void step(M& module, const std::vector<Var<T>>& gradients) {
    optim::check_gradients("Sgd", module, gradients);
    if (velocity_.empty()) velocity_ = optim::zeros_for(module);
    optim::check_state("Sgd", module, "velocity", velocity_);
    const T rate = static_cast<T>(options_.learning_rate), momentum = static_cast<T>(options_.momentum);
    std::size_t i = 0;
    visit_parameters(module, [&](const std::string&, Var<T>& parameter) {
      const T* g = gradients[i].value().data();
      Tensor<T>& velocity = velocity_[i++];
      kernels::update(
          velocity.size(), velocity.mutable_data(), [=](T v, T d) { return momentum * v + d; }, g);
      Tensor<T> theta(parameter.shape());
      kernels::map(
          theta.size(), theta.mutable_data(), [=](T p, T v) { return p - rate * v; }, parameter.value().data(),
          velocity.data());
      parameter = Var<T>(std::move(theta));
    });
  }

 private:
  SgdOptions options_;
  std::vector<Tensor<T>> velocity_;
};

}  // namespace neb
