/// Adam (Kingma & Ba 2015, Algorithm 1).
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/kernels/vector_loop.hpp"
#include "neb/nn/module.hpp"
#include "neb/optim/checks.hpp"
#include "neb/optim/clip.hpp"

namespace neb {

/// Settings of Adam; the defaults are those of Kingma & Ba 2015.
struct AdamOptions {
  double learning_rate = 1e-3;  ///< alpha, about the size of a step
  double beta1 = 0.9;           ///< decay of the first moment
  double beta2 = 0.999;         ///< decay of the second moment
  double epsilon = 1e-8;        ///< added to the root of the second moment
  double clip = 0;              ///< longest gradient, over its running length; 0: none is shortened
};

/// What Adam remembers between steps, for checkpoints.
template <Scalar T>
struct AdamState {
  Index steps = 0;                ///< t, the number of updates so far
  std::vector<Tensor<T>> first;   ///< the moments m, in the order of the module's visit()
  std::vector<Tensor<T>> second;  ///< the moments v, likewise
};

/// Adam: steps scaled by running moments of the gradient. It holds these moments and no address: the module that it steps
/// may be moved or copied between steps.
template <Scalar T>
class Adam {
 public:
  /// Throws ValueError unless both betas are in [0, 1).
  explicit Adam(AdamOptions options = {}) : options_(options) {
    const auto is_part = [](double beta) { return is_within(beta, 0.0, 1.0) && beta < 1; };
    if (!is_part(options.beta1) || !is_part(options.beta2))
      throw ValueError("Adam: beta1 and beta2 are in [0, 1), got " + std::to_string(options.beta1) + " and " +
                       std::to_string(options.beta2));
  }

  /// Changes the learning rate, for schedules.
  void set_learning_rate(double rate) { options_.learning_rate = rate; }
  /// What it remembers, for checkpoints.
  const AdamState<T>& state() const { return state_; }
  /// Goes on from a saved state; step() checks that it is one of its module.
  void restore(AdamState<T> state) { state_ = std::move(state); }

  /// One update of a module with gradients in the order of its visit(), as grad(loss, module) gives them, in one pass over
  /// each parameter. Comments quote Algorithm 1. Throws ShapeError, before anything changes, when the gradients or the
  /// moments are those of other parameters.
  template <Module M>
  void step(M& module, const std::vector<Var<T>>& gradients) {
    optim::check_gradients("Adam", module, gradients);
    if (state_.steps == 0 && state_.first.empty() && state_.second.empty())
      state_.first = state_.second = optim::zeros_for(module);
    optim::check_state("Adam", module, "moment", state_.first);
    optim::check_state("Adam", module, "moment", state_.second);
    // A few batches with far longer gradients can throw weights where hundreds of steps do not bring them back from.
    const double weight = 1 - std::pow(options_.beta2, static_cast<double>(state_.steps));  // of all gradients in v
    const T scale = options_.clip > 0 && state_.steps > 0
                        ? static_cast<T>(optim::shortening(gradients, state_.second, options_.clip / std::sqrt(weight)))
                        : T(1);
    ++state_.steps;  // t <- t + 1
    const double t = static_cast<double>(state_.steps);
    const T beta1 = static_cast<T>(options_.beta1), beta2 = static_cast<T>(options_.beta2);
    // m_hat / (sqrt(v_hat) + eps) with the two bias corrections as factors, formed in double once a step.
    const T first_correction = static_cast<T>(1 / (1 - std::pow(options_.beta1, t)));
    const T second_correction = static_cast<T>(1 / (1 - std::pow(options_.beta2, t)));
    const T rate = static_cast<T>(options_.learning_rate), epsilon = static_cast<T>(options_.epsilon);
    std::size_t i = 0;
    visit_parameters(module, [&](const std::string&, Var<T>& parameter) {
      Tensor<T> updated(parameter.shape());
      T* const theta = updated.mutable_data();
      T* const m = state_.first[i].mutable_data();
      T* const v = state_.second[i].mutable_data();
      const T* const before = parameter.value().data();
      const T* const g = gradients[i++].value().data();
      parallel_tiles(updated.size(), kernels::pointwise_tile, [&](Index begin, Index end) {
        // Two loops, because not every compiler makes vector code of a loop over so many arrays, or of one with a root in it.
        kernels::vector_loop(end - begin, [&](Index at) {
          const Index k = begin + at;
          const T slope = scale * g[k];
          m[k] = beta1 * m[k] + (T(1) - beta1) * slope;          // m_t <- beta1 m_{t-1} + (1 - beta1) g_t
          v[k] = beta2 * v[k] + (T(1) - beta2) * slope * slope;  // v_t <- beta2 v_{t-1} + (1 - beta2) g_t^2
        });
        kernels::vector_loop(end - begin, [&](Index at) {
          const Index k = begin + at;
          const T m_hat = m[k] * first_correction;                             // m_hat <- m_t / (1 - beta1^t)
          const T v_hat = v[k] * second_correction;                            // v_hat <- v_t / (1 - beta2^t)
          theta[k] = before[k] - rate * m_hat / (std::sqrt(v_hat) + epsilon);  // theta <- theta - alpha m_hat / (...)
        });
      });
      parameter = Var<T>(std::move(updated));
    });
  }

 private:
  AdamOptions options_;
  AdamState<T> state_;
};

}  // namespace neb
