/// Whether a point at rest is a minimum: at a saddle or a maximum the gradient is zero as well.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/flow/flow.hpp"

namespace neb::flow {

/// The least curvature v.(sigma^2 H v) / |v|^2 that a power iteration of 1 - H / |H| meets at each row of y, from v: (N, ...), one
/// direction a row. H v is a difference of two gradients, 0.03 sigma to either side: the energy changes on the scale of
/// sigma, and rounding is far below.
template <Scalar T, Energy<T> Phi>
std::vector<double> least_curvatures(const Phi& phi, const Tensor<T>& y, double variance, Tensor<T> v) {
  constexpr int rounds = 24;
  const Index rows = y.shape()[0], d = y.shape().stride(0);
  const double length = 0.03 * std::sqrt(variance);
  std::vector<double> least(static_cast<std::size_t>(rows), HUGE_VAL), reach(least.size(), 0.0);
  const auto rescale = [&](Index row) {
    T* const direction = v.mutable_data() + row * d;
    double squares = 0;
    for (Index p = 0; p < d; ++p) squares += static_cast<double>(direction[p]) * static_cast<double>(direction[p]);
    for (Index p = 0; p < d; ++p)
      direction[p] = static_cast<T>(static_cast<double>(direction[p]) * length / std::sqrt(squares));
  };
  const auto gradient_at = [&](double side) {
    Tensor<T> point = y;
    for (Index i = 0; i < y.size(); ++i) point.mutable_data()[i] += static_cast<T>(side) * v.data()[i];
    return energy_and_gradient(phi, Var<T>::constant(point)).gradient.value();
  };
  for (Index row = 0; row < rows; ++row) rescale(row);
  for (int round = 0; round < rounds; ++round) {
    const Tensor<T> ahead = gradient_at(1), behind = gradient_at(-1);
    for (Index row = 0; row < rows; ++row) {
      const auto r = static_cast<std::size_t>(row);
      const T *const a = ahead.data() + row * d, *const b = behind.data() + row * d;
      T* const direction = v.mutable_data() + row * d;
      const auto curved = [&](Index p) {
        return variance / 2 * (static_cast<double>(a[p]) - static_cast<double>(b[p]));
      };
      double along = 0, squares = 0;
      for (Index p = 0; p < d; ++p) {
        along += curved(p) * static_cast<double>(direction[p]);
        squares += curved(p) * curved(p);
      }
      least[r] = std::min(least[r], along / (length * length));
      reach[r] = std::max(reach[r], std::sqrt(squares) / length);  // at most the largest absolute eigenvalue
      if (!(reach[r] > 0)) continue;
      for (Index p = 0; p < d; ++p) direction[p] -= static_cast<T>(curved(p) / reach[r]);
      rescale(row);
    }
  }
  return least;
}

/// Calls those minima saddles where the energy curves down, by more than a hundredth of sigma^-2: what is less is lost in the
/// rounding of float gradients, and takes a flow a hundred sigma^2 of time to leave. A direction beside many that are nearly flat
/// may go unnoticed: the iteration is short.
template <Scalar T, Energy<T> Phi>
void tell_saddles(const Phi& phi, double variance, Flow<T>& flow) {
  const Index d = flow.y.shape().stride(0);
  std::vector<Index> rest, extents(flow.y.shape().begin(), flow.y.shape().end());
  for (Index row = 0; row < std::ssize(flow.end); ++row)
    if (flow.end[static_cast<std::size_t>(row)] == FlowEnd::minimum) rest.push_back(row);
  if (rest.empty()) return;
  // A row's direction is that of its number, whichever others are at rest.
  const Tensor<T> directions = random_normal<T>(flow.y.shape(), Key(0).fold("saddles"));
  extents[0] = std::ssize(rest);
  const Shape shape{std::span<const Index>(extents)};
  Tensor<T> y(shape), v(shape);
  for (Index i = 0; i < std::ssize(rest); ++i) {
    const Index from = rest[static_cast<std::size_t>(i)] * d;
    std::copy_n(flow.y.data() + from, d, y.mutable_data() + i * d);
    std::copy_n(directions.data() + from, d, v.mutable_data() + i * d);
  }
  const std::vector<double> least = least_curvatures(phi, y, variance, std::move(v));
  for (std::size_t i = 0; i < rest.size(); ++i)
    if (least[i] < -0.01) flow.end[static_cast<std::size_t>(rest[i])] = FlowEnd::saddle;
}

}  // namespace neb::flow
