/// What an energy is: anything that gives one number for each row of its input.
#pragma once

#include <concepts>
#include <utility>

#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

/// An energy phi: callable on a batch y: (N, ...), giving (N), one energy per row, where row i depends on sample i alone
/// (no batch normalisation: the gradient of the sum must be every sample's own gradient).
template <class E, class T>
concept Energy = requires(const E& energy, const Var<T>& y) {
  { energy(y) } -> std::same_as<Var<T>>;
};

/// phi for many evaluations while its parameters stay as they are: what it derives from them is computed once and held by what is
/// returned, if its type has a member prepared(); otherwise phi itself.
template <class Phi>
decltype(auto) prepared(const Phi& phi) {
  if constexpr (requires { phi.prepared(); })
    return phi.prepared();
  else
    return (phi);
}

/// phi(y), checked to be one energy per row. Throws ShapeError otherwise.
template <Scalar T, Energy<T> Phi>
Var<T> energies(const Phi& phi, const Var<T>& y) {
  if (y.rank() < 1) throw ShapeError("energy: y is a batch (N, ...)   [y: " + y.shape().to_string() + "]");
  Var<T> values = phi(y);
  if (values.shape() != Shape{y.shape()[0]})
    throw ShapeError("energy: phi gives one energy per row, of shape " + Shape{y.shape()[0]}.to_string() +
                     "   [y: " + y.shape().to_string() + ", phi(y): " + values.shape().to_string() + "]");
  return values;
}

/// An energy and its gradient at a batch of points.
template <Scalar T>
struct EnergyGradient {
  Var<T> energy;    ///< phi(y): (N)
  Var<T> gradient;  ///< grad phi(y), of y's shape
};

/// phi(y) and its gradient with respect to each row of y. With create_graph the gradient can be differentiated again.
template <Scalar T, Energy<T> Phi>
EnergyGradient<T> energy_and_gradient(const Phi& phi, const Var<T>& y, GradOptions options = {}) {
  // A constant becomes a leaf; a variable with a history keeps it, so that gradients flow on to what it came from.
  const Var<T> point = attach(y);
  Var<T> energy = energies(phi, point);
  Var<T> total = sum(energy);
  if (!options.create_graph) energy = energy.detach();  // so that the sweep may release the graph
  Var<T> gradient = grad(std::move(total), point, options);
  return {std::move(energy), std::move(gradient)};
}

}  // namespace neb
