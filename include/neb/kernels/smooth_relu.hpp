/// The smooth ReLU f(z) = z s(u), u = beta z, s the logistic function, and its derivatives of every order.
///
/// f^(n) = beta^(n-1) (n s^(n-1) + u s^(n)), where s^(k) is a polynomial in s. All of it is computed from
/// e = exp(-|u|) <= 1, so nothing overflows. The first three derivatives are fractions over (1 + e)^2, (1 + e)^3 and
/// (1 + e)^4. Their numerators pass through 0, where the terms cancel: near each root their Taylor series about it is taken
/// instead. So they keep their relative precision everywhere.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "neb/core/shape.hpp"
#include "neb/kernels/exponential.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// What the derivatives are made of: e = exp(-|u|), 1 / (1 + e) and s(u), for a scalar or a register u.
template <class V>
struct LogisticParts {
  SplitExponential<V> exponential;
  V e, inverse, sigmoid;

  explicit LogisticParts(V u) : exponential(split_exponential(u < V{} ? u : -u)) {
    using T = LaneType<V>;
    e = exponential.scaled * exponential.power;
    inverse = T(1) / (T(1) + e);
    sigmoid = u < V{} ? e * inverse : inverse;
  }

  /// e times `factor`, which may be a normal number though e is not.
  V decayed(V factor) const { return exponential.scaled * factor * exponential.power; }
};

namespace detail {

/// A number between two of T.
struct Root {
  double high, low;

  /// x minus the root, to rounding.
  template <class V>
  V distance(V x) const {
    using T = LaneType<V>;
    const T nearby = static_cast<T>(high);
    return (x - nearby) - static_cast<T>((high - static_cast<double>(nearby)) + low);
  }
};

template <class V>
V magnitude(V x) {
  return x < V{} ? -x : x;
}

/// Whether near_root() is for a distance of h. Farther off the terms cancel too little to matter.
template <class V>
auto is_near(V h) {
  return magnitude(h) < broadcast_lane<V>(LaneType<V>(0.1));
}

/// c(1) h + c(2) h^2 + ..., the Taylor series of a numerator about its root, to rounding where is_near(h). It does not
/// cancel: its first term is much the largest. The coefficients are of a lambda without captures.
template <class V, class Coefficient>
V near_root(V h, Coefficient) {
  using T = LaneType<V>;
  constexpr int terms = std::is_same_v<T, float> ? 5 : 12;
  constexpr auto c = [] {
    std::array<T, terms + 1> each{};
    for (int k = 1; k <= terms; ++k) each[static_cast<std::size_t>(k)] = static_cast<T>(Coefficient{}(k));
    return each;
  }();
  V series = broadcast_lane<V>(c[terms]);
#pragma GCC unroll 12
  for (std::size_t k = terms - 1; k > 0; --k) series = series * h + c[k];
  return h * series;
}

/// x^k / k!, a coefficient of exp(x h).
constexpr double exponential_term(double x, int k) {
  double term = 1;
  for (int i = 1; i <= k; ++i) term *= x / i;
  return term;
}

/// f' for beta = 1, and f'(u) + f'(-u) = 1: on the left e (1 + u + e) / (1 + e)^2, which is 0 where e = -(1 + u).
template <class V>
V first_derivative(V u, const LogisticParts<V>& p) {
  using T = LaneType<V>;
  constexpr Root root{-1.2784645427610737, -1.0946994183093437e-16};
  constexpr double e_there = -1 - root.high;
  const V below = -magnitude(u);
  const V h = root.distance(below);
  const V series = near_root(h, [](int k) { return (k == 1 ? 1 : 0) + e_there * exponential_term(1, k); });
  const V numerator = is_near(h) ? series : (T(1) + below) + p.e;
  const V left = p.decayed(numerator * (p.inverse * p.inverse));
  return u < V{} ? left : T(1) - left;
}

/// f'' for beta = 1, an even function: with a = |u|, e (2 - a + e (2 + a)) / (1 + e)^3, which is 0 where e (2 + a) = a - 2.
template <class V>
V second_derivative(V u, const LogisticParts<V>& p) {
  using T = LaneType<V>;
  constexpr Root root{2.3993572805154675, 1.8464872855353363e-16};
  constexpr double e_there = (root.high - 2) / (root.high + 2);
  const V a = magnitude(u);
  const V h = root.distance(a);
  const V series = near_root(h, [](int k) {
    return (k == 1 ? -1 : 0) + (root.high - 2) * exponential_term(-1, k) + e_there * exponential_term(-1, k - 1);
  });
  const V numerator = is_near(h) ? series : (T(2) - a) + p.e * (T(2) + a);
  return p.decayed(numerator * (p.inverse * p.inverse * p.inverse));
}

/// A coefficient of the numerator of f''' about `at`, where e is e_there.
constexpr double third_numerator_term(double at, double e_there, int k) {
  return (k == 1 ? 1 : 0) - 4 * e_there * (at * exponential_term(-1, k) + exponential_term(-1, k - 1)) +
         e_there * e_there * ((at + 3) * exponential_term(-2, k) + exponential_term(-2, k - 1));
}

/// f''' for beta = 1, an odd function: with a = |u|, e (a - 3 + e (e (a + 3) - 4a)) / (1 + e)^4. It is 0 at a root and at 0.
template <class V>
V third_derivative(V u, const LogisticParts<V>& p) {
  using T = LaneType<V>;
  constexpr Root root{3.435840993535111, -1.654438565374896e-16};
  constexpr double e_at_root = 0.03219832026308645800;
  const V a = magnitude(u);
  const V h = root.distance(a);
  const V at_zero = near_root(a, [](int k) { return third_numerator_term(0, 1, k); });
  const V at_root = near_root(h, [](int k) { return third_numerator_term(root.high, e_at_root, k); });
  const V elsewhere = (a - T(3)) - p.e * (T(4) * a - p.e * (a + T(3)));
  const V numerator = is_near(a) ? at_zero : (is_near(h) ? at_root : elsewhere);
  const V square = p.inverse * p.inverse;
  return p.decayed((u < V{} ? -numerator : numerator) * (square * square));
}

}  // namespace detail

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
      n, y,
      [beta](auto v) {
        using V = decltype(v);
        const V u = beta * v;
        const LogisticParts<V> p(u);
        const V far = broadcast_lane<V>(T(-1e4));  // where f is 0, but z times the least exp(u) is not
        return u < V{} ? p.decayed((u < far ? V{} : v) * p.inverse) : v * p.inverse;
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
          const auto u = scaled_argument(v, beta);
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

#ifdef NEB_COMPILED_KERNELS
extern template void smooth_relu(Index, float*, const float*, float);
extern template void smooth_relu(Index, double*, const double*, double);
extern template void smooth_relu_slope(Index, float*, const float*, const float*, float, int);
extern template void smooth_relu_slope(Index, double*, const double*, const double*, double, int);
#endif

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
