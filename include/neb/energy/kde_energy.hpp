/// The closed-form energy of a data set: what a perfect network would learn from it.
#pragma once

#include <string>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The energy of the Gaussian kernel density estimate of n samples X_i with bandwidth sigma,
/// phi(y) = -log sum_i exp(-|y - X_i|^2 / (2 sigma^2)), so that the Robbins jump is the average of the X_i weighted by
/// softmax_i(-|y - X_i|^2 / (2 sigma^2)).
template <Scalar T>
class KdeEnergy {
 public:
  using value_type = T;  ///< the scalar of its samples

  /// `samples`: (n, ...). Throws ShapeError when there are none, ValueError unless sigma > 0.
  KdeEnergy(const Tensor<T>& samples, T sigma) : sigma_(sigma) {
    if (samples.rank() < 1 || samples.size() == 0)
      throw ShapeError("KdeEnergy: expects at least one sample   [samples: " + samples.shape().to_string() + "]");
    if (!(sigma > T(0))) throw ValueError("KdeEnergy: sigma is positive, got " + std::to_string(sigma));
    const Var<T> rows = flatten(Var<T>::constant(samples));
    samples_ = rows;
    half_squares_ = sum(square(rows), 1) / T(2);
  }

  /// y: (N, ...) -> (N). Throws ShapeError when a row of y has another size than a sample.
  Var<T> operator()(const Var<T>& y) const {
    const Var<T> rows = flatten(y);
    const T precision = T(1) / (sigma_ * sigma_);
    // -|y - X|^2 / 2 = y.X - |X|^2 / 2 - |y|^2 / 2; the last term is common to all samples.
    const Var<T> scores = matmul(rows, samples_, {.transpose_b = true}) - half_squares_;
    return sum(square(rows), 1) * (precision / T(2)) - logsumexp(scores * precision);
  }

 private:
  T sigma_;
  Var<T> samples_, half_squares_;
};

}  // namespace neb
