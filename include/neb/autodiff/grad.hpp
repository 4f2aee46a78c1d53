/// Reverse-mode differentiation: grad() and vjp() are functions, and gradients are what they return.
///
/// The sweep walks the graph from the output to the targets in reverse topological order and asks each node for the
/// cotangents of those inputs that lead to a target, nothing more. With create_graph the cotangents are recorded like any
/// other computation, so a gradient can itself be differentiated.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/autodiff/recorded.hpp"
#include "neb/autodiff/sweep.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// How gradients are computed.
struct GradOptions {
  bool create_graph = false;       ///< record the gradient, so that it can be differentiated again
  bool unreached_is_zero = false;  ///< a target that the output does not depend on gets zeros instead of a GraphError
};

namespace autodiff {

/// vjp() of an output of which nothing but its history and its shape need be known, for the public function `caller`, which
/// its errors name.
template <Scalar T>
std::vector<Var<T>> vjp_for(const char* caller, std::type_identity_t<Origin<T>> output, std::span<const Var<T>> targets,
                            const std::type_identity_t<Var<T>>& cotangent, GradOptions options) {
  if (cotangent.shape() != output.shape)
    throw ShapeError(std::string(caller) + ": the cotangent has the shape of the output   [output: " +
                     output.shape.to_string() + ", cotangent: " + cotangent.shape().to_string() + "]");
  std::vector<std::optional<Var<T>>> reached(targets.size());
  const bool constant = !output.node;
  if (!constant) {
    Sweep<T> sweep(output.node.get());
    reached = sweep.run(targets, options.create_graph ? cotangent : cotangent.detach(), options.create_graph,
                        std::move(output.node));
  }

  std::vector<Var<T>> results;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (reached[i])
      results.push_back(*std::move(reached[i]));
    else if (options.unreached_is_zero)
      results.push_back(Var<T>::constant(Tensor<T>::zeros(targets[i].shape())));
    else
      throw GraphError(std::string(caller) + ": the output does not depend on target " + std::to_string(i) + " of " +
                       std::to_string(targets.size()) + "   [target: " + targets[i].shape().to_string() +
                       ", output: " + output.shape.to_string() + "]" +
                       (!targets[i].tracked() ? "; the target is a constant, make it a leaf with Var(tensor)"
                        : constant ? "; the output is a constant: if it was made from a gradient, compute that with "
                                     "{.create_graph = true}"
                                   : ""));
  }
  return results;
}

/// grad() for the public function `caller`, which its errors name.
template <Scalar T>
std::vector<Var<T>> grad_for(const char* caller, Var<T> output, std::span<const Var<T>> targets, GradOptions options) {
  if (output.size() != 1)
    throw GraphError(std::string(caller) + ": the output is a scalar; sum it first, or use vjp with a cotangent   " +
                     "[output: " + output.shape().to_string() + "]");
  const auto one = Var<T>::constant(Tensor<T>::ones(output.shape()));
  return vjp_for(caller, std::move(output), targets, one, options);
}

}  // namespace autodiff

/// The vector-Jacobian products of `output` with `cotangent` (of the output's shape), one for each target. An output that
/// is given up, a temporary or std::move(loss), takes its graph with it: saved values are released on the way.
/// Throws ShapeError when the shapes differ, GraphError when a target is not reached.
template <Scalar T>
std::vector<Var<T>> vjp(Var<T> output, std::span<const Var<T>> targets, const std::type_identity_t<Var<T>>& cotangent,
                        GradOptions options = {}) {
  return autodiff::vjp_for("vjp", std::move(output), targets, cotangent, options);
}

/// The same for one target.
template <Scalar T>
Var<T> vjp(Var<T> output, const std::type_identity_t<Var<T>>& target, const std::type_identity_t<Var<T>>& cotangent,
           GradOptions options = {}) {
  return vjp(std::move(output), std::span<const Var<T>>(&target, 1), cotangent, options)[0];
}

/// The gradients of the scalar `output` with respect to each target, in their order.
/// An output that is given up releases its graph on the way, see vjp().
/// Throws GraphError when the output is not a scalar or does not depend on a target.
template <Scalar T>
std::vector<Var<T>> grad(Var<T> output, std::span<const std::type_identity_t<Var<T>>> targets,
                         GradOptions options = {}) {
  return autodiff::grad_for("grad", std::move(output), targets, options);
}

/// The same for a list of targets.
template <Scalar T>
std::vector<Var<T>> grad(Var<T> output, const std::vector<Var<T>>& targets, GradOptions options = {}) {
  return grad(std::move(output), std::span<const Var<T>>(targets), options);
}

/// The gradient of the scalar `output` with respect to one target.
template <Scalar T>
Var<T> grad(Var<T> output, const Var<T>& target, GradOptions options = {}) {
  return grad(std::move(output), std::span<const Var<T>>(&target, 1), options)[0];
}

}  // namespace neb
