/// Modules: plain structs with one visit() that lists their members by name.
///
///   template <Scalar T>
///   struct Affine {
///     Var<T> weight, bias;
///     static void visit(auto& self, auto&& f) {
///       f("weight", self.weight);
///       f("bias", self.bias);
///     }
///     Var<T> operator()(const Var<T>& x) const { return matmul(x, weight) + bias; }
///   };
///
/// Parameters, their count, saving and loading all derive from it. A member may be a variable, another module, a vector
/// or an optional of either. Copying a module copies its parameters, as values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"

namespace neb {

namespace nn {

template <Scalar T, class F>
void visit_member(const std::string& name, Var<T>& parameter, F&& f) {
  f(name, parameter);
}
template <Scalar T, class F>
void visit_member(const std::string& name, const Var<T>& parameter, F&& f) {
  f(name, parameter);
}
template <class Module, class F>
void visit_member(const std::string& prefix, Module& module, F&& f);
template <class M, class F>
void visit_member(const std::string& prefix, std::vector<M>& members, F&& f) {
  for (std::size_t i = 0; i < members.size(); ++i) visit_member(prefix + "." + std::to_string(i), members[i], f);
}
template <class M, class F>
void visit_member(const std::string& prefix, const std::vector<M>& members, F&& f) {
  for (std::size_t i = 0; i < members.size(); ++i) visit_member(prefix + "." + std::to_string(i), members[i], f);
}
template <class M, class F>
void visit_member(const std::string& prefix, std::optional<M>& member, F&& f) {
  if (member) visit_member(prefix, *member, f);
}
template <class M, class F>
void visit_member(const std::string& prefix, const std::optional<M>& member, F&& f) {
  if (member) visit_member(prefix, *member, f);
}
template <class Module, class F>
void visit_member(const std::string& prefix, Module& module, F&& f) {
  std::remove_const_t<Module>::visit(module, [&](const char* name, auto& member) {
    visit_member(prefix.empty() ? name : prefix + "." + name, member, f);
  });
}

}  // namespace nn

/// Calls `f(name, parameter)` for every parameter of a module, in a fixed order, with dotted names ("layers.0.weight").
template <class Module, class F>
void visit_parameters(Module& module, F&& f) {
  nn::visit_member("", module, f);
}

/// The parameters of a module, by address: an optimiser replaces them where they are, so the module must stay there.
template <Scalar T>
using Parameters = std::vector<Var<T>*>;

/// The parameters of a module, in the order of its visit().
template <class Module>
auto parameters(Module& module) {
  Parameters<typename Module::value_type> list;
  visit_parameters(module, [&](const std::string&, auto& parameter) { list.push_back(&parameter); });
  return list;
}

/// The parameters of a module with their names, as trace() and to_graphviz() take them.
template <class Module>
auto named_parameters(const Module& module) {
  std::vector<std::pair<Var<typename Module::value_type>, std::string>> list;
  visit_parameters(module, [&](const std::string& name, const auto& parameter) { list.emplace_back(parameter, name); });
  return list;
}

/// The variables themselves, as grad() takes them.
template <Scalar T>
std::vector<Var<T>> variables(const Parameters<T>& parameters) {
  std::vector<Var<T>> list;
  for (const Var<T>* parameter : parameters) list.push_back(*parameter);
  return list;
}

/// Throws ShapeError, in the name of `optimiser`, unless there is one gradient of the right shape for each parameter.
template <Scalar T>
void check_gradients(const char* optimiser, const Parameters<T>& parameters, const std::vector<Var<T>>& gradients) {
  if (gradients.size() != parameters.size())
    throw ShapeError(std::string(optimiser) + ": expects " + std::to_string(parameters.size()) + " gradients, got " +
                     std::to_string(gradients.size()));
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].shape() != parameters[i]->shape())
      throw ShapeError(std::string(optimiser) + ": gradient " + std::to_string(i) +
                       " has another shape than its parameter   [parameter: " + parameters[i]->shape().to_string() +
                       ", gradient: " + gradients[i].shape().to_string() + "]");
}

/// Number of scalars in all parameters of a module.
template <class Module>
Index parameter_count(const Module& module) {
  Index count = 0;
  visit_parameters(module, [&](const std::string&, const auto& parameter) { count += parameter.size(); });
  return count;
}

/// The values of a module's parameters by name, as files hold them.
template <class Module>
auto state(const Module& module) {
  std::map<std::string, Tensor<typename Module::value_type>> tensors;
  visit_parameters(module,
                   [&](const std::string& name, const auto& parameter) { tensors.emplace(name, parameter.value()); });
  return tensors;
}

/// Replaces the parameters of a module by the tensors of those names. Throws ShapeError, before anything changes, when a
/// name is missing or a shape differs; further names are ignored.
template <class Module>
void load_state(Module& module, const std::map<std::string, Tensor<typename Module::value_type>>& tensors) {
  using T = typename Module::value_type;
  visit_parameters(std::as_const(module), [&](const std::string& name, const Var<T>& parameter) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw ShapeError("load_state: no tensor is named " + name);
    if (found->second.shape() != parameter.shape())
      throw ShapeError("load_state: " + name + " has another shape   [module: " + parameter.shape().to_string() +
                       ", tensor: " + found->second.shape().to_string() + "]");
  });
  visit_parameters(module, [&](const std::string& name, Var<T>& parameter) { parameter = Var<T>(tensors.at(name)); });
}

}  // namespace neb
