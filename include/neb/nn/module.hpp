/// Modules: plain structs with one visit() that lists their members by name.
///
///   template <Scalar T>
///   struct Affine {
///     using value_type = T;
///     Var<T> weight, bias;
///     static void visit(auto& self, auto&& f) {
///       f("weight", self.weight);
///       f("bias", self.bias);
///     }
///     Var<T> operator()(const Var<T>& x) const { return matmul(x, weight) + bias; }
///   };
///
/// Parameters, their gradients and count, saving and loading all derive from it. A member may be a variable, another
/// module, a vector or an optional of either. Copying a module copies its parameters, as values.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

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
template <class M, class F>
void visit_member(const std::string& prefix, M& module, F&& f);
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
template <class M, class F>
void visit_member(const std::string& prefix, M& module, F&& f) {
  std::remove_const_t<M>::visit(module, [&](const char* name, auto& member) {
    visit_member(prefix.empty() ? name : prefix + "." + name, member, f);
  });
}

/// Any f that visit() may be called with.
struct AnyMember {
  void operator()(const char*, const auto&) const {}
};

}  // namespace nn

/// A struct with parameters: it names its scalar, `value_type`, and lists its members in visit().
template <class M>
concept Module = requires(const M& module) {
  typename M::value_type;
  M::visit(module, nn::AnyMember{});
};

/// Calls `f(name, parameter)` for every parameter of a module, in a fixed order, with dotted names ("layers.0.weight").
template <class M, class F>
requires Module<std::remove_const_t<M>>
void visit_parameters(M& module, F&& f) { nn::visit_member("", module, f); }

/// The parameters of a module, in the order of its visit(): the variables, not where they stand.
template <Module M>
std::vector<Var<typename M::value_type>> parameters(const M& module) {
  std::vector<Var<typename M::value_type>> list;
  visit_parameters(module, [&](const std::string&, const auto& parameter) { list.push_back(parameter); });
  return list;
}

/// Calls `f(name, tensor)` for every tensor that belongs to a module and is not trained: those that it lists in
/// visit_buffers(), if it has one. Files hold them beside the parameters. Empty ones are left out.
template <class M, class F>
requires Module<std::remove_const_t<M>>
void visit_buffers(M& module, F&& f) {
  if constexpr (requires { std::remove_const_t<M>::visit_buffers(module, nn::AnyMember{}); })
    std::remove_const_t<M>::visit_buffers(module, [&](const char* name, auto& tensor) {
      if (tensor.size() > 0) f(std::string(name), tensor);
    });
}

/// The gradients of the scalar `output` with respect to each parameter of a module, in the order of its visit(), as
/// optimisers take them. Throws as grad() does for a list of targets.
template <Module M>
std::vector<Var<typename M::value_type>> grad(Var<typename M::value_type> output, const M& module,
                                              GradOptions options = {}) {
  return grad(std::move(output), parameters(module), options);
}

/// The parameters of a module with their names, as trace() and to_graphviz() take them.
template <Module M>
auto named_parameters(const M& module) {
  std::vector<std::pair<Var<typename M::value_type>, std::string>> list;
  visit_parameters(module, [&](const std::string& name, const auto& parameter) { list.emplace_back(parameter, name); });
  return list;
}

/// Number of scalars in all parameters of a module.
template <Module M>
Index parameter_count(const M& module) {
  Index count = 0;
  visit_parameters(module, [&](const std::string&, const auto& parameter) { count += parameter.size(); });
  return count;
}

/// The values of a module's parameters by name, as files hold them.
template <Module M>
auto state(const M& module) {
  std::map<std::string, Tensor<typename M::value_type>> tensors;
  visit_parameters(module,
                   [&](const std::string& name, const auto& parameter) { tensors.emplace(name, parameter.value()); });
  return tensors;
}

/// Replaces the parameters of a module by the tensors of those names. Throws ShapeError, before anything changes, when a
/// name is missing or a shape differs; further names are ignored.
template <Module M>
void load_state(M& module, const std::map<std::string, Tensor<typename M::value_type>>& tensors) {
  using T = typename M::value_type;
  visit_parameters(std::as_const(module), [&](const std::string& name, const Var<T>& parameter) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw ShapeError("load_state: no tensor is named " + name);
    if (found->second.shape() != parameter.shape())
      throw ShapeError("load_state: " + name + " has another shape   [module: " + parameter.shape().to_string() +
                       ", tensor: " + found->second.shape().to_string() + "]" +
                       order_note(parameter.shape(), found->second.shape()));
  });
  visit_parameters(module, [&](const std::string& name, Var<T>& parameter) { parameter = Var<T>(tensors.at(name)); });
}

}  // namespace neb
