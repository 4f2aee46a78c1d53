/// check_grads(): derivatives against finite differences, to any order. Use double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/function.hpp"
#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb {

/// How check_grads() compares.
struct CheckOptions {
  int order = 2;            ///< derivatives checked: 1 the gradient, 2 the gradient's gradient as well, ...
  double step = 1e-3;       ///< of the five-point difference, whose error is O(step^4)
  double tolerance = 1e-6;  ///< of the difference, relative to the sizes compared (at least 1)
  std::uint64_t seed = 0;   ///< of the random directions
};

namespace autodiff {

template <Scalar T>
double inner_product(const Tensor<T>& a, const Tensor<T>& b) {
  double sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sum;
}

/// d/dt <f(x + t v), r> at t = 0, where v moves input `which` only, by the five-point rule.
template <Scalar T>
double directional_difference(const Function<T>& f, const std::vector<Var<T>>& x, std::size_t which, const Tensor<T>& v,
                              const Tensor<T>& r, double step) {
  const auto at = [&](double t) {
    std::vector<Var<T>> moved = x;
    Tensor<T> value = x[which].value();
    kernels::map(
        value.size(), value.mutable_data(), [t](T p, T d) { return p + static_cast<T>(t) * d; },
        x[which].value().data(), v.data());
    moved[which] = Var<T>(std::move(value));
    return inner_product(f(moved).value(), r);
  };
  return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
}

}  // namespace autodiff

/// Compares the vjp of `f` at `inputs` with finite differences, in random directions, then does the same with the vjp
/// itself as the function (of the inputs and of the cotangent), up to `order`. Returns the worst relative difference.
/// Throws GraphError, naming the order and the input, when it exceeds the tolerance or is not finite.
template <Scalar T>
double check_grads(const Function<T>& f, const std::vector<Tensor<T>>& inputs, CheckOptions options = {}) {
  const std::vector<Var<T>> x(inputs.begin(), inputs.end());
  const Var<T> y = f(x);
  const Key key = Key(options.seed).fold("check_grads").at(static_cast<std::uint64_t>(options.order));
  const Tensor<T> r = random_normal<T>(y.shape(), key.fold("cotangent"));
  const auto cotangents = vjp<T>(y, x, Var<T>::constant(r), {.unreached_is_zero = true});

  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Tensor<T> v = random_normal<T>(x[i].shape(), key.fold("direction").at(i));
    const double expected = autodiff::directional_difference(f, x, i, v, r, options.step);
    const double got = autodiff::inner_product(cotangents[i].value(), v);
    const double error = std::abs(got - expected) / std::max({1.0, std::abs(got), std::abs(expected)});
    if (!(error <= options.tolerance))
      throw GraphError("check_grads: derivative with respect to input " + std::to_string(i) + " of " +
                       std::to_string(x.size()) + ", " + std::to_string(options.order - 1) +
                       (options.order == 2 ? " order" : " orders") + " left to check, is " + std::to_string(got) +
                       "; finite differences give " + std::to_string(expected) +
                       "   [input: " + x[i].shape().to_string() + "]");
    worst = std::max(worst, error);
  }
  if (options.order <= 1) return worst;

  // The vjp is linear in the cotangent, which is checked as one more input.
  std::vector<Tensor<T>> extended = inputs;
  extended.push_back(r);
  --options.order;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Function<T> gradient = [&f, i](const std::vector<Var<T>>& all) {
      const std::vector<Var<T>> arguments(all.begin(), all.end() - 1);
      return vjp<T>(f(arguments), arguments, all.back(), {.create_graph = true, .unreached_is_zero = true})[i];
    };
    worst = std::max(worst, check_grads<T>(gradient, extended, options));
  }
  return worst;
}

}  // namespace neb
