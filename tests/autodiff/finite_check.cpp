// Compiled with -ffast-math as well (neb_fast_math_tests): what is not finite is made of bits here.
#include "neb/autodiff/finite_check.hpp"

#include <doctest/doctest.h>

#include <bit>

#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const double nan_bits = std::bit_cast<double>(0x7FF8000000000000),
             infinity_bits = std::bit_cast<double>(0x7FF0000000000000);

/// The identity, with a slope of its own.
struct Slope {
  static constexpr const char* name = "slope";
  double factor;
  Tensor<double> forward(const Tensor<double>& x) const { return x; }
  Var<double> vjp(Index, const Var<double>&, const Var<double>& x) const {
    return Var<double>::constant(Tensor<double>::full(x.shape(), factor));
  }
};

}  // namespace

TEST_CASE("a finite check names the first operation, the index and the shapes") {
  const Var<double> x = Tensor<double>({2, 3}, {1, 2, 3, 4, 5, 0});
  CHECK(message_of<ValueError>([&] {
          const FiniteCheck check;
          sum(square(log(x)));
        }) ==
        "FiniteCheck: the result of log is not finite at (1, 2)   [inputs: (2, 3), result: (2, 3), order of "
        "derivative: 0]");
}

TEST_CASE("a finite check tells which inputs are not finite already") {
  const auto x = vector({1, nan_bits, 3, infinity_bits});
  CHECK(message_of<ValueError>([&] {
          const FiniteCheck check;
          x + scalar(1);
        }) ==
        "FiniteCheck: the result of add is not finite at (1,); so is its input 0 at (1,)   [inputs: (4,), (), result: "
        "(4,), order of derivative: 0]");
}

TEST_CASE("a finite check looks into gradients") {
  const auto x = vector({4, 0});
  const auto y = sum(sqrt(x));  // finite; its slope at 0 is not
  CHECK(message_of<ValueError>([&] {
          const FiniteCheck check;
          grad(y, x);
        }) ==
        "FiniteCheck: the result of divide is not finite at (1,)   [inputs: (2,), (2,), result: (2,), order of "
        "derivative: 1]");
}

TEST_CASE("a finite check sees cotangents that cancel to NaN where they are added") {
  const auto x = vector({1});
  const auto y = sum(apply(Slope{infinity_bits}, x) + apply(Slope{-infinity_bits}, x));
  CHECK(message_of<ValueError>([&] {
          const FiniteCheck check;
          grad(y, x);
        }).starts_with("FiniteCheck: the result of add_cotangents is not finite at (0,); so is its input 1 at (0,)"));
}

TEST_CASE("what is finite passes, in every scalar, and outside of its scope nothing is checked") {
  const auto x = vector({0});
  {
    const FiniteCheck check;
    exp(x);
    const Var<float> f = Tensor<float>::ones({3});
    grad(sum(log(f)), f);
    const Var<long double> l = Tensor<long double>::ones({3});
    CHECK_NOTHROW(l + l);
    CHECK_THROWS_AS(log(f - 1.0f), ValueError);
    CHECK_THROWS_AS(l / (l - l), ValueError);
  }
  CHECK_NOTHROW(log(x));
}
