/// Underdamped Langevin dynamics: chains with velocities, which go on in one direction for a while.
#pragma once

#include <cmath>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/sampling/walk.hpp"

namespace neb {

/// The order of the parts of an underdamped step of time h: A moves, y += (h/2) v; B kicks, v -= (h/2) grad phi(y); O rubs,
/// v = c v + sqrt(1 - c^2) e with c = exp(-friction h). Either order costs a gradient.
enum class Splitting {
  baoab,  ///< Leimkuhler & Matthews 2013; keeps the gradient at its end
  aboba,  ///< what walk-jump codes call Sachs (Sachs, Leimkuhler & Danos 2017)
};

/// Chains of the underdamped dynamics dy = v dt, dv = -grad phi(y) dt - friction v dt + sqrt(2 friction) dW, of unit mass, whose
/// stationary density is exp(-phi(y) - |v|^2 / 2). A step takes the time h = sqrt(2) delta: for large friction, where c = 0,
/// either splitting is a walk of step size delta. On a Gaussian of variance v positions have variance v, for h < 2 sqrt(v);
/// at the end of a step velocities have 1 - h^2 / (4 v) by BAOAB, 1 / (1 - h^2 / (4 v)) by ABOBA.
template <Scalar T>
struct Underdamped {
  using value_type = T;                               ///< the scalar
  static constexpr const char* name = "underdamped";  ///< in files and messages

  Tensor<T> y;                             ///< where the chains are: (N, ...)
  double delta = 0;                        ///< step size, in data units: the time of a step is sqrt(2) delta
  double friction = 0;                     ///< of velocities, per time; 1 / sigma is a start
  Splitting splitting = Splitting::baoab;  ///< the order of the parts of a step
  Index steps = 0;                         ///< taken so far
  Tensor<T> velocity{};                    ///< of y's shape; the first one is standard normal
  Tensor<T> gradient{};                    ///< grad phi(y), where BAOAB ended; ABOBA needs none

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("y", self.y);
    f("delta", self.delta);
    f("friction", self.friction);
    f("splitting", self.splitting);
    f("steps", self.steps);
    f("velocity", self.velocity);
    f("gradient", self.gradient);
  }

  /// Throws ValueError unless delta and friction are positive, ShapeError when velocity or gradient are not of y's shape.
  void check() const {
    sampling::check_delta(name, delta);
    if (!is_positive(friction))
      throw ValueError(std::string(name) + ": friction is positive, got " + std::to_string(friction));
    sampling::check_field(name, "velocity", velocity, y.shape());
    sampling::check_field(name, "gradient", gradient, y.shape());
  }

  /// One step, which costs a gradient; the first one of BAOAB costs two.
  template <Energy<T> Phi>
  void step(const Phi& phi, const Key& key) {
    const Key stream = key.fold(name);
    if (velocity.size() == 0) velocity = random_normal<T>(y.shape(), stream.fold("velocity"));
    const Tensor<T> e = sampling::noise_of(y, stream, steps);
    if (splitting == Splitting::baoab) {
      if (gradient.size() == 0) gradient = sampling::gradient_of(phi, y);
      kick();
      move();
      rub(e);
      move();
      gradient = sampling::gradient_of(phi, y);
      kick();
    } else {
      move();
      gradient = sampling::gradient_of(phi, y);
      kick();
      rub(e);
      kick();
      move();
      gradient = {};  // it is that of a point which the chains have left
    }
    ++steps;
  }

 private:
  double half_time() const { return std::sqrt(0.5) * delta; }

  void move() {
    const T half = static_cast<T>(half_time());
    kernels::update(
        y.size(), y.mutable_data(), [half](T p, T v) { return p + half * v; }, velocity.data());
  }
  void kick() {
    const T half = static_cast<T>(half_time());
    kernels::update(
        velocity.size(), velocity.mutable_data(), [half](T v, T g) { return v - half * g; }, gradient.data());
  }
  void rub(const Tensor<T>& e) {
    const double exponent = -2 * friction * half_time();
    const T kept = static_cast<T>(std::exp(exponent)), fresh = static_cast<T>(std::sqrt(-std::expm1(2 * exponent)));
    kernels::update(
        velocity.size(), velocity.mutable_data(), [=](T v, T n) { return kept * v + fresh * n; }, e.data());
  }
};

}  // namespace neb
