#include "neb/ops/comparison.hpp"

#include <doctest/doctest.h>

#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("comparisons are 1 where they hold and 0 elsewhere, and nothing equals a NaN") {
  const auto a = row({1, 2, 3, quiet, infinity}), b = row({2, 2, 2, quiet, infinity});
  CHECK(elements(less(a, b)) == std::vector<double>{1, 0, 0, 0, 0});
  CHECK(elements(greater(a, b)) == std::vector<double>{0, 0, 1, 0, 0});
  CHECK(elements(equal(a, b)) == std::vector<double>{0, 1, 0, 0, 1});
  CHECK(elements(less(a, 3)) == std::vector<double>{1, 1, 0, 0, 0});
  CHECK(elements(greater(a, 1)) == std::vector<double>{0, 1, 1, 0, 1});
  CHECK(elements(equal(a, 3)) == std::vector<double>{0, 0, 1, 0, 0});
  CHECK(elements(sign(row({-3, -0.0, 0, 1e-300, infinity, quiet}))) == std::vector<double>{-1, 0, 0, 1, 1, 0});
}

TEST_CASE("comparisons broadcast, and are constants") {
  const Var<double> column = Tensor<double>({2, 1}, {1, 3}), x = row({0, 2, 4});
  const auto mask = less(column, x);
  CHECK(mask.shape() == Shape{2, 3});
  CHECK(elements(mask) == std::vector<double>{0, 1, 1, 0, 0, 1});
  CHECK_FALSE(mask.tracked());
  CHECK(less(Var<double>(), 1).shape() == Shape{0});
}

TEST_CASE("where chooses elements, broadcasting all three arguments") {
  const Var<double> condition = Tensor<double>({2, 1}, {1, 0}), a = row({1, 2, 3}), b = Tensor<double>::scalar(-1);
  CHECK(where(condition, a, b).shape() == Shape{2, 3});
  CHECK(elements(where(condition, a, b)) == std::vector<double>{1, 2, 3, -1, -1, -1});
  CHECK(elements(where(greater(a, 1.5), a, 0)) == std::vector<double>{0, 2, 3});
  CHECK(elements(where(greater(a, 1.5), 7, a)) == std::vector<double>{1, 7, 7});
  CHECK(where(Var<double>(), a.value().rows(0, 1), Var<double>()).shape() == Shape{0});
}

TEST_CASE("what where does not choose reaches neither the value nor the gradient") {
  const auto x = row({-1, 4}), positive = greater(x, 0);
  CHECK(elements(where(positive, sqrt(x), 0)) == std::vector<double>{0, 2});
  const auto safe = where(positive, sqrt(where(positive, x, 1)), 0);
  CHECK(elements(grad(sum(safe), x)) == std::vector<double>{0, 0.25});
  const auto a = row({infinity, 1}), b = row({2, quiet});
  CHECK(elements(grad(sum(where(row({0, 1}), a, b)), a)) == std::vector<double>{0, 1});
}

TEST_CASE("no gradient flows into a condition") {
  const auto x = row({-1, 2});
  CHECK_THROWS_AS(grad(sum(where(greater(x, 0), row({1, 1}), 3)), x), GraphError);
}
