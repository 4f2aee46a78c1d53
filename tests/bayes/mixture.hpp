/// Data that are one of a few points, measured with any noise: f is a finite sum, so that phi and the posterior are
/// exact.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "neb/core/tensor.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb::test {

/// phi(y) = -log sum_j p_j prod_i p(y_i | x_ji) for y: (N, d) -> (N), with p = softmax(logits) to be learned.
struct Mixture {
  using LogDensity = std::function<Var<double>(const Var<double>& y, const Var<double>& x)>;

  Tensor<double> points;   ///< x_j: (J, d)
  Var<double> logits;      ///< (J)
  LogDensity log_density;  ///< of each element of y: (N, d), given x: (1, d)

  Var<double> operator()(const Var<double>& y) const {
    std::vector<Var<double>> terms;
    for (Index j = 0; j < points.shape()[0]; ++j)
      terms.push_back(reshape(sum(log_density(y, Var<double>::constant(points.rows(j, j + 1))), 1), {y.shape()[0], 1}));
    return logsumexp(logits) - logsumexp(logits + concat(terms, 1));
  }
};

/// Mean and variance of each pixel of X, given y.
struct Posterior {
  Tensor<double> mean, variance;
};

/// The same by Bayes' rule, term by term, for plain weights and a plain density.
inline Posterior posterior(const Tensor<double>& points, const std::vector<double>& weights, const Tensor<double>& y,
                           const std::function<double(double y, double x)>& density) {
  const Index n = y.shape()[0], d = y.shape()[1];
  Posterior result{Tensor<double>::zeros(y.shape()), Tensor<double>::zeros(y.shape())};
  for (Index row = 0; row < n; ++row) {
    std::vector<double> joint = weights;
    double total = 0;
    for (std::size_t j = 0; j < joint.size(); ++j) {
      for (Index i = 0; i < d; ++i) joint[j] *= density(y(row, i), points(static_cast<Index>(j), i));
      total += joint[j];
    }
    for (Index i = 0; i < d; ++i) {
      double mean = 0, square = 0;
      for (std::size_t j = 0; j < joint.size(); ++j) {
        const double x = points(static_cast<Index>(j), i);
        mean += joint[j] / total * x;
        square += joint[j] / total * x * x;
      }
      result.mean.mutable_data()[row * d + i] = mean;
      result.variance.mutable_data()[row * d + i] = square - mean * mean;
    }
  }
  return result;
}

/// The logarithms of weights, to start a Mixture from.
inline Var<double> logits_of(const std::vector<double>& weights) {
  Tensor<double> logits({static_cast<Index>(weights.size())});
  for (std::size_t j = 0; j < weights.size(); ++j) logits.mutable_data()[j] = std::log(weights[j]);
  return logits;
}

}  // namespace neb::test
