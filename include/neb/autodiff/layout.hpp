/// The part of a graph below some nodes, laid out to be walked: what a sweep and a listing start from.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/tensor.hpp"

namespace neb::autodiff {

/// Nodes in the order they were met, each with the positions of its inputs, and a topological order of them.
template <Scalar T>
class Layout {
 public:
  // Laid out again for every sweep: from the pool, because the system's allocator would fetch fresh pages each time.
  template <class U>
  using List = std::vector<U, PoolAllocator<U>>;
  using Position = std::uint32_t;
  static constexpr Position nowhere = ~Position{0};

  /// Lays out what `output` was computed from, and is not laid out yet. Uses an explicit stack: recursion would overflow on a
  /// deep graph.
  void add(const Node<T>* output) {
    struct Frame {
      Position position;
      std::uint32_t next;
    };
    List<Frame> path;
    const auto enter = [&](const Node<T>* node) {
      const auto known = static_cast<Position>(size());
      const Position position = meet(node);
      if (position == known) path.push_back({position, 0});
      return position;
    };
    enter(output);
    while (!path.empty()) {
      const auto [position, next] = path.back();
      const Node<T>& top = node(position);
      if (next == top.input_count()) {
        order_.push_back(position);
        path.pop_back();
        continue;
      }
      ++path.back().next;
      if (const Node<T>* const input = top.input(next).node)  // not a constant
        edges_[nodes_[position].first_edge + next] = enter(input);
    }
  }

  /// How many nodes there are.
  std::size_t size() const { return nodes_.size(); }
  const Node<T>& node(Position position) const { return *nodes_[position].node; }
  /// The positions of a node's inputs, `nowhere` for constants.
  std::span<const Position> inputs(Position position) const {
    return {edges_.data() + nodes_[position].first_edge, node(position).input_count()};
  }
  /// Every position after those of its inputs.
  std::span<const Position> order() const { return order_; }
  /// Where `node` stands; `nowhere` if it is null or not part of the graph.
  Position find(const Node<T>* node) const { return node && size() > 0 ? table_[slot(node)] : nowhere; }

 private:
  struct Entry {
    const Node<T>* node;
    std::size_t first_edge;
  };

  /// The position of a node, which is new if it was not met before.
  Position meet(const Node<T>* node) {
    if (2 * (nodes_.size() + 1) > table_.size()) grow();
    Position& entry = table_[slot(node)];
    if (entry == nowhere) {
      entry = static_cast<Position>(nodes_.size());
      nodes_.push_back({node, edges_.size()});
      edges_.resize(edges_.size() + node->input_count(), nowhere);
    }
    return entry;
  }

  // A hash table of positions, open addressing: a sweep looks up every edge once, and that is what a sweep over small
  // operations spends its time on.
  std::size_t slot(const Node<T>* node) const {
    const std::size_t mask = table_.size() - 1;
    // Fibonacci hashing: the top bits of the product, because nodes lie at regular distances.
    const std::uint64_t product = reinterpret_cast<std::uintptr_t>(node) * std::uint64_t{0x9E3779B97F4A7C15};
    auto at = static_cast<std::size_t>(product >> std::countl_zero(std::uint64_t{mask}));
    while (table_[at] != nowhere && nodes_[table_[at]].node != node) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    table_.assign(std::max<std::size_t>(64, 2 * table_.size()), nowhere);
    for (std::size_t position = 0; position < nodes_.size(); ++position)
      table_[slot(nodes_[position].node)] = static_cast<Position>(position);
  }

  List<Entry> nodes_;
  List<Position> edges_;  // of all nodes, one after the other
  List<Position> order_;
  List<Position> table_;
};

}  // namespace neb::autodiff
