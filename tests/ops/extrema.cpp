#include "neb/ops/extrema.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("maximum and minimum agree with the standard functions, broadcast") {
  const auto a = random_tensor({3, 1, 5}, 1), b = random_tensor({4, 5}, 2);
  const auto at = [&](const auto& choose) {
    return tabulate({3, 4, 5}, [&](const Indices& i) { return choose(broadcast_at(a, i), broadcast_at(b, i)); });
  };
  CHECK(difference(maximum<double>(a, b).value(), at([](double p, double q) { return std::max(p, q); })) == 0);
  CHECK(difference(minimum<double>(a, b).value(), at([](double p, double q) { return std::min(p, q); })) == 0);
  CHECK(elements(maximum(row({-1, 2}), 0)) == Elements{0, 2});
  CHECK(elements(minimum(row({-1, 2}), 0)) == Elements{-1, 0});
}

TEST_CASE("a NaN on either side is the maximum and the minimum") {
  for (const auto& y : {maximum(row({quiet, 1}), row({1, quiet})), minimum(row({quiet, 1}), row({1, quiet}))})
    for (const double v : elements(y)) CHECK(std::isnan(v));
  CHECK(std::isnan(max(row({1, quiet, 3})).item()));
  CHECK(std::isnan(min(row({quiet, 1, 3})).item()));
}

TEST_CASE("equal elements share the gradient of a maximum, a minimum, a max and a min") {
  const auto a = row({1, 2, 3}), b = row({2, 2, 2});
  CHECK(elements(grad(sum(maximum(a, b)), a)) == Elements{0, 0.5, 1});
  CHECK(elements(grad(sum(maximum(a, b)), b)) == Elements{1, 0.5, 0});
  CHECK(elements(grad(sum(minimum(a, b)), a)) == Elements{1, 0.5, 0});
  CHECK(elements(grad(sum(maximum(a, a)), a)) == Elements{1, 1, 1});
  const auto ties = row({5, 1, 5, 1});
  CHECK(elements(grad(max(ties), ties)) == Elements{0.5, 0, 0.5, 0});
  CHECK(elements(grad(min(ties), ties)) == Elements{0, 0.5, 0, 0.5});
}

TEST_CASE("max and min along an axis agree with a loop over indices") {
  const auto x = random_tensor({3, 4, 5}, 1);
  for (const Index axis : {0, 1, 2, -1}) {
    const Index kept = axis < 0 ? axis + 3 : axis;
    std::vector<Index> extents{3, 4, 5};
    extents.erase(extents.begin() + kept);
    const auto fold = [&](double worst, const auto& better) {
      return tabulate(Shape(std::span<const Index>(extents)), [&](Indices i) {
        i.insert(i.begin() + kept, 0);
        double best = worst;
        for (Index k = 0; k < x.shape()[kept]; ++k) {
          i[static_cast<std::size_t>(kept)] = k;
          best = better(best, broadcast_at(x, i));
        }
        return best;
      });
    };
    CHECK(difference(max<double>(x, axis).value(), fold(-9, [](double a, double b) { return std::max(a, b); })) == 0);
    CHECK(difference(min<double>(x, axis).value(), fold(9, [](double a, double b) { return std::min(a, b); })) == 0);
  }
  CHECK(max<double>(x).item() == *std::max_element(x.span().begin(), x.span().end()));
  CHECK(min<double>(x).item() == *std::min_element(x.span().begin(), x.span().end()));
}

TEST_CASE("max along an axis keeps infinities, and the shape of empty arrays") {
  CHECK(max(row({-infinity, -infinity})).item() == -infinity);
  CHECK(min(row({infinity, 3, -infinity})).item() == -infinity);
  CHECK(max(Var<double>(Tensor<double>({0, 3})), 1).shape() == Shape{0});
  CHECK(max(Var<double>(Tensor<double>({2, 3, 0})), 1).shape() == Shape{2, 0});
}

TEST_CASE("clamp keeps what is inside and stops at the ends, whose derivative is that of the inside") {
  const auto x = row({-2, -1, 0.5, 1, 7, -infinity, infinity});
  CHECK(elements(clamp(x, -1, 1)) == Elements{-1, -1, 0.5, 1, 1, -1, 1});
  CHECK(elements(grad(sum(clamp(x, -1, 1)), x)) == Elements{0, 1, 1, 1, 0, 0, 0});
  CHECK(elements(clamp(row({-5, 5}), 2, 2)) == Elements{2, 2});
  CHECK(std::isnan(clamp(row({quiet}), 0, 1).item()));
}

TEST_CASE("abs is the magnitude, with slope 0 at 0") {
  const auto x = row({-3, -0.0, 0, 2, -infinity});
  CHECK(elements(abs(x)) == Elements{3, 0, 0, 2, infinity});
  CHECK_FALSE(std::signbit(abs(x).value()(1)));
  CHECK(elements(grad(sum(abs(x)), x)) == Elements{-1, 0, 0, 1, -1});
}

TEST_CASE("second derivatives of what is piecewise linear are zero") {
  const auto x = random_tensor({20}, 1);
  for (const auto& f : {std::function([](const Var<double>& v) { return abs(v); }),
                        std::function([](const Var<double>& v) { return clamp(v, -1, 1); }),
                        std::function([](const Var<double>& v) { return maximum(v, 0.5); })}) {
    const Var<double> v = x;
    const auto slope = grad(sum(f(v)), v, {.create_graph = true});
    const auto curvature = grad(sum(slope + v), v);
    CHECK(elements(curvature) == Elements(20, 1));
  }
}
