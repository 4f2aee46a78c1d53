/// Transformations of functions, each a few lines over grad() and vjp().
#pragma once

#include "neb/autodiff/grad.hpp"

namespace neb {

/// The Hessian-vector product of the scalar `output` at `x` in direction `v` (of x's shape): the gradient is itself
/// differentiated, so a row of the Hessian costs two gradients and no Hessian is ever formed.
template <Scalar T>
Var<T> hvp(const Var<T>& output, const Var<T>& x, const std::type_identity_t<Var<T>>& v, GradOptions options = {}) {
  const Var<T> slope = grad(output, x, {.create_graph = true, .unreached_is_zero = options.unreached_is_zero});
  // A linear function has a constant gradient: its Hessian is zero, not an error.
  return vjp(slope, x, v, {.create_graph = options.create_graph, .unreached_is_zero = true});
}

}  // namespace neb
