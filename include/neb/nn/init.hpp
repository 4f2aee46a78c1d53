/// Initial weights.
#pragma once

#include <algorithm>
#include <cmath>

#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// Uniform in +-sqrt(3 gain / fan_in), so that the variance is gain / fan_in (He et al. 2015 with gain 2; LeCun with 1).
template <Scalar T>
Tensor<T> fan_in_uniform(const Shape& shape, Index fan_in, T gain, const Key& key) {
  const T bound = std::sqrt(T(3) * gain / static_cast<T>(std::max<Index>(1, fan_in)));
  return random_uniform<T>(shape, key, -bound, bound);
}

/// Normal with mean 0 and standard deviation `deviation`.
template <Scalar T>
Tensor<T> scaled_normal(const Shape& shape, T deviation, const Key& key) {
  Tensor<T> x = random_normal<T>(shape, key);
  for (T& value : x.mutable_span()) value *= deviation;
  return x;
}

}  // namespace neb
