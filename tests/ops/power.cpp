#include "neb/ops/power.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// The value and the first three derivatives of f at each element of x.
std::array<Elements, 4> jet(const std::function<Var<double>(const Var<double>&)>& f, const Var<double>& x) {
  Var<double> y = f(x);
  std::array<Elements, 4> values;
  for (Elements& each : values) {
    each = elements(y);
    y = grad(sum(y), x, {.create_graph = true, .unreached_is_zero = true});
  }
  return values;
}

}  // namespace

TEST_CASE("pow agrees with the standard function") {
  const auto positive = random_tensor({500}, 1, 0.01, 9), any = random_tensor({500}, 2);
  for (const double p : {-2.0, -0.5, 0.0, 0.3, 1.0, 2.5, 3.0})
    CHECK(pointwise_difference([&](const auto& x) { return pow(x, p); }, [&](double v) { return std::pow(v, p); },
                               positive) < 1e-15);
  CHECK(pointwise_difference([](const auto& x) { return pow(x, 3); }, [](double v) { return v * v * v; }, any) < 1e-15);
  CHECK(std::isnan(pow(row({-1}), 0.5).item()));
  const Var<double> base = Tensor<double>({2, 1}, {2, 3}), exponent = row({0, 1, -2});
  CHECK(elements(pow(base, exponent)) == Elements{1, 2, 0.25, 1, 3, 1.0 / 9});
}

TEST_CASE("the derivatives of a whole power at 0 are those of the polynomial") {
  const auto at_zero = [](double p) { return jet([p](const Var<double>& x) { return pow(x, p); }, row({0})); };
  using Jet = std::array<Elements, 4>;
  CHECK(at_zero(0) == Jet{{{1}, {0}, {0}, {0}}});
  CHECK(at_zero(1) == Jet{{{0}, {1}, {0}, {0}}});
  CHECK(at_zero(2) == Jet{{{0}, {0}, {2}, {0}}});
  CHECK(at_zero(3) == Jet{{{0}, {0}, {0}, {6}}});
}

TEST_CASE("a root has an infinite slope at 0, as sqrt does") {
  const auto x = row({0});
  CHECK(grad(sum(pow(x, 0.5)), x).item() == infinity);
  CHECK(grad(sum(sqrt(x)), x).item() == infinity);
  CHECK(grad(sum(pow(x, 1.5)), x).item() == 0);
}

TEST_CASE("a negative base has the derivatives of a whole power") {
  const auto x = row({-2});
  const auto j = jet([](const Var<double>& v) { return pow(v, 3); }, x);
  CHECK(j == std::array<Elements, 4>{{{-8}, {12}, {-12}, {6}}});
}

TEST_CASE("with a variable exponent, derivatives at a base of 0 are finite: 0 towards the exponent") {
  const auto x = row({0, 0, 0}), p = row({0, 1, 2});
  const auto y = pow(x, p);
  CHECK(elements(y) == Elements{1, 0, 0});
  const Var<double> both[] = {x, p};
  const auto first = grad(sum(y), std::span<const Var<double>>(both), {.create_graph = true});
  CHECK(elements(first[0]) == Elements{0, 1, 0});
  CHECK(elements(first[1]) == Elements{0, 0, 0});
  CHECK(elements(grad(sum(first[0]), x)) == Elements{0, 0, 2});
  for (const double v : elements(grad(sum(first[1]), p))) CHECK(v == 0);
}

TEST_CASE("mixed derivatives of a variable power are right at the exponent 0") {
  const auto x = row({2}), p = row({0});
  const auto slope = grad(sum(pow(x, p)), x, {.create_graph = true});
  CHECK(slope.item() == 0);
  CHECK(grad(slope, p).item() == 0.5);  // d/dp of p x^(p-1)
  CHECK(grad(sum(pow(x, p)), p).item() == doctest::Approx(std::log(2.0)).epsilon(1e-15));
}

TEST_CASE("norm is the square root of the sum of squares, of all elements or along an axis") {
  CHECK(norm(row({3, 4})).item() == 5);
  const Var<double> x = Tensor<double>({2, 2}, {3, 4, -5, 12});
  CHECK(elements(norm(x, 1)) == Elements{5, 13});
  CHECK(elements(norm(x, -2)) == Elements{std::sqrt(34.0), std::sqrt(160.0)});
  CHECK(norm(Var<double>()).item() == 0);
}

TEST_CASE("the gradient of the norm is the unit vector, and 0 at 0, at every order") {
  const Var<double> x = Tensor<double>({3, 2}, {3, 4, 0, 0, 0, -2});
  const auto slope = grad(sum(norm(x, 1)), x, {.create_graph = true});
  CHECK(difference(slope.value(), Tensor<double>({3, 2}, {0.6, 0.8, 0, 0, 0, -1})) < 1e-15);
  CHECK(slope.value()(1, 0) == 0);
  const auto curvature = elements(grad(sum(slope), x));
  CHECK(curvature[0] == doctest::Approx((0.64 - 0.48) / 5).epsilon(1e-14));
  CHECK(curvature[2] == 0);
  CHECK(curvature[3] == 0);
  const auto zero = row({0, 0});
  CHECK(elements(grad(norm(zero), zero)) == Elements{0, 0});
}

TEST_CASE("variance is the mean squared deviation from the mean") {
  CHECK(variance(row({1, 2, 3, 4})).item() == 1.25);
  CHECK(variance(row({7})).item() == 0);
  const Var<double> x = Tensor<double>({2, 3}, {1, 2, 3, 10, 10, 10});
  CHECK(elements(variance(x, 1))[0] == doctest::Approx(2.0 / 3).epsilon(1e-15));
  CHECK(elements(variance(x, 1))[1] == 0);
  CHECK(elements(variance(x, 0)) == Elements{20.25, 16, 12.25});
  const auto y = random_tensor({4, 7}, 1);
  CHECK(variance<double>(y).item() ==
        doctest::Approx((mean(square(Var<double>(y))) - square(mean(Var<double>(y)))).item()).epsilon(1e-13));
}

TEST_CASE("variance does not lose small deviations from a large mean") {
  CHECK(variance(row({1e9 + 1, 1e9 + 2, 1e9 + 3})).item() == doctest::Approx(2.0 / 3).epsilon(1e-12));
}
