/// The closed-form energy of a data set: what a perfect network would learn from it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "neb/autodiff/recompute.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/energy/limits.hpp"
#include "neb/ops/distance.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The energy of the Gaussian kernel density estimate of n samples X_i with bandwidth sigma,
/// phi(y) = -log sum_i exp(-|y - X_i|^2 / (2 sigma^2)), so that the Robbins jump is the average of the X_i weighted by
/// softmax_i(-|y - X_i|^2 / (2 sigma^2)). Works through the samples in blocks: memory beside theirs is that of some
/// (N, 1024) numbers, whatever derivative is taken. A row has the same bits in every batch.
template <Scalar T>
class KdeEnergy {
 public:
  using value_type = T;  ///< the scalar of its samples

  /// `samples`: (n, ...). Throws ShapeError when there are none, ValueError unless sigma is a noise level.
  KdeEnergy(const Tensor<T>& samples, T sigma) : factor_(T(-0.5) / (sigma * sigma)) {
    if (samples.rank() < 1 || samples.size() == 0)
      throw ShapeError("KdeEnergy: expects at least one sample   [samples: " + samples.shape().to_string() + "]");
    check_sigma("KdeEnergy", static_cast<double>(sigma));
    const Var<T> rows = flatten(Var<T>::constant(samples));
    const Index n = rows.shape()[0];
    // Eigen multiplies eight rows at a time, fewer by other code with other bits, and so do matrices as small as that.
    row_multiple_ = n + rows.shape()[1] < 20 ? 32 : 8;
    centre_ = sum(rows, 0) / static_cast<T>(n);
    for (Index begin = 0; begin < n; begin += block)
      blocks_.push_back(slice(rows, 0, begin, std::min(begin + block, n)) - centre_);
  }

  /// y: (N, ...) -> (N). Throws ShapeError when a row of y has another size than a sample.
  Var<T> operator()(const Var<T>& y) const {
    if (y.rank() < 1 || y.shape().stride(0) != centre_.size())
      throw ShapeError("KdeEnergy: a row of y has as many numbers as a sample, " + std::to_string(centre_.size()) +
                       "   [y: " + y.shape().to_string() + "]");
    // Derivatives add up points: around their centre, none of them is so long that their differences lose digits.
    const Index count = y.shape()[0], whole = tile_count(count, row_multiple_) * row_multiple_;
    const Var<T> rows = pad(flatten(y) - centre_, 0, 0, whole - count);
    std::vector<Var<T>> parts;
    for (const Var<T>& samples : blocks_) {
      const auto part = [samples, factor = factor_](const Var<T>& points) {
        return reshape(logsumexp(factor * squared_distances(points, samples)), {points.shape()[0], 1});
      };
      parts.push_back(blocks_.size() == 1 ? part(rows) : recompute(part, rows));
    }
    return -slice(logsumexp(concat(parts, 1)), 0, 0, count);
  }

 private:
  static constexpr Index block = 1024;  // samples; a block of images fits the third-level cache

  T factor_;
  Index row_multiple_;
  Var<T> centre_;
  std::vector<Var<T>> blocks_;
};

}  // namespace neb
