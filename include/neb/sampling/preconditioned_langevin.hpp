/// The walk in other units: Langevin steps that are longer in some directions than in others.
#pragma once

#include <cmath>
#include <string>

#include "neb/bayes/covariance.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/sampling/walk.hpp"

namespace neb {

/// Chains of y <- y - delta^2 P grad phi(y) + sqrt(2) delta L e with L L' = P, for a fixed P (Roberts & Stramer 2002,
/// "Langevin diffusions and Metropolis-Hastings algorithms"): the paper's walk for L^-1 y. The stationary density is
/// exp(-phi) up to O(delta^2), for every P. The walk takes as many steps as the round Gaussian needs where P is the
/// covariance of exp(-phi); where y is data with noise of covariance Sigma, P = Sigma is near that across the noise.
/// Then delta has no unit: it is that of a walk of Langevin over its sigma. With P = I it is Langevin, to the last bit.
template <Scalar T>
struct PreconditionedLangevin {
  using value_type = T;                                           ///< the scalar
  static constexpr const char* name = "preconditioned-langevin";  ///< in files and messages

  Tensor<T> y;                        ///< where the chains are: (N, ...)
  double delta = 0;                   ///< step size, in units of the root of P
  Covariance<T> preconditioner = {};  ///< P, on rows of y
  Index steps = 0;                    ///< taken so far

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("y", self.y);
    f("delta", self.delta);
    self.preconditioner.visit(self.preconditioner, [&](const char* field, auto& value) {
      f((std::string("preconditioner.") + field).c_str(), value);
    });
    f("steps", self.steps);
  }

  /// Throws ValueError unless delta > 0 and P is positive definite, ShapeError when the fields of P do not fit.
  void check() const {
    sampling::check_delta(name, delta);
    preconditioner.check();
  }

  /// One step, which costs a gradient. Throws ShapeError when P is of rows of another size than those of y.
  template <Energy<T> Phi>
  void step(const Phi& phi, const Key& key) {
    const T drift = static_cast<T>(delta * delta), spread = static_cast<T>(std::sqrt(2.0) * delta);
    const Tensor<T> slope = preconditioner.times(sampling::gradient_of(phi, y));
    const Tensor<T> e = preconditioner.draw(y.shape(), key.fold("langevin").at(static_cast<std::uint64_t>(steps)));
    kernels::update(
        y.size(), y.mutable_data(), [=](T p, T g, T n) { return p - drift * g + spread * n; }, slope.data(), e.data());
    ++steps;
  }
};

}  // namespace neb
