/// Toy sets in the plane, for pictures and for tests: the same key gives the same points, and point i does not depend
/// on how many there are.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

namespace detail {

/// Points `curve(i, u)` (an array of x and y) with u uniform in [0, 1), plus normal noise of deviation `noise`: (n, 2).
template <Scalar T, class Curve>
Tensor<T> noisy_points(const char* name, Index n, const Key& key, T noise, Curve&& curve) {
  if (n < 0) throw ValueError(std::string(name) + ": n is not negative, got " + std::to_string(n));
  if (!is_finite(noise) || noise < T(0))
    throw ValueError(std::string(name) + ": noise is not negative, got " + std::to_string(noise));
  const Key stream = key.fold(name);
  Tensor<T> points = random_normal<T>({n, 2}, stream.fold("noise"));
  const Tensor<T> uniform = random_uniform<T>({n, 1}, stream.fold("position"));
  T* const out = points.mutable_data();
  for (Index i = 0; i < n; ++i) {
    const std::array<T, 2> point = curve(i, uniform.data()[i]);
    // An explicit fma: where a product is added to a product, compilers contract one or the other, and not the same one
    // in a vector loop and in its remainder; the point would then depend on n.
    for (Index axis = 0; axis < 2; ++axis)
      out[2 * i + axis] = std::fma(noise, out[2 * i + axis], point[static_cast<std::size_t>(axis)]);
  }
  return points;
}

}  // namespace detail

/// Two interleaved half circles: (n, 2). Their radius is 1 and their common mean the origin, so that without noise they
/// fill [-1.5, 1.5] x [-0.75, 0.75]. Even points lie on the upper moon, odd ones on the lower. Throws ValueError.
template <Scalar T>
Tensor<T> two_moons(Index n, const Key& key, T noise = T(0.05)) {
  return detail::noisy_points<T>("two_moons", n, key, noise, [](Index i, T u) {
    const T angle = std::numbers::pi_v<T> * u;
    const T side = i % 2 == 0 ? T(1) : T(-1);
    return std::array<T, 2>{side * (std::cos(angle) - T(0.5)), side * (std::sin(angle) - T(0.25))};
  });
}

/// Eight Gaussians of deviation `noise` on a circle of radius sqrt(2), where each coordinate has variance 1: (n, 2).
/// Point i belongs to Gaussian i mod 8, counted from the x axis. Throws ValueError.
template <Scalar T>
Tensor<T> eight_gaussians(Index n, const Key& key, T noise = T(0.1)) {
  return detail::noisy_points<T>("eight_gaussians", n, key, noise, [](Index i, T) {
    const T angle = std::numbers::pi_v<T> / T(4) * static_cast<T>(i % 8);
    return std::array<T, 2>{std::numbers::sqrt2_v<T> * std::cos(angle), std::numbers::sqrt2_v<T> * std::sin(angle)};
  });
}

/// A spiral around the origin, one and a half turns whose radius grows from 2/3 to 2 with the angle: (n, 2).
/// Throws ValueError.
template <Scalar T>
Tensor<T> swiss_roll(Index n, const Key& key, T noise = T(0.05)) {
  return detail::noisy_points<T>("swiss_roll", n, key, noise, [](Index, T u) {
    const T turn = T(1.5) * std::numbers::pi_v<T> * (T(1) + T(2) * u);
    const T radius = T(2) / T(3) * (T(1) + T(2) * u);
    return std::array<T, 2>{radius * std::cos(turn), radius * std::sin(turn)};
  });
}

}  // namespace neb
