/// The sweep behind grad() and vjp(): from the output of a graph to its targets, in reverse topological order.
///
/// Each node is asked for the cotangents of those inputs that lead to a target, and nothing more; a cotangent is released as
/// soon as it has been passed on.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb::autodiff {

/// a + b for cotangents of one variable, which have one shape.
template <Scalar T>
struct AddCotangents {
  static constexpr const char* name = "add_cotangents";
  static constexpr bool needs_values = false;
  Tensor<T> forward(const Tensor<T>& a, const Tensor<T>& b) const {
    Tensor<T> y(a.shape());
    kernels::map(
        y.size(), y.mutable_data(), [](T p, T q) { return p + q; }, a.data(), b.data());
    return y;
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>&, const Var<T>&) const { return g; }
};

template <Scalar T>
void accumulate(Var<T>& sum, Var<T> term) {
  // An observer sees the addition as an operation, which cannot be in place.
  if (sum.tracked() || term.tracked() || !sum.value().unique() || recording.observer) {
    sum = apply(AddCotangents<T>{}, sum, term);
    return;
  }
  Tensor<T> in_place = std::move(sum).release();
  kernels::map(
      in_place.size(), in_place.mutable_data(), [](T p, T q) { return p + q; }, in_place.data(), term.value().data());
  sum = Var<T>::constant(std::move(in_place));
}

/// The part of a graph below one node, laid out for a sweep: nodes in the order they were met, each with the positions of
/// its inputs, and a topological order of them.
template <Scalar T>
class Sweep {
  // Laid out again for every sweep: from the pool, because the system's allocator would fetch fresh pages each time.
  template <class U>
  using List = std::vector<U, PoolAllocator<U>>;

 public:
  /// Lays out what `output` depends on. Uses an explicit stack: recursion would overflow on a deep graph.
  explicit Sweep(const Node<T>* output) {
    struct Frame {
      Position position;
      std::size_t next;
    };
    List<Frame> path{{meet(output), 0}};
    while (!path.empty()) {
      const auto [position, next] = path.back();
      const auto inputs = visits_[position].node->inputs();
      if (next == inputs.size()) {
        order_.push_back(position);
        path.pop_back();
        continue;
      }
      ++path.back().next;
      const Node<T>* const input = inputs[next].node().get();
      if (!input) continue;  // a constant
      const auto known = static_cast<Position>(visits_.size());
      const Position below = meet(input);
      edges_[visits_[position].first_edge + next] = below;
      if (below == known) path.push_back({below, 0});
    }
  }

  /// Passes cotangents down from the output, along edges that lead to a target, and returns what reached each target;
  /// an empty optional where nothing did. With `owner`, the output's node given up by its last user, the graph is taken
  /// apart on the way.
  std::vector<std::optional<Var<T>>> run(std::span<const Var<T>> targets, Var<T> cotangent, bool create_graph,
                                         std::shared_ptr<Node<T>> owner = nullptr) {
    for (const Var<T>& target : targets)
      if (const Position found = find(target.node().get()); found != nowhere)
        visits_[found].is_target = visits_[found].leads_to_target = true;
    int order = 0;  // of what is differentiated
    for (const Position position : order_) {
      Visit& visit = visits_[position];
      for_each_input(visit, [&](std::size_t, const Visit& input) { visit.leads_to_target |= input.leads_to_target; });
      if (visit.leads_to_target) order = std::max(order, visit.node->order());
    }
    const OrderScope scope(order + 1);

    visits_.front().cotangent = std::move(cotangent);
    visits_.front().owner = std::move(owner);
    for (auto step = order_.rbegin(); step != order_.rend(); ++step) {
      Visit& visit = visits_[*step];
      if (visit.cotangent && visit.leads_to_target) pass_on(visit, create_graph);
      if (visit.owner) release(visit);
    }

    std::vector<std::optional<Var<T>>> reached;
    for (const Var<T>& target : targets) {
      const Position found = find(target.node().get());
      reached.push_back(found == nowhere ? std::nullopt : visits_[found].cotangent);
    }
    return reached;
  }

 private:
  using Position = std::uint32_t;
  static constexpr Position nowhere = ~Position{0};

  struct Visit {
    const Node<T>* node;
    std::size_t first_edge;
    bool is_target = false, leads_to_target = false;
    std::optional<Var<T>> cotangent = std::nullopt;
    std::shared_ptr<Node<T>> owner = nullptr;  ///< when everything above was released: perhaps the last owner
  };

  template <class F>
  void for_each_input(const Visit& visit, F&& f) {
    const std::size_t count = visit.node->inputs().size();
    for (std::size_t i = 0; i < count; ++i)
      if (const Position input = edges_[visit.first_edge + i]; input != nowhere) f(i, visits_[input]);
  }

  void pass_on(Visit& visit, bool create_graph) {
    if (visit.node->joint()) [[unlikely]]
      pass_jointly(visit, create_graph);
    else
      for_each_input(visit, [&](std::size_t i, Visit& input) {
        if (input.leads_to_target)
          pass(visit, i, input, visit.node->vjp(static_cast<Index>(i), *visit.cotangent, create_graph));
      });
    // Released as soon as it has been passed on.
    if (!visit.is_target) visit.cotangent.reset();
  }

  /// Gives up a node that nobody else holds, with the values that it saved; its inputs' nodes wait for their turn.
  void release(Visit& visit) {
    const std::shared_ptr<Node<T>> node = std::move(visit.owner);
    if (node.use_count() > 1) return;
    const auto inputs = node->mutable_inputs();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Var<T> input = std::move(inputs[i]);
      if (!input.tracked()) continue;
      auto& below = visits_[edges_[visit.first_edge + i]].owner;
      if (!below) below = std::move(input.node());
    }
  }

  void pass_jointly(const Visit& visit, bool create_graph) {
    std::vector<Index> wanted;
    for_each_input(visit, [&](std::size_t i, const Visit& input) {
      if (input.leads_to_target) wanted.push_back(static_cast<Index>(i));
    });
    std::vector<Var<T>> terms = visit.node->vjps(wanted, *visit.cotangent, create_graph);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const auto i = static_cast<std::size_t>(wanted[k]);
      pass(visit, i, visits_[edges_[visit.first_edge + i]], std::move(terms[k]));
    }
  }

  /// Adds the cotangent `term` to what reached `input`, the node of input `i` of `visit`.
  void pass(const Visit& visit, std::size_t i, Visit& input, Var<T> term) {
    const Node<T>& node = *visit.node;
    const Shape& expected = node.inputs()[i].shape();
    if (term.shape() != expected)
      throw GraphError(std::string(node.name()) + ": vjp of input " + std::to_string(i) + " has shape " +
                       term.shape().to_string() + ", the input has " + expected.to_string());
    if (term.size() > 0 && term.value().data() == nullptr)
      throw GraphError(std::string(node.name()) + ": vjp of input " + std::to_string(i) +
                       " returns the value of an input, but its operation says needs_values = false");
    if (input.cotangent)
      accumulate(*input.cotangent, std::move(term));
    else
      input.cotangent = std::move(term);
  }

  /// The position of a node, which is new to visits_ if it was not met before.
  Position meet(const Node<T>* node) {
    if (2 * (visits_.size() + 1) > table_.size()) grow();
    Position& entry = table_[slot(node)];
    if (entry == nowhere) {
      entry = static_cast<Position>(visits_.size());
      visits_.push_back({.node = node, .first_edge = edges_.size()});
      edges_.resize(edges_.size() + node->inputs().size(), nowhere);
    }
    return entry;
  }

  Position find(const Node<T>* node) const { return node ? table_[slot(node)] : nowhere; }

  // A hash table of positions, open addressing: a sweep looks up every edge once, and that is what a sweep over small
  // operations spends its time on.
  std::size_t slot(const Node<T>* node) const {
    const std::size_t mask = table_.size() - 1;
    // Fibonacci hashing: the top bits of the product, because nodes lie at regular distances.
    std::size_t at =
        std::size_t{reinterpret_cast<std::uintptr_t>(node) * 0x9E3779B97F4A7C15u} >> std::countl_zero(mask);
    while (table_[at] != nowhere && visits_[table_[at]].node != node) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    table_.assign(std::max<std::size_t>(64, 2 * table_.size()), nowhere);
    for (std::size_t position = 0; position < visits_.size(); ++position)
      table_[slot(visits_[position].node)] = static_cast<Position>(position);
  }

  List<Visit> visits_;
  List<Position> edges_;  // of all nodes, one after the other
  List<Position> order_;  // every node after its inputs
  List<Position> table_;
};

}  // namespace neb::autodiff
