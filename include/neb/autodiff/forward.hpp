/// Running an operation on values, which the observers of this thread see: see recording.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <span>
#include <vector>

#include "neb/autodiff/recording.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb::autodiff {

/// Floating-point operations of one run; those of an operation that does not say are one for each element it reads or
/// writes, whichever are more.
template <class Op, std::same_as<Shape>... X>
double flops_of(const Shape& y, const X&... x) {
  if constexpr (requires { Op::flops(y, x...); })
    return Op::flops(y, x...);
  else
    return static_cast<double>(std::max({y.size(), x.size()...}));
}

/// The tensor that run() gives, which is what the operation makes of `inputs`; the observers of this thread see it, with
/// flops(its shape).
template <class Op, class Run, class Flops>
[[gnu::noinline]] auto observed(std::span<const Operand> inputs, const Run& run, const Flops& flops) {
  Watch watch({Op::name, recording.order, inputs});
  auto y = run();
  watch.computed(y, flops(y.shape()));
  return y;
}

/// op.forward(x...), and the observers of this thread see it.
template <class Op, Scalar T, std::same_as<Tensor<T>>... Rest>
Tensor<T> forward(const Op& op, const Tensor<T>& x, const Rest&... rest) {
  if (!recording.observer) [[likely]]
    return op.forward(x, rest...);
  const std::array<Operand, 1 + sizeof...(rest)> inputs{Operand(x), Operand(rest)...};
  return observed<Op>(
      inputs, [&] { return op.forward(x, rest...); },
      [&](const Shape& y) { return flops_of<Op>(y, x.shape(), rest.shape()...); });
}

/// The same for an operation that takes its inputs as one span.
template <class Op, Scalar T>
Tensor<T> forward(const Op& op, std::span<const Var<T>> x) {
  if (!recording.observer) [[likely]]
    return op.forward(x);
  std::vector<Operand> inputs;
  Index elements = 0;
  for (const Var<T>& input : x) {
    inputs.emplace_back(input.value());
    elements += input.size();
  }
  return observed<Op>(
      inputs, [&] { return op.forward(x); },
      [&](const Shape& y) { return static_cast<double>(std::max(y.size(), elements)); });
}

}  // namespace neb::autodiff
