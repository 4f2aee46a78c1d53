/// Var<T>: a tensor together with the history of how it was computed.
///
/// A graph is made of nodes. A node is either a leaf, whose only property is its identity, or a recorded operation with
/// the variables that it was applied to. A Var holds a value and, unless it is a constant, a node. That alone decides what
/// is recorded, with no tape and no mode: what is computed from constants alone is a constant, and costs no graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "neb/autodiff/recording.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

template <Scalar T>
class Node;

/// What a node keeps of an input.
template <Scalar T>
struct Input {
  const Node<T>* node;     ///< how it was made; null for a constant
  const Shape& shape;      ///< its extents
  const Tensor<T>* value;  ///< null where no derivative needs it, and the graph did not keep it
};

template <Scalar T>
class Var;

/// One step of a recorded computation: an operation applied to variables. A leaf is a Node with no inputs.
template <Scalar T>
class Node : public std::enable_shared_from_this<Node<T>> {
 public:
  /// A node of the order of derivative that this thread computes.
  explicit Node(std::size_t input_count = 0, int order = autodiff::recording.order)
      : input_count_(static_cast<std::uint32_t>(input_count)), order_(static_cast<std::uint8_t>(order)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  /// The operation's name, for messages and pictures.
  virtual const char* name() const { return "leaf"; }

  /// To how many variables it was applied.
  std::size_t input_count() const { return input_count_; }
  /// What is kept of input `i`, which must be in [0, input_count).
  virtual Input<T> input(std::size_t i) const;
  /// The same of all inputs.
  std::vector<Input<T>> inputs() const {
    std::vector<Input<T>> all;
    for (std::size_t i = 0; i < input_count_; ++i) all.push_back(input(i));
    return all;
  }

  /// Cotangent of input `i` for the cotangent `g` of the output, as an expression of graph variables. Unless
  /// `create_graph`, every variable in it is a constant, so that nothing is recorded.
  virtual Var<T> vjp(Index i, const Var<T>& g, bool create_graph) const;

  /// Whether the cotangents of all inputs are asked for together, by vjps().
  virtual bool joint() const { return false; }
  /// Cotangents of the inputs listed in `wanted`, in that order.
  virtual std::vector<Var<T>> vjps(std::span<const Index> wanted, const Var<T>& g, bool create_graph) const;

  /// How many sweeps led to this node: 0 for a leaf and what user code made, k + 1 if a sweep over nodes of order k did.
  int order() const { return order_; }

  /// Gives up what is kept of input `i`, for those who take a graph apart, and returns how it was made.
  virtual std::shared_ptr<Node> release_input(std::size_t /*i*/) noexcept { return nullptr; }

 protected:
  /// Takes the graph below this node apart without recursion: a chain of a million nodes must not overflow the stack. To be
  /// called by destructors, while release_input() still is that of the class that keeps the inputs.
  void unlink() noexcept;

 private:
  std::uint32_t input_count_;
  std::uint8_t order_;
};

/// A tensor that can be differentiated with respect to. Cheap to copy: value and history are shared.
template <Scalar T>
class Var {
 public:
  using value_type = T;  ///< the scalar

  /// An empty constant of shape (0,).
  Var() = default;

  /// A leaf: gradients with respect to it can be asked for.
  Var(Tensor<T> value)
      : value_(std::move(value)),
        node_(std::allocate_shared<Node<T>>(PoolAllocator<Node<T>>(), /*input_count=*/0, /*order=*/0)) {}

  /// A variable with a history; operations make these through apply().
  Var(Tensor<T> value, std::shared_ptr<Node<T>> node) : value_(std::move(value)), node_(std::move(node)) {}

  /// A value with no history: no gradient flows through it.
  static Var constant(Tensor<T> value) { return Var(std::move(value), nullptr); }

  /// The value.
  const Tensor<T>& value() const& { return value_; }
  /// The value of a variable that nobody else will ask: `const Tensor<T>& y = f(x).value()` outlives it.
  Tensor<T> value() && { return std::move(value_); }
  /// The extents of the value.
  const Shape& shape() const { return value_.shape(); }
  /// Number of axes of the value.
  Index rank() const { return value_.rank(); }
  /// Number of elements of the value.
  Index size() const { return value_.size(); }

  /// The one element. Throws ShapeError when there is not exactly one.
  T item() const { return value_.item(); }

  /// The same value without history.
  Var detach() const { return constant(value_); }

  /// Whether the value has a history, so that gradients can reach what it was computed from.
  bool tracked() const { return node_ != nullptr; }

  /// Gives up value and history (to reuse the buffer in place).
  Tensor<T> release() && {
    node_.reset();
    return std::move(value_);
  }

  /// How the value was made; null for a constant.
  const std::shared_ptr<Node<T>>& node() const { return node_; }
  /// The same, to give it up or to replace it.
  std::shared_ptr<Node<T>>& node() { return node_; }

 private:
  Tensor<T> value_;
  std::shared_ptr<Node<T>> node_;
};

// A leaf has no inputs to ask for.
template <Scalar T>
Input<T> Node<T>::input(std::size_t) const {
  static const Shape none;
  return {nullptr, none, nullptr};
}
template <Scalar T>
Var<T> Node<T>::vjp(Index, const Var<T>&, bool) const {
  return {};
}

template <Scalar T>
std::vector<Var<T>> Node<T>::vjps(std::span<const Index> wanted, const Var<T>& g, bool create_graph) const {
  std::vector<Var<T>> cotangents;
  for (const Index i : wanted) cotangents.push_back(vjp(i, g, create_graph));
  return cotangents;
}

namespace detail {

/// Whether nobody else holds the node. What former owners in other threads did to it has happened then: their counts went down
/// with release, and going down from two to one here acquires them, which reading use_count() does not.
template <Scalar T>
bool is_last_owner(const std::shared_ptr<Node<T>>& node) noexcept {
  if (node.use_count() > 1) return false;
  static_cast<void>(std::shared_ptr<Node<T>>(node));
  return true;
}

}  // namespace detail

template <Scalar T>
void Node<T>::unlink() noexcept {
  std::vector<std::shared_ptr<Node>, PoolAllocator<std::shared_ptr<Node>>> pending;
  const auto take = [&](Node& node) {
    for (std::size_t i = 0; i < node.input_count_; ++i)
      if (std::shared_ptr<Node> below = node.release_input(i)) try {
          pending.push_back(std::move(below));
        } catch (const std::bad_alloc&) {
          // `below` goes here and takes its own graph apart, on the stack.
        }
  };
  take(*this);
  while (!pending.empty()) {
    const std::shared_ptr<Node> node = std::move(pending.back());
    pending.pop_back();
    // Only what nobody else holds is taken apart: a node that is still shared goes with its last owner, which may be
    // another entry of `pending`.
    if (detail::is_last_owner(node)) take(*node);
  }
}

/// `x` without its history: gradients stop here (what other libraries call stop_gradient).
template <Scalar T>
Var<T> detach(const Var<T>& x) {
  return x.detach();
}

/// `x` itself if it has a history, else a leaf of the same value: what derivatives can be taken with respect to.
template <Scalar T>
Var<T> attach(const Var<T>& x) {
  return x.tracked() ? x : Var<T>(x.value());
}

}  // namespace neb
