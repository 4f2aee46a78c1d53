/// The smooth ReLU f(z) = z s(u), u = beta z, s the logistic function, and its derivatives of every order.
///
/// With s = s(u) and t = s (1 - s):
///   f'   = s + u t
///   f''  = beta t (2 + u (1 - 2s))
///   f''' = beta^2 t (3 (1 - 2s) + u (1 - 6t))
/// and in general f^(n) = beta^(n-1) (n s^(n-1) + u s^(n)), where s^(k) is a polynomial in s. All of it is computed from
/// e = exp(-|u|) <= 1: nothing overflows, and 1 - s and 1 - 2s come without cancellation.
#pragma once

#include <cmath>
#include <vector>

#include "neb/kernels/exponential.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb::kernels {

/// What every derivative is made of: s(u), s (1 - s) and 1 - 2s, for a scalar or a register u.
template <class V>
struct LogisticParts {
  V sigmoid, slope, tilt;

  explicit LogisticParts(V u) {
    using T = LaneType<V>;
    const V e = exponential(u < V{} ? u : -u);
    const V inverse = T(1) / (T(1) + e);
    sigmoid = u < V{} ? e * inverse : inverse;
    slope = e * inverse * inverse;
    const V magnitude = (T(1) - e) * inverse;
    tilt = u < V{} ? magnitude : -magnitude;
  }
};

/// beta z, kept where u * slope is a product of finite numbers: beyond |u| = 1e4 every slope is 0 in any precision.
template <class V>
inline V scaled_argument(V z, LaneType<V> beta) {
  const V u = beta * z;
  const V limit = broadcast_lane<V>(LaneType<V>(1e4));
  return u < -limit ? -limit : (u > limit ? limit : u);
}

/// Coefficients c with s^(k)(u) = sum_j c[j] s^j: the derivative of s^j is j (s^j - s^(j+1)).
template <class T>
std::vector<T> logistic_derivative(int k) {
  std::vector<T> c{T(0), T(1)};
  for (int step = 0; step < k; ++step) {
    std::vector<T> next(c.size() + 1, T(0));
    for (std::size_t j = 1; j < c.size(); ++j) {
      next[j] += static_cast<T>(j) * c[j];
      next[j + 1] -= static_cast<T>(j) * c[j];
    }
    c = std::move(next);
  }
  return c;
}

/// y = f(z), elementwise.
template <class T>
void smooth_relu(Index n, T* y, const T* z, T beta) {
  map_registers(
      n, y, [beta](auto v) { return v * LogisticParts<decltype(v)>(beta * v).sigmoid; }, z);
}

/// y = g f^(order)(z), elementwise, for order >= 1.
template <class T>
void smooth_relu_slope(Index n, T* y, const T* z, const T* g, T beta, int order) {
  const auto times = [&](auto derivative) {
    map_registers(
        n, y,
        [beta, derivative](auto v, auto w) {
          const auto u = scaled_argument(v, beta);
          return w * derivative(u, LogisticParts<decltype(v)>(u));
        },
        z, g);
  };
  if (order == 1) return times([](auto u, const auto& p) { return p.sigmoid + u * p.slope; });
  if (order == 2) return times([beta](auto u, const auto& p) { return beta * p.slope * (T(2) + u * p.tilt); });
  if (order == 3)
    return times([beta](auto u, const auto& p) {
      return beta * beta * p.slope * (T(3) * p.tilt + u * (T(1) - T(6) * p.slope));
    });
  const std::vector<T> lower = logistic_derivative<T>(order - 1);
  const std::vector<T> upper = logistic_derivative<T>(order);
  const T scale = std::pow(beta, static_cast<T>(order - 1));
  const T mirrored = order % 2 == 0 ? scale : -scale;
  map(
      n, y,
      [&lower, &upper, scale, mirrored, beta, order](T v, T w) {
        // f^(n)(-z) = (-1)^n f^(n)(z) for n >= 2; on the left s is small and the polynomials do not cancel.
        const T argument = scaled_argument(v, beta);
        const T u = -std::abs(argument);
        const T s = LogisticParts<T>(u).sigmoid;
        T low = T(0), high = T(0);
        for (std::size_t j = upper.size(); j-- > 0;) {
          high = high * s + upper[j];
          if (j < lower.size()) low = low * s + lower[j];
        }
        return w * (argument > T(0) ? mirrored : scale) * (static_cast<T>(order) * low + u * high);
      },
      z, g);
}

}  // namespace neb::kernels
