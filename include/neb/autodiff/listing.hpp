/// A graph as a list of steps, each after its inputs: what trace() prints and to_graphviz() draws.
#pragma once

#include <cstdio>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"

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

  /// Appends what `root` was computed from, and is not listed yet. With an explicit stack: graphs are deep.
  void add(const Var<T>& root) {
    if (!root.tracked()) {
      steps_.push_back({"constant", given_name(root), "", root.shape(), 0});
      return;
    }
    struct Frame {
      const Node<T>* node;
      Shape shape;
      std::size_t next;
    };
    std::vector<Frame> path;
    const auto enter = [&](const Var<T>& x) {
      if (x.tracked() && position_.try_emplace(x.node().get(), Step::none).second)
        path.push_back({x.node().get(), x.shape(), 0});
    };
    enter(root);
    while (!path.empty()) {
      Frame& top = path.back();
      const auto inputs = top.node->inputs();
      if (top.next < inputs.size()) {
        enter(inputs[top.next++]);
        continue;
      }
      append(*top.node, top.shape);
      path.pop_back();
    }
  }

  const std::vector<Step>& steps() const { return steps_; }

 private:
  void append(const Node<T>& node, const Shape& shape) {
    position_[&node] = steps_.size();
    Step step{node.name(), "", "", shape, node.order()};
    if (const auto found = name_of_.find(&node); found != name_of_.end()) step.name = found->second;
    for (const Var<T>& input : node.inputs())
      if (input.tracked())
        step.inputs.push_back({position_.at(input.node().get()), ""});
      else
        step.inputs.push_back({Step::none, constant_name(input)});
    step.module = module_of(step);
    steps_.push_back(std::move(step));
  }

  /// The name that a constant was given, or nothing. Constants have no node: the same elements are the same constant.
  std::string given_name(const Var<T>& constant) const {
    const T* const data = constant.value().data();
    for (const auto& [var, name] : names_)
      if (!var.tracked() && data && var.value().data() == data) return name;
    return "";
  }

  std::string constant_name(const Var<T>& x) const {
    if (std::string name = given_name(x); !name.empty()) return name;
    if (x.size() != 1 || !x.value().data()) return "constant " + x.shape().to_string();
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", static_cast<double>(x.item()));
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
  std::unordered_map<const Node<T>*, std::size_t> position_;
  std::vector<Step> steps_;
};

}  // namespace autodiff

}  // namespace neb
