/// Gaussian noise of any covariance: smoothing, the jump, the objective and what the jump does not know. Isotropic
/// noise gives the bits of the functions that take a sigma.
#pragma once

#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/bayes/covariance.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/reduction.hpp"

namespace neb {

/// y = x + N(0, Sigma) for x: (N, ...); row i of the noise depends on the key and i alone. Throws ShapeError when Sigma
/// is of rows of another size.
template <Scalar T>
Tensor<T> smooth(const Tensor<T>& x, const Covariance<T>& covariance, const Key& key) {
  if (covariance.is_isotropic()) return smooth(x, covariance.sigma(), key);
  Tensor<T> y = covariance.draw(x.shape(), key.fold("smooth"));
  kernels::update(
      y.size(), y.mutable_data(), [](T noise, T clean) { return clean + noise; }, x.data());
  return y;
}

/// The same for a variable: gradients pass through to x.
template <Scalar T>
Var<T> smooth(const Var<T>& x, const Covariance<T>& covariance, const Key& key) {
  return x + Var<T>::constant(covariance.draw(x.shape(), key.fold("smooth")));
}

/// xhat(y) = y - Sigma grad phi(y), the mean of X given y where phi is the energy of X + N(0, Sigma) (Saremi &
/// Hyvärinen 2019, Sec. 3; Miyasawa 1961), for y: (N, ...); create_graph as in the robbins_jump() of a sigma.
template <Scalar T, Energy<T> Phi>
Var<T> robbins_jump(const Phi& phi, const Var<T>& y, const Covariance<T>& covariance, GradOptions options = {}) {
  return bayes::jump(phi, y, options, [&](const Var<T>& slope) { return covariance.times(slope); });
}

/// The same on values.
template <Scalar T, Energy<T> Phi>
Tensor<T> robbins_jump(const Phi& phi, const Tensor<T>& y, const Covariance<T>& covariance) {
  return robbins_jump(phi, Var<T>::constant(y), covariance).value();
}

/// The mean over samples of |x - y + Sigma grad phi(y)|^2, for x and y of one shape (N, ...), recorded: what phi learns
/// from noise of covariance Sigma. At the optimum phi is the energy of y, up to a constant.
template <Scalar T, Energy<T> Phi>
Var<T> deen_loss(const Phi& phi, const Var<T>& x, const Var<T>& y, const Covariance<T>& covariance) {
  return bayes::mean_loss(x, y,
                          [&](const Var<T>& at) { return robbins_jump(phi, at, covariance, {.create_graph = true}); });
}

/// The same on a data set x: (N, ...), with noise that `key` fixes, without recording anything. Works through x in
/// batches.
template <Scalar T, Energy<T> Phi>
double denoising_error(const Phi& phi, const Tensor<T>& x, const Covariance<T>& covariance, const Key& key,
                       Index batch = 100) {
  return bayes::mean_error(
      x, batch, [&](const Tensor<T>& clean) { return smooth(clean, covariance, key); },
      [&](const Tensor<T>& y) { return robbins_jump(phi, y, covariance); });
}

/// C v for each row of v, of y's shape (N, ...), where C = Sigma - Sigma H(y) Sigma, H the Hessian of phi, is the
/// covariance of X given y at the optimum; no matrix is formed. Throws ShapeError when v is not of y's shape.
template <Scalar T, Energy<T> Phi>
Tensor<T> posterior_covariance_times(const Phi& phi, const Tensor<T>& y, const Covariance<T>& covariance,
                                     const Tensor<T>& v) {
  const Var<T> point(y), prior = covariance.times(Var<T>::constant(v));
  const Var<T> curved = hvp(sum(energies(phi, point)), point, prior);
  return (prior - covariance.times(curved)).value();
}

}  // namespace neb
