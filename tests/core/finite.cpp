#include "neb/core/finite.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace neb;

namespace {

template <class T>
void check_scalars() {
  using limits = std::numeric_limits<T>;
  for (const T value : {T(0), -T(0), T(1), limits::max(), limits::lowest(), limits::min(), limits::denorm_min()})
    CHECK(is_finite(value));
  for (const T value : {limits::infinity(), -limits::infinity(), limits::quiet_NaN(), -limits::quiet_NaN()})
    CHECK_FALSE(is_finite(value));
}

}  // namespace

TEST_CASE("NaN and infinities are not finite, everything else is, in all three scalars") {
  check_scalars<float>();
  check_scalars<double>();
  check_scalars<long double>();
}

TEST_CASE("the first number that is not finite is found, wherever it is") {
  constexpr Index n = 100'000;  // more than one thread takes at a time
  std::vector<float> x(n, 1);
  CHECK(first_not_finite(n, x.data()) == n);
  CHECK(first_not_finite<float>(0, nullptr) == 0);
  for (const Index at : {n - 1, Index{16'384}, Index{16'383}, Index{1}, Index{0}}) {
    x[static_cast<std::size_t>(at)] = std::nanf("");
    CHECK(first_not_finite(n, x.data()) == at);
  }
}
