/// What optimisers check before anything changes: that gradients, and what they remember, belong to the module.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/tensor.hpp"
#include "neb/nn/module.hpp"

namespace neb {

namespace optim {

/// Throws ShapeError, in the name of `optimiser`, unless there is one gradient of the right shape for each parameter.
template <Module M>
void check_gradients(const std::string& optimiser, const M& module,
                     const std::vector<Var<typename M::value_type>>& gradients) {
  const auto list = parameters(module);
  if (gradients.size() != list.size())
    throw ShapeError(optimiser + ": expects " + std::to_string(list.size()) + " gradients, got " +
                     std::to_string(gradients.size()));
  for (std::size_t i = 0; i < list.size(); ++i)
    if (gradients[i].shape() != list[i].shape())
      throw ShapeError(optimiser + ": gradient " + std::to_string(i) +
                       " has another shape than its parameter   [parameter: " + list[i].shape().to_string() +
                       ", gradient: " + gradients[i].shape().to_string() + "]");
}

/// Throws ShapeError unless what `optimiser` remembers, its `kind` of each parameter, is that of this module.
template <Module M>
void check_state(const std::string& optimiser, const M& module, const std::string& kind,
                 const std::vector<Tensor<typename M::value_type>>& state) {
  const auto list = parameters(module);
  if (state.size() != list.size())
    throw ShapeError(optimiser + ": the state is that of " + std::to_string(state.size()) + " parameters, not " +
                     std::to_string(list.size()));
  for (std::size_t i = 0; i < list.size(); ++i)
    if (state[i].shape() != list[i].shape())
      throw ShapeError(optimiser + ": the " + kind + " of parameter " + std::to_string(i) +
                       " has another shape   [parameter: " + list[i].shape().to_string() + ", " + kind + ": " +
                       state[i].shape().to_string() + "]");
}

/// Zeros in the shape of each parameter: what a state is before the first step.
template <Module M>
std::vector<Tensor<typename M::value_type>> zeros_for(const M& module) {
  std::vector<Tensor<typename M::value_type>> zeros;
  for (const auto& parameter : parameters(module))
    zeros.push_back(Tensor<typename M::value_type>::zeros(parameter.shape()));
  return zeros;
}

}  // namespace optim

}  // namespace neb
