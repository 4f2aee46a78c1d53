/// The learning objective DEEN: the energy whose jump lands on the clean data.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The error of each sample's jump: the sum over pixels of (x - xhat(y))^2, for x and y of one shape (N, ...) -> (N);
/// recorded, like deen_loss(), which is its mean. Throws ShapeError when shapes differ.
template <Scalar T, Energy<T> Phi>
Var<T> deen_errors(const Phi& phi, const Var<T>& x, const Var<T>& y, std::type_identity_t<T> sigma) {
  if (x.shape() != y.shape())
    throw ShapeError("deen_errors: x and y have one shape   [x: " + x.shape().to_string() +
                     ", y: " + y.shape().to_string() + "]");
  return sum(square(flatten(x - robbins_jump(phi, y, sigma, {.create_graph = true}))), 1);
}

namespace bayes {

/// deen_loss() of any jump y -> xhat.
template <Scalar T, class Jump>
Var<T> mean_loss(const Var<T>& x, const Var<T>& y, const Jump& jump) {
  if (x.shape() != y.shape())
    throw ShapeError("deen_loss: x and y have one shape   [x: " + x.shape().to_string() +
                     ", y: " + y.shape().to_string() + "]");
  if (x.size() == 0) throw ShapeError("deen_loss: expects at least one sample   [x: " + x.shape().to_string() + "]");
  return sum(square(x - jump(y))) / static_cast<T>(x.shape()[0]);
}

/// denoising_error() of any noise x -> y and jump y -> xhat, on values.
template <Scalar T, class Noise, class Jump>
double mean_error(const Tensor<T>& x, Index batch, const Noise& noise, const Jump& jump) {
  if (x.rank() < 1 || x.size() == 0)
    throw ShapeError("denoising_error: expects at least one sample   [x: " + x.shape().to_string() + "]");
  if (batch < 1) throw ValueError("denoising_error: batch is at least 1, got " + std::to_string(batch));
  const Tensor<T> y = noise(x);
  double total = 0;
  for (Index begin = 0; begin < x.shape()[0]; begin += batch) {
    const Index end = std::min(begin + batch, x.shape()[0]);
    const Tensor<T> xhat = jump(y.rows(begin, end));
    const Var<T> difference = Var<T>::constant(x.rows(begin, end)) - Var<T>::constant(xhat);
    total += static_cast<double>(sum(square(difference)).item());
  }
  return total / static_cast<double>(x.shape()[0]);
}

}  // namespace bayes

/// The mean over samples of the sum over pixels of (x - xhat(y))^2 (Saremi & Hyvärinen 2019, Eq. 1), for x and y of one
/// shape (N, ...). The loss contains a gradient, so its own gradient is of second order; it is recorded.
template <Scalar T, Energy<T> Phi>
Var<T> deen_loss(const Phi& phi, const Var<T>& x, const Var<T>& y, std::type_identity_t<T> sigma) {
  return bayes::mean_loss(x, y, [&](const Var<T>& at) { return robbins_jump(phi, at, sigma, {.create_graph = true}); });
}

/// The objective on a data set x: (N, ...), with noise that `key` fixes, without recording anything: the squared error
/// of the jump, summed over pixels and averaged over samples. Works through x in batches.
template <Scalar T, Energy<T> Phi>
double denoising_error(const Phi& phi, const Tensor<T>& x, std::type_identity_t<T> sigma, const Key& key,
                       Index batch = 100) {
  return bayes::mean_error(
      x, batch, [&](const Tensor<T>& clean) { return smooth(clean, sigma, key); },
      [&](const Tensor<T>& y) { return robbins_jump(phi, y, sigma); });
}

}  // namespace neb
