/// The first three derivatives of the smooth ReLU f(u) = u s(u), s the logistic function, to full relative precision.
///
/// They are fractions over (1 + e)^2, (1 + e)^3 and (1 + e)^4 with e = exp(-|u|). Their numerators pass through 0, where the
/// terms cancel: near each root their Taylor series about it is taken instead.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "neb/core/bits.hpp"
#include "neb/kernels/exponential.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// |x|, lane by lane.
template <class V>
V magnitude(V x) {
  if constexpr (std::is_arithmetic_v<V>) {
    return std::abs(x);
  } else {
    using Bits = decltype(x < x);
    return bit_cast<V>(bit_cast<Bits>(x) & std::numeric_limits<LaneType<Bits>>::max());
  }
}

}  // namespace detail

/// What value and derivatives are made of, for a scalar or a register u: a = |u|, e = exp(-a), 1 / (1 + e) and s(u).
template <class V>
struct LogisticParts {
  V a;  ///< no larger than where e times a polynomial in a rounds to 0, so that no such product overflows
  SplitExponential<V> exponential;
  V e, inverse, sigmoid;

  explicit LogisticParts(V u) {
    using T = LaneType<V>;
    const V distance = detail::magnitude(u), farthest = broadcast_lane<V>(-lowest_exponent<T>);
    a = farthest < distance ? farthest : distance;  // a NaN is not, and stays
    exponential = split_exponential(-a);
    e = exponential.times_power(exponential.scaled);
    inverse = T(1) / (T(1) + e);
    sigmoid = u < V{} ? e * inverse : inverse;
  }

  /// e x y, which may be a normal number though e is not. Only y waits for the division.
  V decayed(V x, V y) const { return exponential.times_power((exponential.scaled * x) * y); }
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
  const V h = root.distance(-p.a);
  const V series = near_root(h, [](int k) { return (k == 1 ? 1 : 0) + e_there * exponential_term(1, k); });
  const V numerator = is_near(h) ? series : (T(1) - p.a) + p.e;
  const V left = p.decayed(numerator, p.inverse * p.inverse);
  return u < V{} ? left : T(1) - left;
}

/// f'' for beta = 1, an even function: with a = |u|, e (2 - a + e (2 + a)) / (1 + e)^3, which is 0 where e (2 + a) = a - 2.
template <class V>
V second_derivative(V /*u*/, const LogisticParts<V>& p) {
  using T = LaneType<V>;
  constexpr Root root{2.3993572805154675, 1.8464872855353363e-16};
  constexpr double e_there = (root.high - 2) / (root.high + 2);
  const V a = p.a, h = root.distance(a);
  const V series = near_root(h, [](int k) {
    return (k == 1 ? -1 : 0) + (root.high - 2) * exponential_term(-1, k) + e_there * exponential_term(-1, k - 1);
  });
  const V numerator = is_near(h) ? series : (T(2) - a) + p.e * (T(2) + a);
  return p.decayed(numerator, p.inverse * p.inverse * p.inverse);
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
  const V a = p.a, h = root.distance(a);
  const V at_zero = near_root(a, [](int k) { return third_numerator_term(0, 1, k); });
  const V at_root = near_root(h, [](int k) { return third_numerator_term(root.high, e_at_root, k); });
  const V elsewhere = (a - T(3)) - p.e * (T(4) * a - p.e * (a + T(3)));
  const V numerator = is_near(a) ? at_zero : (is_near(h) ? at_root : elsewhere);
  const V square = p.inverse * p.inverse;
  return p.decayed(u < V{} ? -numerator : numerator, square * square);
}

}  // namespace detail

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
