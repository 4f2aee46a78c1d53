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
/// cotangent that nobody needs is never computed. Two things an operation may add, both to save memory:
///   - `vjp(i, g, y, x...)`, with one more variable, receives the output y; without it the graph does not keep y;
///   - `static constexpr bool needs_values = false;` says that vjp looks at the shapes of its inputs only.
/// And one for profiles: `static double flops(const Shape& y, const Shape&... x)`, where it is not one for each element.
#pragma once

#include <string>

#include "neb/autodiff/forward.hpp"

namespace neb {

namespace autodiff {

template <class Op>
concept ShapesOnly = requires {
  requires !Op::needs_values;
};

/// A stand-in for a value that no derivative needs: its shape, and no elements.
template <Scalar T>
Tensor<T> shape_only(const Shape& shape) {
  return Tensor<T>::without_elements(shape);
}

template <class Op, Scalar T>
Var<T> to_save(const Var<T>& input) {
  if constexpr (ShapesOnly<Op>)
    return Var<T>(shape_only<T>(input.shape()), input.node());
  else
    return input;
}

/// What stands for an output that no vjp asks for.
struct NotSaved {
  template <class T>
  explicit NotSaved(const Tensor<T>&) {}
};

/// A recorded operation with `count` inputs.
template <class Op, Scalar T, std::size_t count>
class Recorded final : public Node<T> {
 public:
  Recorded(Op op, std::array<Var<T>, count> inputs, const Tensor<T>& y)
      : op_(std::move(op)), inputs_(std::move(inputs)), y_(y) {}
  ~Recorded() override { Node<T>::unlink(inputs_); }

  const char* name() const override { return Op::name; }
  std::span<const Var<T>> inputs() const override { return inputs_; }
  std::span<Var<T>> mutable_inputs() override { return inputs_; }

  Var<T> vjp(Index i, const Var<T>& g, bool create_graph) const override {
    return call(i, g, create_graph, std::make_index_sequence<count>());
  }

 private:
  template <std::size_t>
  using Input = const Var<T>&;
  template <std::size_t... k>
  static constexpr bool takes_output(std::index_sequence<k...>) {
    return requires(const Op& op, Index i, const Var<T>& v, Input<k>... x) { op.vjp(i, v, v, x...); };
  }
  static constexpr bool uses_output = takes_output(std::make_index_sequence<count>());

  template <std::size_t... k>
  Var<T> call(Index i, const Var<T>& g, bool create_graph, std::index_sequence<k...>) const {
    const auto input = [&](const Var<T>& x) { return create_graph ? x : x.detach(); };
    if constexpr (uses_output) {
      auto self = create_graph ? std::const_pointer_cast<Node<T>>(this->shared_from_this()) : nullptr;
      return op_.vjp(i, g, Var<T>(y_, std::move(self)), input(inputs_[k])...);
    } else {
      return op_.vjp(i, g, input(inputs_[k])...);
    }
  }

  Op op_;
  std::array<Var<T>, count> inputs_;
  // A quarter of the node: only where vjp asks for it.
  [[no_unique_address]] std::conditional_t<uses_output, Tensor<T>, NotSaved> y_;
};

/// A recorded operation whose number of inputs is known at run time; its vjp receives them as one span.
template <class Op, Scalar T>
class RecordedMany final : public Node<T> {
 public:
  RecordedMany(Op op, std::vector<Var<T>> inputs) : op_(std::move(op)), inputs_(std::move(inputs)) {}
  ~RecordedMany() override { Node<T>::unlink(inputs_); }

  const char* name() const override { return Op::name; }
  std::span<const Var<T>> inputs() const override { return inputs_; }
  std::span<Var<T>> mutable_inputs() override { return inputs_; }

  Var<T> vjp(Index i, const Var<T>& g, bool create_graph) const override {
    if (create_graph) return op_.vjp(i, g, std::span<const Var<T>>(inputs_));
    std::vector<Var<T>> detached;
    for (const Var<T>& input : inputs_) detached.push_back(input.detach());
    return op_.vjp(i, g, std::span<const Var<T>>(detached));
  }

 private:
  Op op_;
  std::vector<Var<T>> inputs_;
};

template <Scalar T>
void check_has_elements(const char* op, const Var<T>& x) {
  if (x.size() > 0 && x.value().data() == nullptr)
    throw GraphError(std::string(op) +
                     ": the vjp that calls it uses the value of an input, but its operation says "
                     "needs_values = false   [x: " +
                     x.shape().to_string() + "]");
}

// What an operation is, so that apply() can say what a user forgot before the compiler says it from deep inside.
template <class Op>
concept HasName = requires {
  { Op::name } -> std::convertible_to<const char*>;
};
template <class Op, class T, class... X>
concept HasForward = requires(const Op& op, const X&... x) {
  { op.forward(x...) } -> std::convertible_to<Tensor<T>>;
};
template <class Op, class T, class... X>
concept HasVjp = requires(const Op& op, const Var<T>& v, const X&... x) {
  { op.vjp(Index(), v, x...) } -> std::convertible_to<Var<T>>;
};

}  // namespace autodiff

/// The result of `op` on `x...`, recorded so that it can be differentiated if any input is tracked.
template <class Op, Scalar T, std::same_as<Var<T>>... Rest>
Var<T> apply(Op op, const Var<T>& x, const Rest&... rest) {
  static_assert(autodiff::HasName<Op>, "neb::apply: the operation has no static constexpr const char* name");
  static_assert(autodiff::HasForward<Op, T, Tensor<T>, decltype(rest.value())...>,
                "neb::apply: the operation has no Tensor<T> forward(const Tensor<T>&...) const, for as many inputs");
  static_assert(
      autodiff::HasVjp<Op, T, Var<T>, Rest...> || autodiff::HasVjp<Op, T, Var<T>, Var<T>, Rest...>,
      "neb::apply: the operation has no Var<T> vjp(Index i, const Var<T>& g, const Var<T>&...) const, for as many "
      "inputs or one more, the output");
  autodiff::check_has_elements(Op::name, x);
  (autodiff::check_has_elements(Op::name, rest), ...);
  Tensor<T> y = autodiff::forward(op, x.value(), rest.value()...);
  if (!(x.tracked() || ... || rest.tracked())) return Var<T>::constant(std::move(y));
  constexpr std::size_t count = 1 + sizeof...(rest);
  std::array<Var<T>, count> inputs{autodiff::to_save<Op>(x), autodiff::to_save<Op>(rest)...};
  using Recorded = autodiff::Recorded<Op, T, count>;
  auto node = std::allocate_shared<Recorded>(PoolAllocator<Recorded>(), std::move(op), std::move(inputs), y);
  return Var<T>(std::move(y), std::move(node));
}

/// The same for an operation on any number of inputs, whose forward and vjp receive them as one span.
template <class Op, Scalar T>
Var<T> apply(Op op, std::vector<Var<T>> x) {  // by value: for a reference, std::apply could be the better match
  using Span = std::span<const Var<T>>;
  static_assert(autodiff::HasName<Op>, "neb::apply: the operation has no static constexpr const char* name");
  static_assert(autodiff::HasForward<Op, T, Span>,
                "neb::apply: the operation has no Tensor<T> forward(std::span<const Var<T>>) const");
  static_assert(autodiff::HasVjp<Op, T, Span>,
                "neb::apply: the operation has no Var<T> vjp(Index i, const Var<T>& g, std::span<const Var<T>>) const");
  bool tracked = false;
  for (const Var<T>& input : x) {
    autodiff::check_has_elements(Op::name, input);
    tracked = tracked || input.tracked();
  }
  Tensor<T> y = autodiff::forward(op, std::span<const Var<T>>(x));
  if (!tracked) return Var<T>::constant(std::move(y));
  for (Var<T>& input : x) input = autodiff::to_save<Op>(input);
  return Var<T>(std::move(y), std::make_shared<autodiff::RecordedMany<Op, T>>(std::move(op), std::move(x)));
}

}  // namespace neb
