/// Continuous measurements that are not Gaussian: gamma (speckle, waiting times) and Laplace.
///
/// Gamma: y of shape k and rate x has the density p(y | x) = x^k y^(k - 1) e^(-x y) / Gamma(k), whose slope is d log p
/// / dy = (k - 1) / y - x. Averaged over x, with phi = -log f, that is the jump: E[X | y] = (k - 1) / y + phi'(y).
///
/// Laplace: y = x + e, e of density exp(-|e| / a) / (2 a). Where noise is added, the slope of log f is the posterior
/// mean of d log p(y | x) / dy, here of -sign(y - x) / a, so phi is learned by least squares: denoising score matching
/// (Vincent 2011). But (1 - a^2 d^2 / dy^2) f is the density of X, and with that
///
///   E[X | y] = y - 2 a Integral sign(y - u) p(y - u) f(u) du / f(y),
///
/// which depends on all of f (Robbins 1956), on every phi(u) - phi(y), and not on phi and its derivatives at y.
#pragma once

#include <type_traits>

#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/bayes/checks.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/random_variates.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/comparison.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

/// Gamma noise, y_i of shape k and rate x_i: y = g / x with g of the gamma law of shape k. The larger k, the less
/// noise.
struct GammaNoise {
  double shape = 1;  ///< k

  /// y for x: (N, ...); row i depends on the key, i and x_i alone. Throws ValueError unless k and every x are positive.
  template <Scalar T>
  Tensor<T> draw(const Tensor<T>& x, const Key& key) const {
    bayes::check_parameter("GammaNoise", "the shape", shape);
    detail::check_elements("GammaNoise", "x are rates, which are positive", x, is_positive<T>);
    Tensor<T> y = random_gamma<T>(x.shape(), shape, key.fold("GammaNoise"));
    kernels::update(
        y.size(), y.mutable_data(), [](T g, T rate) { return g / rate; }, x.data());
    return y;
  }

  /// The mean over samples of the sum over pixels of (x - xhat(y))^2, for x and y of one shape (N, ...). It contains a
  /// gradient, so its own is of second order; it is recorded. An energy that has -(k - 1) sum_i log y_i beside what it
  /// learns does not have to learn the jump's (k - 1) / y, without which the loss varies without bound for k <= 2.
  /// Throws ShapeError when shapes differ, ValueError unless k and every y are positive.
  template <Scalar T, Energy<T> Phi>
  Var<T> objective(const Phi& phi, const Tensor<T>& x, const Tensor<T>& y) const {
    bayes::check_pair("GammaNoise", x, y);
    const Var<T> error = Var<T>::constant(x) - jump(phi, y, {.create_graph = true});
    return sum(square(error)) / static_cast<T>(x.shape()[0]);
  }

  /// The jump, (k - 1) / y + grad phi(y), for y: (N, ...). Throws ValueError unless k and every y are positive.
  template <Scalar T, Energy<T> Phi>
  Tensor<T> xhat(const Phi& phi, const Tensor<T>& y) const {
    return jump(phi, y, {}).value();
  }

 private:
  template <Scalar T, Energy<T> Phi>
  Var<T> jump(const Phi& phi, const Tensor<T>& y, GradOptions options) const {
    bayes::check_parameter("GammaNoise", "the shape", shape);
    detail::check_elements("GammaNoise", "y is positive", y, is_positive<T>);
    const Var<T> slope = energy_and_gradient(phi, Var<T>::constant(y), options).gradient;
    return static_cast<T>(shape - 1) / Var<T>::constant(y) + slope;
  }
};

/// Laplace noise, y = x + e with e of density exp(-|e| / a) / (2 a) in each pixel.
struct LaplaceNoise {
  double scale = 1;  ///< a, the mean of |e|, in data units; the deviation is sqrt(2) a

  /// y for x: (N, ...); row i of the noise depends on the key and i alone. Throws ValueError unless a is positive.
  template <Scalar T>
  Tensor<T> draw(const Tensor<T>& x, const Key& key) const {
    bayes::check_parameter("LaplaceNoise", "the scale", scale);
    Tensor<T> y = random_laplace<T>(x.shape(), key.fold("LaplaceNoise"));
    kernels::update(
        y.size(), y.mutable_data(), [a = static_cast<T>(scale)](T e, T clean) { return clean + a * e; }, x.data());
    return y;
  }

  /// The mean over samples of the sum over pixels of (grad phi(y) - sign(y - x) / a)^2 (denoising score matching), for
  /// x and y of one shape (N, ...); recorded, and of second order as it contains a gradient. Throws ShapeError when
  /// shapes differ, ValueError unless a is positive.
  template <Scalar T, Energy<T> Phi>
  Var<T> objective(const Phi& phi, const Tensor<T>& x, const Tensor<T>& y) const {
    bayes::check_parameter("LaplaceNoise", "the scale", scale);
    bayes::check_pair("LaplaceNoise", x, y);
    const Var<T> slope = energy_and_gradient(phi, Var<T>::constant(y), {.create_graph = true}).gradient;
    const Var<T> target = sign(Var<T>::constant(y) - Var<T>::constant(x)) / static_cast<T>(scale);
    return sum(square(slope - target)) / static_cast<T>(x.shape()[0]);
  }

  /// There is no such jump, and asking for one does not compile: see the top of this file.
  template <Scalar T, Energy<T> Phi>
  Tensor<T> xhat(const Phi&, const Tensor<T>&) const {
    static_assert(
        !std::is_same_v<T, T>,
        "LaplaceNoise has no jump: the posterior mean under Laplace noise is an integral over all of exp(-phi), "
        "not a function of phi and its derivatives at y");
    return {};
  }
};

}  // namespace neb
