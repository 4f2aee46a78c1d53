/// What apply() records: nodes that hold an operation, and of its inputs what its vjp takes.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/autodiff/recording.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb::autodiff {

/// How a variable was made, and its shape: what stands for it where no derivative needs its value.
template <Scalar T>
struct Origin {
  Shape shape;
  std::shared_ptr<Node<T>> node;

  Origin(const Var<T>& x) : shape(x.shape()), node(x.node()) {}
  Origin(Var<T>&& x) : shape(x.shape()), node(std::move(x.node())) {}
};

template <Scalar T>
Input<T> kept(const Var<T>& x) {
  return {x.node().get(), x.shape(), &x.value()};
}
template <Scalar T>
Input<T> kept(const Origin<T>& x) {
  return {x.node.get(), x.shape, nullptr};
}

template <Scalar T>
std::shared_ptr<Node<T>> release(Var<T>& x) {
  Var<T> gone = std::move(x);  // with its value
  return std::move(gone.node());
}
template <Scalar T>
std::shared_ptr<Node<T>> release(Origin<T>& x) {
  return std::move(x.node);
}

/// What the vjp of an operation on `count` inputs takes, as its signature says.
template <class Op, class T, std::size_t count>
class VjpOf {
  template <class X, std::size_t>
  using Repeat = const X&;
  template <class X, std::size_t... y, std::size_t... k>
  static constexpr bool takes(std::index_sequence<y...>, std::index_sequence<k...>) {
    return requires(const Op& op, Index i, const Var<T>& g, Repeat<Var<T>, y>... v, Repeat<X, k>... x) {
      { op.vjp(i, g, v..., x...) } -> std::convertible_to<Var<T>>;
    };
  }
  template <class X>
  static constexpr bool takes_inputs = takes<X>(std::make_index_sequence<0>(), std::make_index_sequence<count>());
  template <class X>
  static constexpr bool takes_output = takes<X>(std::make_index_sequence<1>(), std::make_index_sequence<count>());

 public:
  static constexpr bool output = takes_output<Var<T>> || takes_output<Shape>;
  static constexpr bool shapes = takes_inputs<Shape> || takes_output<Shape>;
  /// Whether the operation can give the cotangents of all its inputs at once.
  static constexpr bool together = []<std::size_t... k>(std::index_sequence<k...>) {
    return requires(const Op& op, const Var<T>& g, Repeat<Var<T>, k>... x) {
      { op.vjps(g, x...) } -> std::convertible_to<std::vector<Var<T>>>;
    };
  }
  (std::make_index_sequence<count>());
  static constexpr bool exists = output || shapes || takes_inputs<Var<T>>;
  using Kept = std::conditional_t<shapes, Origin<T>, Var<T>>;
};

/// What stands for an output that no vjp asks for.
struct NotKept {
  template <class T>
  explicit NotKept(const Tensor<T>&) {}
};

/// A recorded operation with `count` inputs.
template <class Op, Scalar T, std::size_t count>
class Recorded final : public Node<T> {
  using Vjp = VjpOf<Op, T, count>;
  using Kept = typename Vjp::Kept;

 public:
  template <class... X>
  Recorded(Op op, const Tensor<T>& y, const X&... x) : Node<T>(count), op_(std::move(op)), inputs_{Kept(x)...}, y_(y) {}
  ~Recorded() override { this->unlink(); }

  const char* name() const override { return Op::name; }
  Input<T> input(std::size_t i) const override { return kept(inputs_[i]); }
  std::shared_ptr<Node<T>> release_input(std::size_t i) noexcept override { return release(inputs_[i]); }

  Var<T> vjp(Index i, const Var<T>& g, bool create_graph) const override {
    return call(i, g, create_graph, std::make_index_sequence<count>());
  }

  bool joint() const override { return Vjp::together; }
  std::vector<Var<T>> vjps(std::span<const Index> wanted, const Var<T>& g, bool create_graph) const override {
    // What is recorded, or observed, is one operation a cotangent.
    if constexpr (Vjp::together)
      if (wanted.size() == count && !create_graph && !recording.observer)
        return [&]<std::size_t... k>(std::index_sequence<k...>) { return op_.vjps(g, inputs_[k].detach()...); }
    (std::make_index_sequence<count>());
    return Node<T>::vjps(wanted, g, create_graph);
  }

 private:
  template <std::size_t... k>
  Var<T> call(Index i, const Var<T>& g, bool create_graph, std::index_sequence<k...>) const {
    const auto argument = [&](const Kept& x) {
      if constexpr (Vjp::shapes)
        return x.shape;
      else
        return create_graph ? x : x.detach();
    };
    if constexpr (Vjp::output) {
      auto self = create_graph ? std::const_pointer_cast<Node<T>>(this->shared_from_this()) : nullptr;
      return op_.vjp(i, g, Var<T>(y_, std::move(self)), argument(inputs_[k])...);
    } else {
      return op_.vjp(i, g, argument(inputs_[k])...);
    }
  }

  Op op_;
  std::array<Kept, count> inputs_;
  // A quarter of the node: only where vjp asks for it.
  [[no_unique_address]] std::conditional_t<Vjp::output, Tensor<T>, NotKept> y_;
};

/// A recorded operation whose number of inputs is known at run time; its vjp receives them, or their shapes, as one span.
template <class Op, Scalar T>
class RecordedMany final : public Node<T> {
 public:
  static constexpr bool takes_shapes = requires(const Op& op, Index i, const Var<T>& g, std::span<const Shape> x) {
    { op.vjp(i, g, x) } -> std::convertible_to<Var<T>>;
  };
  static constexpr bool takes_values = requires(const Op& op, Index i, const Var<T>& g, std::span<const Var<T>> x) {
    { op.vjp(i, g, x) } -> std::convertible_to<Var<T>>;
  };

  RecordedMany(Op op, std::span<const Var<T>> x) : Node<T>(x.size()), op_(std::move(op)) {
    for (const Var<T>& input : x) {
      nodes_.push_back(input.node());
      if constexpr (takes_shapes)
        kept_.push_back(input.shape());
      else
        kept_.push_back(input.detach());
    }
  }
  ~RecordedMany() override { this->unlink(); }

  const char* name() const override { return Op::name; }
  Input<T> input(std::size_t i) const override {
    if constexpr (takes_shapes)
      return {nodes_[i].get(), kept_[i], nullptr};
    else
      return {nodes_[i].get(), kept_[i].shape(), &kept_[i].value()};
  }
  std::shared_ptr<Node<T>> release_input(std::size_t i) noexcept override {
    kept_[i] = {};
    return std::move(nodes_[i]);
  }

  Var<T> vjp(Index i, const Var<T>& g, bool create_graph) const override {
    if constexpr (!takes_shapes) {
      if (create_graph) {
        std::vector<Var<T>> x;
        for (std::size_t k = 0; k < kept_.size(); ++k) x.push_back(Var<T>(kept_[k].value(), nodes_[k]));
        return op_.vjp(i, g, std::span<const Var<T>>(x));
      }
    }
    return op_.vjp(i, g, std::span(kept_));
  }

 private:
  Op op_;
  std::vector<std::shared_ptr<Node<T>>> nodes_;
  std::vector<std::conditional_t<takes_shapes, Shape, Var<T>>> kept_;  // values without their history
};

}  // namespace neb::autodiff
