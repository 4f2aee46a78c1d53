/// Running an operation on values, which the observers of this thread see: see recording.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "neb/autodiff/var.hpp"

namespace neb::autodiff {

/// Floating-point operations of one run; those of an operation that does not say are one for each element it reads or
/// writes, whichever are more.
template <class Op, class... X>
double flops_of(const Shape& y, const X&... x) {
  if constexpr (requires { Op::flops(y, x.shape()...); })
    return Op::flops(y, x.shape()...);
  else
    return static_cast<double>(std::max({y.size(), x.size()...}));
}

template <class Op, Scalar T, std::same_as<Tensor<T>>... Rest>
[[gnu::noinline]] Tensor<T> forward_observed(const Op& op, const Tensor<T>& x, const Rest&... rest) {
  const std::array<Operand, 1 + sizeof...(rest)> inputs{Operand(x), Operand(rest)...};
  Watch watch({Op::name, recording.order, inputs});
  Tensor<T> y = op.forward(x, rest...);
  watch.computed(y, flops_of<Op>(y.shape(), x, rest...));
  return y;
}

template <class Op, Scalar T>
[[gnu::noinline]] Tensor<T> forward_observed(const Op& op, std::span<const Var<T>> x) {
  std::vector<Operand> inputs;
  Index elements = 0;
  for (const Var<T>& input : x) {
    inputs.emplace_back(input.value());
    elements += input.size();
  }
  Watch watch({Op::name, recording.order, inputs});
  Tensor<T> y = op.forward(x);
  watch.computed(y, static_cast<double>(std::max(y.size(), elements)));
  return y;
}

/// op.forward(x...), and the observers of this thread see it.
template <class Op, class... X>
auto forward(const Op& op, const X&... x) {
  if (recording.observer) [[unlikely]]
    return forward_observed(op, x...);
  return op.forward(x...);
}

}  // namespace neb::autodiff
