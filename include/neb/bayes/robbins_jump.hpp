/// The Robbins jump, Y -> X: the least-squares estimate of the clean data.
#pragma once

#include <type_traits>

#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"

namespace neb {

namespace bayes {

/// y - Sigma grad phi(y), where `times` multiplies by Sigma.
template <Scalar T, Energy<T> Phi, class Times>
Var<T> jump(const Phi& phi, const Var<T>& y, GradOptions options, const Times& times) {
  const Var<T> point = options.create_graph && y.tracked() ? y : Var<T>(y.value());
  const Var<T> slope = energy_and_gradient(phi, point, options).gradient;
  return (options.create_graph ? point : point.detach()) - times(slope);
}

}  // namespace bayes

/// xhat(y) = y - sigma^2 grad phi(y) (Saremi & Hyvärinen 2019, Eq. 3; Robbins 1956), for y: (N, ...). With create_graph
/// it can be differentiated with respect to the parameters of phi and to what y was computed from.
template <Scalar T, Energy<T> Phi>
Var<T> robbins_jump(const Phi& phi, const Var<T>& y, std::type_identity_t<T> sigma, GradOptions options = {}) {
  check_sigma("robbins_jump", static_cast<double>(sigma));
  return bayes::jump(phi, y, options, [sigma](const Var<T>& slope) { return (sigma * sigma) * slope; });
}

/// The same on values.
template <Scalar T, Energy<T> Phi>
Tensor<T> robbins_jump(const Phi& phi, const Tensor<T>& y, std::type_identity_t<T> sigma) {
  return robbins_jump(phi, Var<T>::constant(y), sigma).value();
}

}  // namespace neb
