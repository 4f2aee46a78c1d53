/// Reverse-mode differentiation: grad() and vjp() are functions, and gradients are what they return.
///
/// The sweep walks the graph from the output to the targets in reverse topological order and asks each node for the
/// cotangents of those inputs that lead to a target, nothing more. With create_graph the cotangents are recorded like any
/// other computation, so a gradient can itself be differentiated.
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb {

/// How gradients are computed.
struct GradOptions {
  bool create_graph = false;         ///< record the gradient, so that it can be differentiated again
  bool unreached_is_zero = false;    ///< a target that the output does not depend on gets zeros instead of a GraphError
};

namespace autodiff {

/// a + b for cotangents of one variable, which have one shape.
template <Scalar T>
struct AddCotangents {
  static constexpr const char* name = "add_cotangents";
  static constexpr bool needs_values = false;
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    Tensor<T> y(a.shape());
    kernels::map(y.size(), y.mutable_data(), [](T p, T q) { return p + q; }, a.data(), b.data());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>&, const Var<T>&) const { return g; }
};

template <Scalar T>
void accumulate(Var<T>& sum, Var<T> term) {
  if (sum.tracked() || term.tracked() || !sum.value().unique()) {
    sum = apply(AddCotangents<T>{}, sum, term);
    return;
  }
  Tensor<T> in_place = std::move(sum).release();
  kernels::map(in_place.size(), in_place.mutable_data(), [](T p, T q) { return p + q; }, in_place.data(),
               term.value().data());
  sum = Var<T>::constant(std::move(in_place));
}

/// What the sweep knows of one node.
template <Scalar T>
struct Visit {
  bool leads_to_target = false;
  bool has_cotangent = false;
  Var<T> cotangent;
};

template <Scalar T>
using Visits = std::unordered_map<const Node<T>*, Visit<T>>;

/// The nodes that `output` depends on, every node after its inputs; marks those that lead to a target. Uses an explicit
/// stack: recursion would overflow on a deep graph.
template <Scalar T>
std::vector<const Node<T>*> topological_order(const Node<T>* output, Visits<T>& visits) {
  std::vector<const Node<T>*> order;
  std::vector<std::pair<const Node<T>*, std::size_t>> path;
  const auto enter = [&](const Node<T>* node) { path.emplace_back(node, 0); };
  std::unordered_map<const Node<T>*, bool> entered;
  entered.emplace(output, true);
  enter(output);
  while (!path.empty()) {
    auto& [node, next] = path.back();
    const auto inputs = node->inputs();
    if (next < inputs.size()) {
      const Node<T>* input = inputs[next++].node().get();
      if (input && entered.emplace(input, true).second) enter(input);
      continue;
    }
    order.push_back(node);
    for (const Var<T>& input : inputs) {
      if (!input.node()) continue;
      const auto found = visits.find(input.node().get());
      if (found != visits.end() && found->second.leads_to_target) visits[node].leads_to_target = true;
    }
    path.pop_back();
  }
  return order;
}

/// Passes the cotangent of `node` on to those of its inputs that lead to a target.
template <Scalar T>
void propagate(const Node<T>& node, const Var<T>& cotangent, Visits<T>& visits, bool create_graph) {
  const auto inputs = node.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto found = visits.find(inputs[i].node().get());
    if (found == visits.end() || !found->second.leads_to_target) continue;
    Var<T> term = node.vjp(static_cast<Index>(i), cotangent, create_graph);
    if (term.shape() != inputs[i].shape())
      throw GraphError(std::string(node.name()) + ": vjp of input " + std::to_string(i) + " has shape " +
                       term.shape().to_string() + ", the input has " + inputs[i].shape().to_string());
    Visit<T>& visit = found->second;
    if (visit.has_cotangent) accumulate(visit.cotangent, std::move(term));
    else visit.cotangent = std::move(term);
    visit.has_cotangent = true;
  }
}

}  // namespace autodiff

/// The vector-Jacobian products of `output` with `cotangent` (of the output's shape), one for each target.
/// Throws ShapeError when the shapes differ, GraphError when a target is not reached.
template <Scalar T>
std::vector<Var<T>> vjp(const Var<T>& output, std::span<const Var<T>> targets,
                        const std::type_identity_t<Var<T>>& cotangent, GradOptions options = {}) {
  if (cotangent.shape() != output.shape())
    throw ShapeError("vjp: the cotangent has the shape of the output   [output: " + output.shape().to_string() +
                     ", cotangent: " + cotangent.shape().to_string() + "]");
  autodiff::Visits<T> visits;
  for (const Var<T>& target : targets)
    if (target.tracked()) visits[target.node().get()].leads_to_target = true;

  std::unordered_map<const Node<T>*, Var<T>> found;
  if (output.tracked()) {
    const auto order = autodiff::topological_order<T>(output.node().get(), visits);
    auto& start = visits[output.node().get()];
    start.cotangent = options.create_graph ? cotangent : cotangent.detach();
    start.has_cotangent = true;
    std::unordered_map<const Node<T>*, bool> is_target;
    for (const Var<T>& target : targets) is_target.emplace(target.node().get(), true);
    for (auto step = order.rbegin(); step != order.rend(); ++step) {
      const auto at = visits.find(*step);
      if (at == visits.end() || !at->second.leads_to_target || !at->second.has_cotangent) continue;
      // Taken out of the table, so that an intermediate cotangent is released as soon as it has been passed on.
      const Var<T> complete = std::move(at->second.cotangent);
      if (is_target.contains(*step)) found.emplace(*step, complete);
      autodiff::propagate(**step, complete, visits, options.create_graph);
    }
  }

  std::vector<Var<T>> results;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto at = targets[i].tracked() ? found.find(targets[i].node().get()) : found.end();
    if (at != found.end())
      results.push_back(at->second);
    else if (options.unreached_is_zero)
      results.push_back(Var<T>::constant(Tensor<T>::zeros(targets[i].shape())));
    else
      throw GraphError("grad: the output does not depend on target " + std::to_string(i) + " of " +
                       std::to_string(targets.size()) + "   [target: " + targets[i].shape().to_string() +
                       ", output: " + output.shape().to_string() + "]" +
                       (targets[i].tracked() ? "" : "; the target is a constant, make it a leaf with Var(tensor)"));
  }
  return results;
}

/// The same for one target.
template <Scalar T>
Var<T> vjp(const Var<T>& output, const std::type_identity_t<Var<T>>& target,
           const std::type_identity_t<Var<T>>& cotangent, GradOptions options = {}) {
  return vjp(output, std::span<const Var<T>>(&target, 1), cotangent, options)[0];
}

/// The gradients of the scalar `output` with respect to each target, in their order.
/// Throws GraphError when the output is not a scalar or does not depend on a target.
template <Scalar T>
std::vector<Var<T>> grad(const Var<T>& output, std::span<const std::type_identity_t<Var<T>>> targets,
                         GradOptions options = {}) {
  if (output.size() != 1)
    throw GraphError("grad: the output is a scalar; sum it first, or use vjp with a cotangent   [output: " +
                     output.shape().to_string() + "]");
  return vjp<T>(output, targets, Var<T>::constant(Tensor<T>::ones(output.shape())), options);
}
template <Scalar T>
std::vector<Var<T>> grad(const Var<T>& output, const std::vector<Var<T>>& targets, GradOptions options = {}) {
  return grad(output, std::span<const Var<T>>(targets), options);
}

/// The gradient of the scalar `output` with respect to one target.
template <Scalar T>
Var<T> grad(const Var<T>& output, const Var<T>& target, GradOptions options = {}) {
  return grad(output, std::span<const Var<T>>(&target, 1), options)[0];
}

}  // namespace neb
