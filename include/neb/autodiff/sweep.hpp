/// The sweep behind grad() and vjp(): from the output of a graph to its targets, in reverse topological order.
///
/// Each node is asked for the cotangents of those inputs that lead to a target, and nothing more; a cotangent is released as
/// soon as it has been passed on.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/forward.hpp"
#include "neb/autodiff/layout.hpp"
#include "neb/autodiff/op.hpp"
#include "neb/autodiff/recording.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb::autodiff {

/// a + b for cotangents of one variable, which have one shape.
template <Scalar T>
struct AddCotangents {
  static constexpr const char* name = "add_cotangents";
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    Tensor<T> y(a.shape());
    kernels::map(y.size(), y.mutable_data(), std::plus<T>{}, a.data(), b.data());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Shape&, const Shape&) const { return g; }
};

template <Scalar T>
void accumulate(Var<T>& sum, const Var<T>& term) {
  using Add = AddCotangents<T>;
  if (sum.tracked() || term.tracked() || !sum.value().unique()) {
    sum = apply(Add{}, sum, term);
    return;
  }
  Tensor<T> total = std::move(sum).release();
  const auto add_in_place = [&] {
    kernels::update(total.size(), total.mutable_data(), std::plus<T>{}, term.value().data());
    return std::move(total);
  };
  if (!recording.observer) [[likely]] {
    sum = Var<T>::constant(add_in_place());
    return;
  }
  // Observers hear of it like of any operation, and change nothing. The elements of the first input will be those of the sum.
  std::array<Operand, 2> inputs{Operand(total), Operand(term.value())};
  inputs[0].data = nullptr;
  sum = Var<T>::constant(observed<Add>(inputs, add_in_place, [&](const Shape& y) { return flops_of<Add>(y); }));
}

/// The part of a graph below one node, and what a sweep knows about each node of it.
template <Scalar T>
class Sweep {
  using Position = typename Layout<T>::Position;

 public:
  explicit Sweep(const Node<T>* output) {
    graph_.add(output);
    visits_.resize(graph_.size());
  }

  /// Passes cotangents down from the output, along edges that lead to a target, and returns what reached each target;
  /// an empty optional where nothing did. With `owner`, the output's node given up by its last user, the graph is taken
  /// apart on the way.
  std::vector<std::optional<Var<T>>> run(std::span<const Var<T>> targets, Var<T> cotangent, bool create_graph,
                                         std::shared_ptr<Node<T>> owner = nullptr) {
    for (const Var<T>& target : targets)
      if (const Position found = graph_.find(target.node().get()); found != graph_.nowhere)
        visits_[found].is_target = visits_[found].leads_to_target = true;
    int order = 0;  // of what is differentiated
    for (const Position position : graph_.order()) {
      Visit& visit = visits_[position];
      for_each_input(position,
                     [&](std::size_t, Position input) { visit.leads_to_target |= visits_[input].leads_to_target; });
      if (visit.leads_to_target) order = std::max(order, graph_.node(position).order());
    }
    const OrderScope scope(order + 1);

    visits_.front().cotangent = std::move(cotangent);
    visits_.front().owner = std::move(owner);
    for (auto step = graph_.order().rbegin(); step != graph_.order().rend(); ++step) {
      Visit& visit = visits_[*step];
      if (visit.cotangent && visit.leads_to_target) pass_on(*step, create_graph);
      if (visit.owner) release(*step);
    }

    std::vector<std::optional<Var<T>>> reached;
    for (const Var<T>& target : targets) {
      const Position found = graph_.find(target.node().get());
      reached.push_back(found == graph_.nowhere ? std::nullopt : visits_[found].cotangent);
    }
    return reached;
  }

 private:
  struct Visit {
    bool is_target = false, leads_to_target = false;
    std::optional<Var<T>> cotangent = std::nullopt;
    std::shared_ptr<Node<T>> owner = nullptr;  ///< when everything above was released: perhaps the last owner
  };

  template <class F>
  void for_each_input(Position position, F&& f) {
    const std::span<const Position> inputs = graph_.inputs(position);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] != graph_.nowhere) f(i, inputs[i]);
  }

  void pass_on(Position position, bool create_graph) {
    const Node<T>& node = graph_.node(position);
    Visit& visit = visits_[position];
    if (node.joint()) [[unlikely]]
      pass_jointly(position, create_graph);
    else
      for_each_input(position, [&](std::size_t i, Position input) {
        if (visits_[input].leads_to_target)
          pass(node, i, visits_[input], node.vjp(static_cast<Index>(i), *visit.cotangent, create_graph));
      });
    // Released as soon as it has been passed on.
    if (!visit.is_target) visit.cotangent.reset();
  }

  void pass_jointly(Position position, bool create_graph) {
    std::vector<Index> wanted;
    for_each_input(position, [&](std::size_t i, Position input) {
      if (visits_[input].leads_to_target) wanted.push_back(static_cast<Index>(i));
    });
    const Node<T>& node = graph_.node(position);
    std::vector<Var<T>> terms = node.vjps(wanted, *visits_[position].cotangent, create_graph);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const auto i = static_cast<std::size_t>(wanted[k]);
      pass(node, i, visits_[graph_.inputs(position)[i]], std::move(terms[k]));
    }
  }

  /// Adds the cotangent `term` to what reached `below`, input `i` of `node`.
  void pass(const Node<T>& node, std::size_t i, Visit& below, Var<T> term) {
    const Shape& expected = node.input(i).shape;
    if (term.shape() != expected)
      throw GraphError(std::string(node.name()) + ": vjp of input " + std::to_string(i) + " has shape " +
                       term.shape().to_string() + ", the input has " + expected.to_string());
    if (below.cotangent)
      accumulate(*below.cotangent, term);
    else
      below.cotangent = std::move(term);
  }

  /// Gives up a node that nobody else holds, with the values that it saved; its inputs' nodes wait for their turn. One that
  /// others hold is held to the end of the sweep, which still has to read what is below.
  void release(Position position) {
    if (!neb::detail::is_last_owner(visits_[position].owner)) return;
    const std::shared_ptr<Node<T>> node = std::move(visits_[position].owner);
    for_each_input(position, [&](std::size_t i, Position input) {
      std::shared_ptr<Node<T>> below = node->release_input(i);
      if (!visits_[input].owner) visits_[input].owner = std::move(below);
    });
  }

  Layout<T> graph_;
  typename Layout<T>::template List<Visit> visits_;
};

}  // namespace neb::autodiff
