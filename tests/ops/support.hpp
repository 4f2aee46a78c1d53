/// What the tests of operations share: arrays made and read by index, one element at a time.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "neb/autodiff/grad.hpp"
#include "neb/core/random.hpp"

namespace neb::test {

using Indices = std::vector<Index>;
using Elements = std::vector<double>;

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double quiet = std::numeric_limits<double>::quiet_NaN();

inline Var<double> row(std::initializer_list<double> values) { return Tensor<double>({std::ssize(values)}, values); }

template <Scalar T>
bool same_bits(const Var<T>& a, const Var<T>& b) {
  if (a.shape() != b.shape()) return false;
  const auto size = static_cast<std::size_t>(a.shape().size());
  // Nothing has no address to compare from.
  return size == 0 || std::memcmp(a.value().data(), b.value().data(), size * sizeof(T)) == 0;
}

/// The element of x at `index`; axes are aligned at the end, and an axis of extent 1 is read at 0 (NumPy's rule).
inline double broadcast_at(const Tensor<double>& x, const Indices& index) {
  Index offset = 0;
  for (Index axis = 0; axis < x.rank(); ++axis) {
    const Index position = index[index.size() - static_cast<std::size_t>(x.rank() - axis)];
    offset = offset * x.shape()[axis] + (x.shape()[axis] == 1 ? 0 : position);
  }
  return x.data()[offset];
}

/// Calls `f` with every index of `shape`, in row-major order.
inline void for_each_index(const Shape& shape, const std::function<void(const Indices&)>& f) {
  Indices index(static_cast<std::size_t>(shape.rank()));
  for (Index flat = 0; flat < shape.size(); ++flat) {
    Index rest = flat;
    for (Index axis = shape.rank() - 1; axis >= 0; --axis) {
      index[static_cast<std::size_t>(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    f(index);
  }
}

/// The array of `shape` whose element at each index is f(index).
inline Tensor<double> tabulate(const Shape& shape, const std::function<double(const Indices&)>& f) {
  std::vector<double> values;
  for_each_index(shape, [&](const Indices& index) { values.push_back(f(index)); });
  return Tensor<double>(shape, std::span<const double>(values));
}

inline Tensor<double> random_tensor(const Shape& shape, std::uint64_t seed, double low = -2, double high = 2) {
  return random_uniform<double>(shape, Key(seed).fold("random_tensor"), low, high);
}

/// The largest difference of elements, relative to the expected ones (at least 1); infinity when the shapes differ.
inline double difference(const Tensor<double>& got, const Tensor<double>& expected) {
  if (got.shape() != expected.shape()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const double off = std::abs(got.data()[i] - expected.data()[i]) / std::max(1.0, std::abs(expected.data()[i]));
    if (!(off <= worst)) worst = off;  // a NaN stays
  }
  return worst;
}

/// Each element of f applied to x, against `expected` applied by hand.
inline double pointwise_difference(const std::function<Var<double>(const Var<double>&)>& f,
                                   const std::function<double(double)>& expected, const Tensor<double>& x) {
  return difference(f(x).value(), tabulate(x.shape(), [&](const Indices& i) { return expected(broadcast_at(x, i)); }));
}

inline std::vector<double> elements(const Var<double>& x) { return {x.value().span().begin(), x.value().span().end()}; }

}  // namespace neb::test
