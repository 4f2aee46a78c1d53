/// apply(): runs an operation and records it.
///
/// An operation is a plain struct:
///
///   template <Scalar T>
///   struct Cube {
///     static constexpr const char* name = "cube";
///     Tensor<T> forward(const Tensor<T>& x) const;                          // on values
///     Var<T> vjp(Index i, const Var<T>& g, const Var<T>& x) const;          // cotangent of input i, on variables
///   };
///
/// vjp is written with public operations on variables, never on raw values. That one rule is why gradients of gradients,
/// of any order, need no code: what vjp computes is recorded like everything else. vjp is asked per input, so a
/// cotangent that nobody needs is never computed. What the graph keeps for it is what its signature names:
///   - `vjp(i, g, const Var<T>&... x)` receives the inputs;
///   - `vjp(i, g, const Shape&... x)` looks at their shapes only, and the graph keeps no more;
///   - with one more variable, `vjp(i, g, const Var<T>& y, x...)`, either receives the output y as well.
/// For profiles an operation may tell its `static double flops(const Shape& y, const Shape&... x)`, where that is not one for
/// each element.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/autodiff/forward.hpp"

namespace neb {

namespace autodiff {

/// How a variable was made, and its shape: what stands for it where no derivative needs its value.
template <Scalar T>
struct Origin {
  Shape shape;
  std::shared_ptr<Node<T>> node;

  Origin() = default;
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
  const Var<T> gone = std::move(x);
  return gone.node();
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
  template <class X, std::size_t... k>
  static constexpr bool takes(std::index_sequence<k...>) {
    return requires(const Op& op, Index i, const Var<T>& g, Repeat<X, k>... x) {
      { op.vjp(i, g, x...) } -> std::convertible_to<Var<T>>;
    };
  }
  template <class X, std::size_t... k>
  static constexpr bool takes_output_and(std::index_sequence<k...>) {
    return requires(const Op& op, Index i, const Var<T>& v, Repeat<X, k>... x) {
      { op.vjp(i, v, v, x...) } -> std::convertible_to<Var<T>>;
    };
  }
  using Inputs = std::make_index_sequence<count>;

 public:
  static constexpr bool output = takes_output_and<Var<T>>(Inputs()) || takes_output_and<Shape>(Inputs());
  static constexpr bool shapes = takes<Shape>(Inputs()) || takes_output_and<Shape>(Inputs());
  static constexpr bool exists = output || shapes || takes<Var<T>>(Inputs());
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

// What an operation is, so that apply() can say what a user forgot before the compiler says it from deep inside.
template <class Op>
concept HasName = requires {
  { Op::name } -> std::convertible_to<const char*>;
};
template <class Op, class T, class... X>
concept HasForward = requires(const Op& op, const X&... x) {
  { op.forward(x...) } -> std::convertible_to<Tensor<T>>;
};

}  // namespace autodiff

/// The result of `op` on `x...`, recorded so that it can be differentiated if any input is tracked.
template <class Op, Scalar T, std::same_as<Var<T>>... Rest>
Var<T> apply(Op op, const Var<T>& x, const Rest&... rest) {
  constexpr std::size_t count = 1 + sizeof...(rest);
  static_assert(autodiff::HasName<Op>, "neb::apply: the operation has no static constexpr const char* name");
  static_assert(autodiff::HasForward<Op, T, Tensor<T>, decltype(rest.value())...>,
                "neb::apply: the operation has no Tensor<T> forward(const Tensor<T>&...) const, for as many inputs");
  static_assert(autodiff::VjpOf<Op, T, count>::exists,
                "neb::apply: the operation has no Var<T> vjp(Index i, const Var<T>& g, const Var<T>&...) const, for as "
                "many inputs (all const Shape& where it looks at shapes only) or one variable more, the output");
  Tensor<T> y = autodiff::forward(op, x.value(), rest.value()...);
  if (!(x.tracked() || ... || rest.tracked())) return Var<T>::constant(std::move(y));
  using Recorded = autodiff::Recorded<Op, T, count>;
  auto node = std::allocate_shared<Recorded>(PoolAllocator<Recorded>(), std::move(op), y, x, rest...);
  return Var<T>(std::move(y), std::move(node));
}

/// The same for an operation on any number of inputs, whose forward receives them as one span, and whose vjp does so or
/// receives their shapes as one.
template <class Op, Scalar T>
Var<T> apply(Op op, std::vector<Var<T>> x) {  // by value: for a reference, std::apply could be the better match
  using Span = std::span<const Var<T>>;
  using Recorded = autodiff::RecordedMany<Op, T>;
  static_assert(autodiff::HasName<Op>, "neb::apply: the operation has no static constexpr const char* name");
  static_assert(autodiff::HasForward<Op, T, Span>,
                "neb::apply: the operation has no Tensor<T> forward(std::span<const Var<T>>) const");
  static_assert(
      Recorded::takes_values || Recorded::takes_shapes,
      "neb::apply: the operation has no Var<T> vjp(Index i, const Var<T>& g, std::span<const Var<T>>) const, nor "
      "one that takes a std::span<const Shape>");
  Tensor<T> y = autodiff::forward(op, Span(x));
  if (std::none_of(x.begin(), x.end(), [](const Var<T>& input) { return input.tracked(); }))
    return Var<T>::constant(std::move(y));
  return Var<T>(std::move(y), std::make_shared<Recorded>(std::move(op), Span(x)));
}

}  // namespace neb
