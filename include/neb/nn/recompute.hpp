/// Modules as pieces that are recomputed: see autodiff/recompute.hpp.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "neb/autodiff/recompute.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/tensor.hpp"
#include "neb/nn/module.hpp"

namespace neb {

/// module(x), of which the graph keeps x and the parameters only. Its parameters are inputs of the piece, so gradients
/// reach them. Throws GraphError when the module depends on a tracked variable that its visit() does not list.
template <Module M, Scalar T = typename M::value_type>
Var<T> recompute_module(const M& module, const std::type_identity_t<Var<T>>& x) {
  std::vector<Var<T>> inputs = parameters(module);
  inputs.insert(inputs.begin(), x);
  const auto piece = [module](const std::vector<Var<T>>& arguments) {
    M copy = module;
    auto next = arguments.begin() + 1;
    visit_parameters(copy, [&](const std::string&, Var<T>& parameter) { parameter = *next++; });
    return copy(arguments.front());
  };
  return recompute<T>(piece, inputs);
}

}  // namespace neb
