/// Numbers that tell how chains of images move: lengths, and coordinates along random and along principal directions. The 784
/// pixels one by one would be as many tests, some of which fail by chance.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/gemm.hpp"

namespace neb {

namespace sampling {

/// The sum of a[i] b[i], i < d, in double.
inline double inner_product(Index d, const auto* a, const auto* b) {
  double sum = 0;
  for (Index i = 0; i < d; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// Makes rows of `directions`, (K, ...), of length 1 and orthogonal to those before them; stops at the first that depends on
/// those, and returns how many there are.
template <Scalar T>
Index orthonormalise(Tensor<T>& directions) {
  const Index count = directions.shape()[0], d = directions.shape().stride(0);
  T* const data = directions.mutable_data();
  for (Index k = 0; k < count; ++k) {
    T* const row = data + k * d;
    const double before = std::sqrt(inner_product(d, row, row));
    for (int twice = 0; twice < 2; ++twice)  // what rounding left of the others the first time goes the second time
      for (Index other = 0; other < k; ++other) {
        const double shared = inner_product(d, row, data + other * d);
        for (Index i = 0; i < d; ++i) row[i] -= static_cast<T>(shared * static_cast<double>(data[other * d + i]));
      }
    const double length = std::sqrt(inner_product(d, row, row));
    if (!(length > 1e-5 * before)) return k;
    for (Index i = 0; i < d; ++i) row[i] = static_cast<T>(static_cast<double>(row[i]) / length);
  }
  return count;
}

}  // namespace sampling

/// Directions of `shape` (K, ...): of length 1 each, independent and uniformly distributed; direction k depends on the key and
/// k alone. Throws ShapeError when there are no axes behind the first.
template <Scalar T>
Tensor<T> random_directions(const Shape& shape, const Key& key) {
  if (shape.rank() < 2)
    throw ShapeError("random_directions: expects directions (K, ...)   [shape: " + shape.to_string() + "]");
  Tensor<T> directions = random_normal<T>(shape, key.fold("directions"));
  const Index d = shape.stride(0);
  for (Index k = 0; k < shape[0]; ++k) {
    T* const row = directions.mutable_data() + k * d;
    const double length = std::sqrt(sampling::inner_product(d, row, row));
    for (Index i = 0; i < d; ++i) row[i] = static_cast<T>(static_cast<double>(row[i]) / length);
  }
  return directions;
}

/// The directions in which samples x: (N, ...) vary most, the leading `count` principal components, up to their signs: (K, ...),
/// of length 1 and orthogonal to each other. K is less than `count` where x varies in fewer directions. Takes 100 rounds of
/// orthogonal iteration, so two components whose variances differ by less than some 5 % may still be mixed.
/// Throws ShapeError when x has no samples, ValueError when count < 1.
template <Scalar T>
Tensor<T> principal_directions(Tensor<T> x, Index count) {
  if (x.rank() < 2 || x.size() == 0)
    throw ShapeError("principal_directions: expects samples (N, ...)   [x: " + x.shape().to_string() + "]");
  if (count < 1) throw ValueError("principal_directions: count is at least 1, got " + std::to_string(count));
  const Index n = x.shape()[0], d = x.shape().stride(0);
  T* const data = x.mutable_data();
  for (Index i = 0; i < d; ++i) {
    double sum = 0;
    for (Index row = 0; row < n; ++row) sum += static_cast<double>(data[row * d + i]);
    const T mean = static_cast<T>(sum / static_cast<double>(n));
    for (Index row = 0; row < n; ++row) data[row * d + i] -= mean;
  }
  Tensor<T> directions = random_directions<T>(x.shape().with(0, std::min({count, d, n})), Key(0).fold("principal"));
  for (int round = 0; round < 100; ++round) {
    const Index k = directions.shape()[0];
    Tensor<T> coordinates({n, k});
    kernels::gemm<T>(n, k, d, {data, d}, {directions.data(), d, kernels::Transpose::yes}, coordinates.mutable_data(),
                     k);
    kernels::gemm<T>(k, d, n, {coordinates.data(), k, kernels::Transpose::yes}, {data, d}, directions.mutable_data(),
                     d);
    const Index independent = sampling::orthonormalise(directions);
    if (independent < k) directions = directions.rows(0, independent);
    if (independent == 0) break;
  }
  return directions;
}

/// The coordinates of each of y: (N, ...) along each of `directions`: (K, ...), which are inner products: (N, K).
/// Throws ShapeError when samples and directions differ in shape.
template <Scalar T>
Tensor<double> coordinates_along(const Tensor<T>& directions, const Tensor<T>& y) {
  if (y.rank() < 2 || directions.rank() < 2 || y.shape().with(0, 1) != directions.shape().with(0, 1))
    throw ShapeError("coordinates_along: expects directions (K, ...) of the shape of samples (N, ...)   [directions: " +
                     directions.shape().to_string() + ", y: " + y.shape().to_string() + "]");
  const Index n = y.shape()[0], count = directions.shape()[0], d = y.shape().stride(0);
  Tensor<double> coordinates({n, count});
  double* out = coordinates.mutable_data();
  for (Index row = 0; row < n; ++row)
    for (Index k = 0; k < count; ++k)
      *out++ = sampling::inner_product(d, y.data() + row * d, directions.data() + k * d);
  return coordinates;
}

/// |y| of each of y: (N, ...), as (N). Throws ShapeError when y is not a batch.
template <Scalar T>
Tensor<double> lengths(const Tensor<T>& y) {
  if (y.rank() < 1) throw ShapeError("lengths: expects a batch (N, ...)   [y: " + y.shape().to_string() + "]");
  const Index n = y.shape()[0], d = y.shape().stride(0);
  Tensor<double> found({n});
  for (Index row = 0; row < n; ++row)
    found.mutable_data()[row] = std::sqrt(sampling::inner_product(d, y.data() + row * d, y.data() + row * d));
  return found;
}

}  // namespace neb
