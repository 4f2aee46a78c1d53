/// recompute(): a piece of the graph that remembers its inputs only, and is evaluated again when it is differentiated.
///
/// It is closed under differentiation: with create_graph the vjp of a piece is a piece again, of the inputs and the
/// cotangent, so that a gradient of a gradient keeps no more than a gradient does.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/function.hpp"
#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/recording.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

template <Scalar T>
Var<T> recompute(Function<T> f, const std::vector<Var<T>>& inputs);

namespace autodiff {

/// The vjp of input `i` of a piece `f` of derivative order `order`, as a function of f's inputs and of the cotangent.
template <Scalar T>
Function<T> vjp_piece(Function<T> f, std::size_t i, int order) {
  return [f = std::move(f), i, order](const std::vector<Var<T>>& inputs_and_cotangent) {
    std::vector<Var<T>> x(inputs_and_cotangent.begin(), inputs_and_cotangent.end() - 1);
    const bool create_graph = std::any_of(inputs_and_cotangent.begin(), inputs_and_cotangent.end(),
                                          [](const Var<T>& input) { return input.tracked(); });
    const OrderScope scope(order);
    x[i] = attach(x[i]);
    // The value of f is not kept: who evaluates a piece again wants its graph.
    return vjp_for("vjp", f(x), std::span<const Var<T>>(&x[i], 1), inputs_and_cotangent.back(),
                   {.create_graph = create_graph, .unreached_is_zero = true})[0];
  };
}

/// The node of a piece. The cotangents of its inputs are asked for together: one evaluation serves them all.
template <Scalar T>
class Recomputed final : public Node<T> {
 public:
  Recomputed(Function<T> f, std::vector<Var<T>> inputs)
      : Node<T>(inputs.size()), f_(std::move(f)), inputs_(std::move(inputs)) {}
  ~Recomputed() override { this->unlink(); }

  const char* name() const override { return "recompute"; }
  Input<T> input(std::size_t i) const override { return kept(inputs_[i]); }
  std::shared_ptr<Node<T>> release_input(std::size_t i) noexcept override { return release(inputs_[i]); }
  bool joint() const override { return true; }

  Var<T> vjp(Index i, const Var<T>& g, bool create_graph) const override {
    return vjps(std::span<const Index>(&i, 1), g, create_graph)[0];
  }

  std::vector<Var<T>> vjps(std::span<const Index> wanted, const Var<T>& g, bool create_graph) const override {
    std::vector<Var<T>> x;
    for (const Var<T>& input : inputs_) x.push_back(create_graph ? input : input.detach());
    if (create_graph) {
      std::vector<Var<T>> cotangents;
      x.push_back(g);
      for (const Index i : wanted)
        cotangents.push_back(recompute(vjp_piece<T>(f_, static_cast<std::size_t>(i), this->order()), x));
      return cotangents;
    }
    const OrderScope scope(this->order());
    std::vector<Var<T>> targets;
    for (const Index i : wanted) {
      Var<T>& target = x[static_cast<std::size_t>(i)];
      target = Var<T>(target.value());
      targets.push_back(target);
    }
    return vjp_for("vjp", f_(x), std::span<const Var<T>>(targets), g, {.unreached_is_zero = true});
  }

 private:
  Function<T> f_;
  std::vector<Var<T>> inputs_;
};

}  // namespace autodiff

/// f(inputs), of which the graph keeps `inputs` and f alone: what f computes on the way is released, and computed again,
/// once, in each sweep that needs it (once for each input that leads to a target, where the sweep creates a graph). Worth
/// it for a piece with large values inside. f must be a function of its argument, giving the same result each time;
/// everything that it is to be differentiated by is an argument.
/// Throws GraphError when f depends on a tracked variable that is not among `inputs`, to which no gradient would flow.
template <Scalar T>
Var<T> recompute(Function<T> f, const std::vector<Var<T>>& inputs) {
  std::vector<Var<T>> constants;
  bool tracked = false;
  for (const Var<T>& input : inputs) {
    constants.push_back(input.detach());
    tracked = tracked || input.tracked();
  }
  Var<T> y = f(constants);
  if (y.tracked()) {
    std::string shapes;
    for (const Var<T>& input : inputs) shapes.append(shapes.empty() ? "" : ", ").append(input.shape().to_string());
    throw GraphError(
        "recompute: f depends on a tracked variable that is not among its inputs; make it an input, or detach it   "
        "[inputs: " +
        shapes + "]");
  }
  if (!tracked) return y;
  auto node = std::make_shared<autodiff::Recomputed<T>>(std::move(f), inputs);
  return Var<T>(y.value(), std::move(node));
}

/// The same for a function of several variables: recompute([](const auto& x, const auto& w) { ... }, x, w).
template <class F, Scalar T, std::same_as<Var<T>>... Rest>
requires(std::invocable<const F&, const Var<T>&, const Rest&...>) Var<T> recompute(F f, const Var<T>& x,
                                                                                   const Rest&... rest) {
  const auto spread = [f = std::move(f)](const std::vector<Var<T>>& inputs) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) { return Var<T>(f(inputs[k]...)); }
    (std::make_index_sequence<1 + sizeof...(rest)>());
  };
  return recompute(Function<T>(spread), std::vector<Var<T>>{x, rest...});
}

}  // namespace neb
