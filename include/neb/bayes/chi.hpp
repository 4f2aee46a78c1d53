/// Distances in the paper's unit.
#pragma once

#include <cmath>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// chi = |a - b| / (2 sqrt d) of two points of d numbers (Saremi & Hyvärinen 2019, Eq. 2): the noise spheres of radius
/// sigma sqrt(d) around them overlap iff sigma > chi.
template <Scalar T>
double chi(Index d, const T* a, const T* b) {
  double squares = 0;
  for (Index i = 0; i < d; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    squares += difference * difference;
  }
  return std::sqrt(squares / static_cast<double>(d)) / 2;
}

/// The same of each row of a: (N, ...) and that row of b: (N, ...). Throws ShapeError unless both have one shape, and rows
/// at least one number.
template <Scalar T>
std::vector<double> chi(const Tensor<T>& a, const Tensor<T>& b) {
  if (a.shape() != b.shape() || a.rank() < 1 || a.shape().stride(0) < 1)
    throw ShapeError("chi: expects two batches of one shape (N, ...)   [a: " + a.shape().to_string() +
                     ", b: " + b.shape().to_string() + "]");
  const Index d = a.shape().stride(0);
  std::vector<double> distances;
  for (Index row = 0; row < a.shape()[0]; ++row) distances.push_back(chi(d, a.data() + row * d, b.data() + row * d));
  return distances;
}

}  // namespace neb
