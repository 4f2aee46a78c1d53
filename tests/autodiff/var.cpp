#include "neb/autodiff/var.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("a variable made from a tensor is a leaf, and a constant has no history") {
  const Var<double> leaf = Tensor<double>::ones({2});
  CHECK(leaf.tracked());
  CHECK(std::string(leaf.node()->name()) == "leaf");
  CHECK(leaf.node()->inputs().empty());
  CHECK_FALSE(Var<double>::constant(Tensor<double>::ones({2})).tracked());
  CHECK_FALSE(Var<double>().tracked());
  CHECK(Var<double>().shape() == Shape{0});
}

TEST_CASE("two leaves of one tensor are two variables") {
  const Tensor<double> value = Tensor<double>::ones({2});
  const Var<double> a = value, b = value, copy = a;
  CHECK(a.node() != b.node());
  CHECK(a.node() == copy.node());
  CHECK(a.value().data() == b.value().data());
}

TEST_CASE("what is computed from constants alone is a constant") {
  const auto c = Var<double>::constant(Tensor<double>::ones({2}));
  CHECK_FALSE((c + c * c - 2).tracked());
  CHECK_FALSE(sum(c / 3).tracked());
  CHECK((c + vector({1, 2})).tracked());
}

TEST_CASE("detach keeps the value and drops the history") {
  const auto x = vector({3, 4});
  const auto y = x * x;
  CHECK(y.tracked());
  CHECK_FALSE(detach(y).tracked());
  CHECK_FALSE(y.detach().tracked());
  CHECK(y.detach().value().data() == y.value().data());
}

TEST_CASE("a variable that was moved from is an empty constant") {
  auto x = vector({1, 2});
  const auto taken = std::move(x);
  // NOLINTBEGIN(bugprone-use-after-move): what is left is specified.
  CHECK_FALSE(x.tracked());
  CHECK(x.shape() == Shape{0});
  // NOLINTEND(bugprone-use-after-move)
  CHECK(taken.tracked());
}

TEST_CASE("release gives up the buffer, which is then nobody else's") {
  auto x = Var<double>(Tensor<double>::ones({2}));
  CHECK(std::move(x).release().unique());
}

TEST_CASE("item of a variable is that of its value") {
  CHECK(scalar(3).item() == 3);
  CHECK_THROWS_WITH_AS(vector({1, 2}).item(), "item: expects one element   [x: (2,)]", ShapeError);
}

TEST_CASE("a tensor changed after it became a variable does not change the variable") {
  Tensor<double> value({2}, {1, 2});
  const Var<double> x = value;
  const auto y = x * x;
  value.mutable_data()[0] = 100;
  CHECK(elements(y) == std::vector<double>{1, 4});
  CHECK(elements(grad(sum(y), x)) == std::vector<double>{2, 4});
}
