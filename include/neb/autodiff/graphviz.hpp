/// to_graphviz(): a picture of the graph, in the language of Graphviz' `dot`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/autodiff/listing.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// How to_graphviz() draws.
template <Scalar T>
struct GraphvizOptions {
  Names<T> names = {};     ///< of variables; parameters with dotted names, as in "layers.0.weight", make modules
  bool constants = true;   ///< draw what no gradient flows to
  bool collapse = false;   ///< draw each module as one box for each order of derivative, instead of a frame
  int module_depth = 100;  ///< parts of a module's name that count: 1 takes "layers.0" and "layers.1" as one, 0 none
};

namespace autodiff {

/// The fill of boxes by order of derivative: what user code computed, gradient, gradient of gradient, and beyond.
inline constexpr std::array<const char*, 4> order_colours = {"#d6e6f5", "#fbd9b0", "#cfe8c6", "#e3d1ec"};

class Drawing {
 public:
  Drawing(std::vector<Step> steps, bool constants, bool collapse, int module_depth)
      : steps_(std::move(steps)), constants_(constants), collapse_(collapse) {
    for (Step& step : steps_) step.module = first_parts(step.module, module_depth);
  }

  std::string text() {
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (!collapsed(steps_[i])) modules_[key(steps_[i])] += box(i);
    for (std::size_t i = 0; i < steps_.size(); ++i) connect(i);
    std::string text =
        "digraph neb {\n"
        "  graph [fontname=\"Helvetica\", fontsize=11]\n"
        "  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"filled,rounded\"]\n"
        "  edge [fontname=\"Helvetica\", fontsize=9]\n";
    for (const auto& [module, boxes] : modules_) text += frame(module, boxes);
    for (const auto& [module, content] : collapsed_modules()) text += module_box(module, content);
    for (const std::string& edge : edges_) text += edge;
    return text + "}\n";
  }

 private:
  using Key = std::pair<std::string, int>;  // module and order

  static Key key(const Step& step) { return {step.module, step.module.empty() ? 0 : step.order}; }
  bool collapsed(const Step& step) const { return collapse_ && !step.module.empty(); }

  static std::string first_parts(const std::string& module, int count) {
    std::size_t end = 0;
    for (; count > 0 && end != std::string::npos; --count) end = module.find('.', end + (end > 0 ? 1 : 0));
    return module.substr(0, end);
  }

  static std::string quoted(const std::string& text) {
    std::string escaped = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') escaped += '\\';
      if (c == '\n')
        escaped += "\\n";
      else
        escaped += c;
    }
    return escaped + '"';
  }

  static std::string fill(int order) {
    return order_colours[std::min(static_cast<std::size_t>(order), order_colours.size() - 1)];
  }

  /// The identifier of the box that step `i` is drawn in.
  std::string id(std::size_t i) const {
    return collapsed(steps_[i]) ? quoted(steps_[i].module + " " + std::to_string(steps_[i].order))
                                : "n" + std::to_string(i);
  }

  std::string box(std::size_t i) const {
    const Step& step = steps_[i];
    std::string title = step.operation;
    if (step.is_leaf() && !step.name.empty())  // inside of its module's frame, which tells the rest of the name
      title = step.module.empty() ? step.name : step.name.substr(step.module.size() + 1);
    else if (!step.name.empty())
      title = step.name + " = " + step.operation;
    return "  " + id(i) + " [label=" + quoted(title + "\n" + step.shape.to_string()) + ", fillcolor=\"" +
           fill(step.order) + (step.is_leaf() ? "\", shape=ellipse, style=filled]\n" : "\"]\n");
  }

  void connect(std::size_t i) {
    for (std::size_t k = 0; k < steps_[i].inputs.size(); ++k) {
      const auto& [from, constant] = steps_[i].inputs[k];
      if (from == Step::none) {
        if (constants_ && !collapsed(steps_[i])) connect_constant(i, k, constant);
      } else if (id(from) != id(i)) {
        // A collapsed module hides its shapes: the arrow that leaves it tells them.
        const bool hidden = collapsed(steps_[from]);
        add_edge("  " + id(from) + " -> " + id(i) +
                     (hidden ? " [label=" + quoted(steps_[from].shape.to_string()) + "]\n" : "\n"),
                 hidden);
      }
    }
  }

  void connect_constant(std::size_t i, std::size_t k, const std::string& constant) {
    const std::string name = "c" + std::to_string(i) + "_" + std::to_string(k);
    modules_[key(steps_[i])] += "  " + name + " [label=" + quoted(constant) + ", shape=plaintext, style=\"\"]\n";
    add_edge("  " + name + " -> " + id(i) + " [style=dotted]\n", false);
  }

  void add_edge(std::string edge, bool once) {
    if (once && !drawn_.insert(edge).second) return;
    edges_.push_back(std::move(edge));
  }

  std::string frame(const Key& module, const std::string& boxes) const {
    if (module.first.empty()) return boxes;
    return "  subgraph " + quoted("cluster " + module.first + " " + std::to_string(module.second)) +
           " {\n  label=" + quoted(module.first) + "\n  style=rounded\n  color=gray60\n" + boxes + "  }\n";
  }

  struct Content {
    int operations = 0, parameters = 0;
  };

  std::map<Key, Content> collapsed_modules() const {
    std::map<Key, Content> contents;
    for (const Step& step : steps_)
      if (collapsed(step)) ++(step.is_leaf() ? contents[key(step)].parameters : contents[key(step)].operations);
    return contents;
  }

  static std::string module_box(const Key& module, const Content& content) {
    std::string label = module.first;
    const auto count = [&](int n, const std::string& what) {
      if (n > 0) label += '\n' + std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
    };
    count(content.operations, "operation");
    count(content.parameters, "parameter");
    return "  " + quoted(module.first + " " + std::to_string(module.second)) + " [label=" + quoted(label) +
           ", fillcolor=\"" + fill(module.second) + "\", shape=box3d, style=filled]\n";
  }

  std::vector<Step> steps_;
  bool constants_, collapse_;
  std::map<Key, std::string> modules_;  // and their boxes
  std::vector<std::string> edges_;
  std::set<std::string> drawn_;
};

}  // namespace autodiff

/// The graph of what `outputs` were computed from, as text for `dot -Tsvg`: a box for each operation with its shape,
/// coloured by order of derivative (what user code computed blue, gradient orange, gradient of gradient green), ellipses
/// for leaves.
template <Scalar T>
std::string to_graphviz(const std::vector<Var<T>>& outputs,
                        const std::type_identity_t<GraphvizOptions<T>>& options = {}) {
  autodiff::Listing<T> listing(options.names);
  for (const Var<T>& output : outputs) listing.add(output);
  return autodiff::Drawing(listing.steps(), options.constants, options.collapse, options.module_depth).text();
}

/// The same for one output.
template <Scalar T>
std::string to_graphviz(const Var<T>& output, const std::type_identity_t<GraphvizOptions<T>>& options = {}) {
  return to_graphviz(std::vector<Var<T>>{output}, options);
}

}  // namespace neb
