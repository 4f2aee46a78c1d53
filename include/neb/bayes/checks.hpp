/// Checks that the kinds of noise share.
#pragma once

#include <string>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb::bayes {

/// Throws ShapeError, in the name of `noise`, unless x and y are batches of one shape with elements.
template <Scalar T>
void check_pair(const char* noise, const Tensor<T>& x, const Tensor<T>& y) {
  if (x.rank() >= 1 && x.size() > 0 && x.shape() == y.shape()) return;
  throw ShapeError(std::string(noise) + ": x and y have one shape, and at least one sample   [x: " +
                   x.shape().to_string() + ", y: " + y.shape().to_string() + "]");
}

/// Throws ValueError, in the name of `noise`, unless its parameter is positive and finite.
inline void check_parameter(const char* noise, const char* parameter, double value) {
  if (!is_positive(value))
    throw ValueError(std::string(noise) + ": " + parameter + " is positive, got " + std::to_string(value));
}

}  // namespace neb::bayes
