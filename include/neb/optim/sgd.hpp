/// Stochastic gradient descent.
#pragma once

#include "neb/kernels/pointwise.hpp"
#include "neb/nn/module.hpp"

namespace neb {

/// Settings of Sgd.
struct SgdOptions {
  double learning_rate = 1e-2;  ///< of one step
  double momentum = 0;  ///< heavy ball (Polyak 1964): v <- momentum v + g, then theta <- theta - learning_rate v
};

/// theta <- theta - learning_rate g, with optional momentum.
template <Scalar T>
class Sgd {
 public:
  /// Keeps the addresses of the parameters, which must stay where they are while the optimiser is used.
  /// Throws ValueError unless the momentum is in [0, 1).
  explicit Sgd(Parameters<T> parameters, SgdOptions options = {})
      : parameters_(std::move(parameters)), options_(options) {
    if (!(options.momentum >= 0 && options.momentum < 1))
      throw ValueError("Sgd: momentum is in [0, 1), got " + std::to_string(options.momentum));
    for (const Var<T>* parameter : parameters_) velocity_.push_back(Tensor<T>::zeros(parameter->shape()));
  }

  /// The parameters as they are now, as grad() takes them.
  std::vector<Var<T>> parameters() const { return variables(parameters_); }
  /// Changes the learning rate, for schedules.
  void set_learning_rate(double rate) { options_.learning_rate = rate; }

  /// One update with gradients in the order of parameters(). Throws ShapeError when they do not match.
  void step(const std::vector<Var<T>>& gradients) {
    check_gradients("Sgd", parameters_, gradients);
    const T rate = static_cast<T>(options_.learning_rate), momentum = static_cast<T>(options_.momentum);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const T* g = gradients[i].value().data();
      const Index n = gradients[i].size();
      kernels::map(
          n, velocity_[i].mutable_data(), [=](T v, T d) { return momentum * v + d; }, velocity_[i].data(), g);
      Tensor<T> theta(parameters_[i]->shape());
      kernels::map(
          n, theta.mutable_data(), [=](T p, T v) { return p - rate * v; }, parameters_[i]->value().data(),
          velocity_[i].data());
      *parameters_[i] = Var<T>(std::move(theta));
    }
  }

 private:
  Parameters<T> parameters_;
  SgdOptions options_;
  std::vector<Tensor<T>> velocity_;
};

}  // namespace neb
