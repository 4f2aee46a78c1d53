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
/// Where all cotangents of constants cost less together, an operation may give them at once as well, `std::vector<Var<T>>
/// vjps(g, const Var<T>&... x)`, in the order of its inputs and with the bits of vjp.
/// For profiles an operation may tell its `static double flops(const Shape& y, const Shape&... x)`, where that is not one for
/// each element.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "neb/autodiff/forward.hpp"
#include "neb/autodiff/recorded.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

namespace autodiff {

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
