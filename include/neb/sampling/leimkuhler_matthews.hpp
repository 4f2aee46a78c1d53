/// The walk with noise that is averaged over two steps: no more expensive, and unbiased on Gaussians.
#pragma once

#include <cmath>
#include <string>
#include <utility>

#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/sampling/walk.hpp"

namespace neb {

/// Chains of y <- y - delta^2 grad phi(y) + sqrt(2) delta (e_n + e_{n+1}) / 2, with e_n the noise of step n: each noise enters
/// two steps, half each time (Leimkuhler & Matthews 2013, "Rational construction of stochastic numerical methods for
/// molecular sampling"). On a Gaussian of variance v the stationary variance is v, for delta^2 < 2 v; elsewhere the density is
/// exp(-phi) up to O(delta^4).
template <Scalar T>
struct LeimkuhlerMatthews {
  using value_type = T;                                       ///< the scalar
  static constexpr const char* name = "leimkuhler-matthews";  ///< in files and messages

  Tensor<T> y;        ///< where the chains are: (N, ...)
  double delta = 0;   ///< step size, in data units
  Index steps = 0;    ///< taken so far
  Tensor<T> noise{};  ///< e_n, of which the last step has had one half and the next one has the other

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("y", self.y);
    f("delta", self.delta);
    f("steps", self.steps);
    f("noise", self.noise);
  }

  /// Throws ValueError unless delta > 0, ShapeError when the noise is not of y's shape.
  void check() const {
    sampling::check_delta(name, delta);
    sampling::check_field(name, "noise", noise, y.shape());
  }

  /// One step, which costs a gradient.
  template <Energy<T> Phi>
  void step(const Phi& phi, const Key& key) {
    const T drift = static_cast<T>(delta * delta), spread = static_cast<T>(std::sqrt(0.5) * delta);
    const Key stream = key.fold(name);
    if (noise.size() == 0) noise = sampling::noise_of(y, stream, steps);
    const Tensor<T> slope = sampling::gradient_of(phi, y);
    Tensor<T> next = sampling::noise_of(y, stream, steps + 1);
    kernels::update(
        y.size(), y.mutable_data(), [=](T p, T g, T now, T then) { return p - drift * g + spread * (now + then); },
        slope.data(), noise.data(), next.data());
    noise = std::move(next);
    ++steps;
  }
};

}  // namespace neb
