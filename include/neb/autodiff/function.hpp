/// What the engine takes for a user's function.
#pragma once

#include <concepts>
#include <functional>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// A function of several variables, as check_grads() and recompute() take it.
template <Scalar T>
using Function = std::function<Var<T>(const std::vector<Var<T>>&)>;

/// A function of one variable, as value_and_grad(), jacobian() and hessian() take it.
template <class F, class T>
concept Differentiable = requires(const F& f, const Var<T>& x) {
  { f(x) } -> std::convertible_to<Var<T>>;
};

}  // namespace neb
