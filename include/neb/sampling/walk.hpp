/// What walks: chains, one a row, with all that they need to go on; and the loop that moves them.
#pragma once

#include <cmath>
#include <concepts>
#include <functional>
#include <string>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"

namespace neb {

/// A sampler is the state of its chains: y: (N, ...), one chain a row, and whatever else their next step depends on. `steps`
/// have been taken; they number the noise. `step(phi, key)` takes one more, `check()` throws where the state cannot take any,
/// and `visit` lists all fields by name, from which checkpoints derive. So Langevin, PreconditionedLangevin, LeimkuhlerMatthews,
/// Mala and Underdamped are what they are made with, `{.y = y0, .delta = 0.1}`, and what they have come to; what is empty is
/// found at the first step.
template <class C>
concept Sampler = requires(C& chains, const C& now, const Key& key,
                           const std::function<Var<typename C::value_type>(const Var<typename C::value_type>&)>& phi) {
  { now.y } -> std::same_as<const Tensor<typename C::value_type>&>;
  { now.steps } -> std::same_as<const Index&>;
  { C::name } -> std::convertible_to<std::string>;
  now.check();
  chains.step(phi, key);
};

/// Takes `steps` more steps. The noise of a step is a function of the key and the step's number: chains that are kept, in
/// memory or in a file, and walk on later are those that never stopped, to the last bit. Chain i depends on the key and i
/// alone, except while the step size of Mala is found. Calls `on_progress` after each step, with the number of steps that
/// this call has taken, and returns what it has come to when that returns false.
/// Throws ValueError when steps < 0 or the chains have settings out of range, ShapeError when their fields do not fit.
template <Sampler C, Energy<typename C::value_type> Phi>
C walk(const Phi& phi, C chains, Index steps, const Key& key, const OnProgress& on_progress = {}) {
  chains.check();
  if (steps < 0) throw ValueError("walk: steps is not negative, got " + std::to_string(steps));
  const auto& held = prepared(phi);
  for (Index taken = 0; taken < steps;) {
    chains.step(held, key);
    ++taken;
    if (on_progress && !on_progress({static_cast<double>(taken) / static_cast<double>(steps), taken})) break;
  }
  return chains;
}

namespace sampling {

/// Throws ValueError, in the name of `sampler`, unless delta is a step size.
inline void check_delta(const std::string& sampler, double delta) {
  if (!is_positive(delta)) throw ValueError(sampler + ": delta is positive, got " + std::to_string(delta));
}

/// Throws ShapeError, in the name of `sampler`, unless the field is empty or of `shape`.
template <Scalar T>
void check_field(const std::string& sampler, const char* name, const Tensor<T>& field, const Shape& shape) {
  if (field.size() > 0 && field.shape() != shape)
    throw ShapeError(sampler + ": " + name + " is empty or of shape " + shape.to_string() + "   [" + name + ": " +
                     field.shape().to_string() + "]");
}

/// Standard normal numbers of y's shape, those of step `n`; row i depends on the key and i alone.
template <Scalar T>
Tensor<T> noise_of(const Tensor<T>& y, const Key& key, Index n) {
  return random_normal<T>(y.shape(), key.at(static_cast<std::uint64_t>(n)));
}

/// grad phi(y), row by row.
template <Scalar T, Energy<T> Phi>
Tensor<T> gradient_of(const Phi& phi, const Tensor<T>& y) {
  return energy_and_gradient(phi, Var<T>::constant(y)).gradient.value();
}

}  // namespace sampling

}  // namespace neb
