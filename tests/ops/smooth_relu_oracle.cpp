// The smooth ReLU and its first three derivatives at a million points, against long double.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "neb/ops/activation.hpp"

using namespace neb;

namespace {

using Jet = std::array<long double, 4>;

/// The value of the smooth ReLU for beta = 1 and its first three derivatives, by the formulas of textbooks: they lose digits
/// where a derivative passes through 0, but long double has eleven more than double.
Jet exact(long double u) {
  const long double e = std::exp(-std::abs(u)), s = (u < 0 ? e : 1) / (1 + e), t = e / ((1 + e) * (1 + e));
  const long double tilt = -std::tanh(u / 2);  // 1 - 2s
  return {u * s, s + u * t, t * (2 + u * tilt), t * (3 * tilt + u * (1 - 6 * t))};
}

template <class T>
std::array<Tensor<T>, 4> computed(const Tensor<T>& z) {
  const Var<T> x = Var<T>::constant(z), one = Var<T>::constant(Tensor<T>::ones(z.shape()));
  return {smooth_relu(x).value(), smooth_relu_slope(x, one, 1, 1).value(), smooth_relu_slope(x, one, 1, 2).value(),
          smooth_relu_slope(x, one, 1, 3).value()};
}

template <class T>
long double unit_in_last_place(long double x) {
  if (x < std::numeric_limits<T>::min()) return std::numeric_limits<T>::denorm_min();
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
}

template <class T>
long double error(T got, long double expected) {
  return std::abs(static_cast<long double>(got) - expected) / unit_in_last_place<T>(std::abs(expected));
}

/// A million points, evenly from where the left tail is 0 to where the right one is exact.
template <class T>
Tensor<T> even_points() {
  const T end = std::is_same_v<T, float> ? T(110) : T(760);
  Tensor<T> z({1'000'000});
  T* const to = z.mutable_data();
  for (Index i = 0; i < z.size(); ++i) to[i] = end * (static_cast<T>(i) / T(500'000) - T(1));
  return z;
}

/// A million points whose bits are random: as many near 1e-30 and 1e30 as near 1.
template <class T>
Tensor<T> random_bits() {
  using Bits = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;
  std::mt19937_64 generator(1);
  Tensor<T> z({1'000'000});
  for (T& value : z.mutable_span()) {
    do {
      value = std::bit_cast<T>(static_cast<Bits>(generator()));
    } while (!std::isfinite(value));
  }
  return z;
}

}  // namespace

TEST_CASE_TEMPLATE("smooth ReLU: value and three derivatives are finite at a million numbers of random bits", T, float,
                   double) {
  for (const Tensor<T>& y : computed(random_bits<T>()))
    CHECK(std::all_of(y.span().begin(), y.span().end(), [](T value) { return std::isfinite(value); }));
}

TEST_CASE_TEMPLATE("smooth ReLU: value and three derivatives are within 16 ulp of long double", T, float, double) {
  for (const Tensor<T>& z : {even_points<T>(), random_bits<T>()}) {
    const auto y = computed(z);
    std::array<long double, 4> worst{};
    for (Index i = 0; i < z.size(); ++i) {
      const Jet jet = exact(z.data()[i]);
      for (std::size_t n = 0; n < 4; ++n) worst[n] = std::max(worst[n], error(y[n].data()[i], jet[n]));
    }
    for (std::size_t n = 0; n < 4; ++n) {
      CAPTURE(n);
      CHECK(worst[n] <= 16);
    }
  }
}
