/// exp without branches or table look-ups, so that compilers turn a loop over it into vector code.
///
/// x = k ln 2 + r with |r| <= ln 2 / 2, then exp(x) = 2^k (1 + r + r^2/2! + ...): the series needs only seven terms in
/// float and thirteen in double to be exact to rounding on so short an interval.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "neb/core/bits.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// The integer parts of the lanes of x; of a NaN, any number.
template <class Integer, class V>
inline auto truncate(V x) {
  if constexpr (std::is_arithmetic_v<V>)
    return x == x ? static_cast<Integer>(x) : Integer(0);
  else
    return __builtin_convertvector(x, Vector<Integer, sizeof(V)>);
}

/// The lanes of k as floating-point numbers.
template <class V, class K>
inline V convert_integers(K k) {
  if constexpr (std::is_arithmetic_v<V>)
    return static_cast<V>(k);
  else
    return __builtin_convertvector(k, V);
}

/// Whether one instruction multiplies the lanes of a register V by powers of two; nearest() and scale() are for these.
template <class V>
inline constexpr bool scales = vector_bytes == 64 && !std::is_arithmetic_v<V>;

/// The whole numbers nearest to x.
template <class V>
V nearest(V x);

/// x 2^k for whole k, rounded once.
template <class V>
V scale(V x, V k);

#if defined(__AVX512F__)
// Under a mask of all lanes: without one, GCC 12 takes its own header's undefined lanes for a variable not set.
template <class V>
V nearest(V x) {
  if constexpr (std::is_same_v<V, Vector<float>>)
    return static_cast<V>(_mm512_maskz_roundscale_ps(__mmask16(-1), x, 0));
  else
    return static_cast<V>(_mm512_maskz_roundscale_pd(__mmask8(-1), x, 0));
}

template <class V>
V scale(V x, V k) {
  if constexpr (std::is_same_v<V, Vector<float>>)
    return static_cast<V>(_mm512_maskz_scalef_ps(__mmask16(-1), x, k));
  else
    return static_cast<V>(_mm512_maskz_scalef_pd(__mmask8(-1), x, k));
}
#endif

}  // namespace detail

/// exp(r) - 1 for |r| <= ln 2 / 2, to rounding: r (1 + r/2! + r^2/3! + ...), which does not cancel.
template <class V>
inline V short_expm1(V r) {
  using T = LaneType<V>;
  if constexpr (!std::is_same_v<T, float> && !std::is_same_v<T, double>) {
    return std::expm1(r);
  } else {
    constexpr T inverse_factorials[] = {T(1),
                                        T(1) / T(2),
                                        T(1) / T(6),
                                        T(1) / T(24),
                                        T(1) / T(120),
                                        T(1) / T(720),
                                        T(1) / T(5040),
                                        T(1) / T(40320),
                                        T(1) / T(362880),
                                        T(1) / T(3628800),
                                        T(1) / T(39916800),
                                        T(1) / T(479001600),
                                        T(1) / T(6227020800)};
    constexpr int terms = std::is_same_v<T, float> ? 7 : 13;
    // r + r^2 (1/2! + r/3! + ...), where even and odd terms of the bracket are two sums: chains half as long.
    const V square = r * r;
    V even = broadcast_lane<V>(inverse_factorials[terms - 2]), odd = broadcast_lane<V>(inverse_factorials[terms - 1]);
#pragma GCC unroll 12
    for (int n = terms - 4; n > 0; n -= 2) {
      even = even * square + inverse_factorials[n];
      odd = odd * square + inverse_factorials[n + 1];
    }
    return square * (odd * r + even) + r;
  }
}

/// exp(x) as times_power(scaled): `scaled` is a normal number where exp(x) is subnormal or 0, so that what it is multiplied by
/// first loses no digits there.
template <class V>
struct SplitExponential {
  V scaled, power;  ///< the power of two, or where detail::scales<V> its exponent

  /// x times the power of two.
  V times_power(V x) const {
    if constexpr (detail::scales<V>)
      return detail::scale(x, power);
    else
      return x * power;
  }
};

/// Below, even 1e4 exp(x) rounds to 0.
template <class T>
inline constexpr T lowest_exponent = std::is_same_v<T, float> ? T(-170)
                                                              : (std::is_same_v<T, double> ? T(-1400) : T(-12000));
/// Above, exp(x) is infinite.
template <class T>
inline constexpr T highest_exponent = std::is_same_v<T, float> ? T(89)
                                                               : (std::is_same_v<T, double> ? T(710) : T(12000));

/// exp(x) in two factors, within 0.92 ulp with fused multiply-add, 1.15 without, for x from lowest_exponent to
/// highest_exponent; NaN for NaN. V is a scalar or a register of float or double.
template <class V>
inline SplitExponential<V> split_exponential(V x) {
  using T = LaneType<V>;
  if constexpr (!std::is_same_v<T, float> && !std::is_same_v<T, double>) {
    return {std::exp(x), V(1)};
  } else {
    constexpr bool single = std::is_same_v<T, float>;
    constexpr T log2_e = T(1.44269504088896340736);
    // ln 2 in two parts; the first has trailing zeros, so k * ln2_high is exact.
    constexpr T ln2_high = single ? T(0.693359375) : T(6.93147180369123816490e-01);
    constexpr T ln2_low = single ? T(-2.12194440054690583e-4) : T(1.90821492927058770002e-10);

    const auto mantissa = [&](V k) { return T(1) + short_expm1((x - k * ln2_high) - k * ln2_low); };
    if constexpr (detail::scales<V>) {
      const V k = detail::nearest(x * log2_e);
      return {mantissa(k), k};
    } else {
      using Integer = std::conditional_t<single, std::int32_t, std::int64_t>;
      // k is counted from twice the exponents' bias: so it is positive, and cutting off a fraction rounds.
      constexpr T origin = single ? 2 * 127 : 2 * 1023;
      const auto k = detail::truncate<Integer>(x * log2_e + (origin + T(0.5)));
      const V whole = detail::convert_integers<V>(k) - origin;  // exact; of a NaN's k, integers could not take it
      // 2^k as a product of two powers, each a normal number, so that results may be subnormal and 2^128 does not occur.
      constexpr int digits = single ? 23 : 52;
      const auto half = k >> 1;
      return {mantissa(whole) * bit_cast<V>(half << digits), bit_cast<V>((k - half) << digits)};
    }
  }
}

/// exp(x), to the precision of split_exponential(), for every x: 0 far below, infinity far above, NaN for NaN.
template <class V>
inline V exponential(V x) {
  using T = LaneType<V>;
  const V lowest = broadcast_lane<V>(lowest_exponent<T>), highest = broadcast_lane<V>(highest_exponent<T>);
  // Written so that a NaN fails every comparison and stays.
  const SplitExponential<V> e = split_exponential(lowest > x ? lowest : (highest < x ? highest : x));
  return e.times_power(e.scaled);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
