/// The smooth ReLU f(z) = z s(u), u = beta z, s the logistic function, and its derivatives of every order.
///
/// f^(n) = beta^(n-1) (n s^(n-1) + u s^(n)), where s^(k) is a polynomial in s. All of it is computed from
/// e = exp(-|u|) <= 1, so nothing overflows. The first three derivatives have a header of their own.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/kernels/smooth_relu_derivatives.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

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
      n, y,
      [beta](auto v) {
        using V = decltype(v);
        const V u = beta * v;
        const LogisticParts<V> p(u);
        const V far = broadcast_lane<V>(T(-1e4));  // where f is 0, but z times the least exp(u) is not
        return u < V{} ? p.decayed(u < far ? V{} : v, p.inverse) : v * p.inverse;
      },
      z);
}

/// y = g f^(order)(z), elementwise, for order >= 1.
template <class T>
void smooth_relu_slope(Index n, T* y, const T* z, const T* g, T beta, int order) {
  const auto times = [&](auto derivative) {
    map_registers(
        n, y,
        [beta, derivative](auto v, auto w) {
          const auto u = beta * v;
          return w * derivative(u, LogisticParts<decltype(v)>(u));
        },
        z, g);
  };
  if (order == 1) return times([](auto u, const auto& p) { return detail::first_derivative(u, p); });
  if (order == 2) return times([beta](auto u, const auto& p) { return beta * detail::second_derivative(u, p); });
  if (order == 3) return times([beta](auto u, const auto& p) { return beta * beta * detail::third_derivative(u, p); });
  const std::vector<T> lower = logistic_derivative<T>(order - 1);
  const std::vector<T> upper = logistic_derivative<T>(order);
  const T scale = std::pow(beta, static_cast<T>(order - 1));
  const T mirrored = order % 2 == 0 ? scale : -scale;
  map(
      n, y,
      [&lower, &upper, scale, mirrored, beta, order](T v, T w) {
        // f^(n)(-z) = (-1)^n f^(n)(z) for n >= 2; on the left s is small and the polynomials do not cancel.
        const LogisticParts<T> p(-std::abs(beta * v));
        const T s = p.sigmoid;
        T low = T(0), high = T(0);
        for (std::size_t j = upper.size(); j-- > 0;) {
          high = high * s + upper[j];
          if (j < lower.size()) low = low * s + lower[j];
        }
        return w * (v > T(0) ? mirrored : scale) * (static_cast<T>(order) * low - p.a * high);
      },
      z, g);
}

/// dz = c g f''(z) and dg = c f'(z), elementwise, from one exponential: the cotangents of g f'(z) for a cotangent c of it,
/// with the bits of two smooth_relu_slope().
template <class T>
void smooth_relu_slope_vjps(Index n, T* dz, T* dg, const T* z, const T* g, const T* c, T beta) {
  map_registers(
      n, std::array{dz, dg},
      [beta](auto v, auto w, auto t) {
        const auto u = beta * v;
        const LogisticParts<decltype(v)> p(u);
        return std::array{(t * w) * (beta * detail::second_derivative(u, p)), t * detail::first_derivative(u, p)};
      },
      z, g, c);
}

#ifdef NEB_COMPILED_KERNELS
extern template void smooth_relu(Index, float*, const float*, float);
extern template void smooth_relu(Index, double*, const double*, double);
extern template void smooth_relu_slope(Index, float*, const float*, const float*, float, int);
extern template void smooth_relu_slope(Index, double*, const double*, const double*, double, int);
extern template void smooth_relu_slope_vjps(Index, float*, float*, const float*, const float*, const float*, float);
extern template void smooth_relu_slope_vjps(Index, double*, double*, const double*, const double*, const double*,
                                            double);
#endif

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
