/// A graph as a list of steps, each after its inputs: what trace() prints and to_graphviz() draws.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "neb/autodiff/layout.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// What to call variables in tables and pictures. A dotted name, as in "layers.0.weight", puts a parameter into a module.
template <Scalar T>
using Names = std::vector<std::pair<Var<T>, std::string>>;

namespace autodiff {

/// One line of a listing.
struct Step {
  static constexpr std::size_t none = ~std::size_t{0};
  struct Input {
    std::size_t step;      ///< where it was computed, `none` for a constant
    std::string constant;  ///< its value if it has one element, its name or its shape otherwise
  };

  std::string operation;  ///< "leaf" for a variable that was computed from nothing
  std::string name;       ///< as given, or empty
  std::string module;     ///< "layers.0"; empty outside of modules
  Shape shape;
  int order;  ///< of derivative
  std::vector<Input> inputs = {};

  bool is_leaf() const { return operation == "leaf"; }
};

/// Lists what some variables were computed from.
template <Scalar T>
class Listing {
 public:
  explicit Listing(const Names<T>& names) : names_(names) {
    for (const auto& [var, name] : names)
      if (var.tracked()) name_of_[var.node().get()] = name;
  }

  /// Appends what `root` was computed from, and is not listed yet.
  void add(const Var<T>& root) {
    if (!root.tracked()) {
      steps_.push_back({"constant", given_name(&root.value()), "", root.shape(), 0});
      return;
    }
    const std::size_t listed = graph_.order().size();
    graph_.add(root.node().get());
    // A node does not know its own shape; who uses it does.
    std::vector<Shape> shapes(graph_.size());
    shapes[graph_.find(root.node().get())] = root.shape();
    for (const auto position : graph_.order().subspan(listed)) {
      const auto inputs = graph_.inputs(position);
      for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i] != graph_.nowhere) shapes[inputs[i]] = graph_.node(position).input(i).shape;
    }
    step_of_.resize(graph_.size());
    for (const auto position : graph_.order().subspan(listed)) append(position, shapes[position]);
  }

  const std::vector<Step>& steps() const { return steps_; }

 private:
  void append(typename Layout<T>::Position position, const Shape& shape) {
    const Node<T>& node = graph_.node(position);
    step_of_[position] = steps_.size();
    Step step{node.name(), "", "", shape, node.order()};
    if (const auto found = name_of_.find(&node); found != name_of_.end()) step.name = found->second;
    for (std::size_t i = 0; i < node.input_count(); ++i) {
      const auto input = graph_.inputs(position)[i];
      if (input != graph_.nowhere)
        step.inputs.push_back({step_of_[input], ""});
      else
        step.inputs.push_back({Step::none, constant_name(node.input(i))});
    }
    step.module = module_of(step);
    steps_.push_back(std::move(step));
  }

  /// The name that a constant was given, or nothing. Constants have no node: the same elements are the same constant.
  std::string given_name(const Tensor<T>* constant) const {
    for (const auto& [var, name] : names_)
      if (constant && constant->size() > 0 && !var.tracked() && var.value().data() == constant->data()) return name;
    return "";
  }

  std::string constant_name(const Input<T>& x) const {
    if (std::string name = given_name(x.value); !name.empty()) return name;
    if (!x.value || x.shape.size() != 1) return "constant " + x.shape.to_string();
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", static_cast<double>(x.value->item()));
    return text;
  }

  /// A parameter is in the module of its name, an operation on a parameter in the module of that. A derivative is where
  /// the values are at which it is taken, and any other operation where its first input of the same order is: what is
  /// computed from a gradient in user code is outside again.
  std::string module_of(const Step& step) const {
    if (step.is_leaf()) {
      const std::size_t dot = step.name.rfind('.');
      return dot == std::string::npos ? "" : step.name.substr(0, dot);
    }
    const auto first = [&](auto&& fits) -> std::string {
      for (const Step::Input& input : step.inputs)
        if (input.step != Step::none && !steps_[input.step].module.empty() && fits(steps_[input.step]))
          return steps_[input.step].module;
      return "";
    };
    std::string module = first([](const Step& input) { return input.is_leaf(); });
    if (module.empty()) module = first([&](const Step& input) { return input.order < step.order; });
    if (module.empty()) module = first([&](const Step& input) { return input.order == step.order; });
    return module;
  }

  const Names<T>& names_;
  std::unordered_map<const Node<T>*, std::string> name_of_;
  Layout<T> graph_;
  std::vector<std::size_t> step_of_;  // where the nodes of the graph stand in steps_
  std::vector<Step> steps_;
};

}  // namespace autodiff

}  // namespace neb
