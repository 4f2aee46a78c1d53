#include "neb/bayes/escaped.hpp"

#include <doctest/doctest.h>

#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;

TEST_CASE_TEMPLATE("escaped: a number beyond the bound, on either side, or one that is not finite", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const auto all_of = [](T value) { return escaped(Tensor<T>({3, 2}, {T(0.1), value, T(0), T(1), value, T(-1)})); };
  for (const T value : {T(10.01), T(-11), T(1e30), inf, -inf, nan, -nan})
    CHECK(all_of(value) == std::vector{true, false, true});
  for (const T value : {T(0), T(9.99), T(-9.99), T(10), T(-10)})
    CHECK(all_of(value) == std::vector{false, false, false});
}

TEST_CASE("escaped: the bound is the caller's to set; infinity leaves what is not finite") {
  const Tensor<double> y({4, 1}, {0.5, -2.0, 1e300, std::nan("")});
  CHECK(escaped(y, 1) == std::vector{false, true, true, true});
  CHECK(escaped(y, HUGE_VAL) == std::vector{false, false, false, true});
  CHECK(escaped(1, y.data() + 1, 1));
  CHECK_FALSE(escaped(1, y.data(), 1));
}

TEST_CASE("escaped: rows, and no rows; a scalar is no batch") {
  CHECK(escaped(Tensor<float>::full({2, 3, 3, 1}, 11)) == std::vector{true, true});
  CHECK(escaped(Tensor<float>::zeros({0, 4})).empty());
  CHECK(message_of<ShapeError>([] { escaped(Tensor<float>::scalar(1)); }) ==
        "escaped: expects a batch (N, ...)   [y: ()]");
}
