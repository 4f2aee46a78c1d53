#include "neb/autodiff/recording.hpp"

#include <doctest/doctest.h>

#include <string>

#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// Notes what it is told, one letter an event.
struct Notebook : autodiff::Observer {
  std::string text;
  void began(const autodiff::Execution& e) override { text += std::string("b:") + e.name + std::to_string(e.order); }
  void computed(const autodiff::Execution&, const autodiff::Operand& y, double flops) override {
    text += " c" + y.shape.to_string() + std::to_string(static_cast<int>(flops));
  }
  void ended(const autodiff::Execution&) noexcept override { text += " e; "; }
};

/// An operation whose vjp is wrong, so that a sweep over it throws.
struct Misshapen {
  static constexpr const char* name = "misshapen";
  Tensor<double> forward(const Tensor<double>& x) const { return x; }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>&) const { return sum(g); }
};

}  // namespace

TEST_CASE("a node knows how many sweeps led to it") {
  const auto x = scalar(2);
  const auto y = x * x * x;
  const auto slope = grad(y, x, {.create_graph = true});
  const auto curvature = grad(slope, x, {.create_graph = true});
  CHECK(x.node()->order() == 0);
  CHECK(y.node()->order() == 0);
  CHECK(slope.node()->order() == 1);
  CHECK(curvature.node()->order() == 2);
  // What user code computes from a gradient is its own work; the gradient of that is of second order again.
  const auto loss = square(slope);
  CHECK(loss.node()->order() == 0);
  CHECK(grad(loss, x, {.create_graph = true}).node()->order() == 2);
}

TEST_CASE("what lies beyond the targets does not count as differentiated") {
  const auto x = scalar(2);
  const auto slope = grad(x * x * x, x, {.create_graph = true});
  CHECK(grad(square(slope), slope, {.create_graph = true}).node()->order() == 2);  // slope itself is of order 1
  const auto w = scalar(3);
  CHECK(grad(w * w * slope, w, {.create_graph = true}).node()->order() == 1);
}

TEST_CASE("a leaf is of order 0 wherever it is made") {
  const autodiff::OrderScope scope(3);
  CHECK(scalar(1).node()->order() == 0);
  CHECK((-scalar(1)).node()->order() == 3);
}

TEST_CASE("an order of derivative ends with its sweep, also when it ends by an error") {
  const auto x = vector({1, 2});
  CHECK_THROWS_AS(grad(sum(apply(Misshapen(), x)), x), GraphError);
  CHECK((x + x).node()->order() == 0);
}

TEST_CASE("an observer sees every operation of its scope, with its order, and what is outside is not seen") {
  const auto x = vector({1, 2, 3});
  const auto before = x * x;
  std::string text;
  {
    Notebook notebook;
    grad(sum(exp(x)), x);
    text = notebook.text;
  }
  exp(before);
  CHECK(text == "b:exp0 c(3,)3 e; b:sum_to0 c()3 e; b:broadcast_to1 c(3,)3 e; b:multiply1 c(3,)3 e; ");
}

TEST_CASE("observers nest, and an operation that throws has ended") {
  const auto x = vector({1, 2, 3});
  Notebook outer;
  {
    Notebook inner;
    -x;
    CHECK(inner.text == "b:negate0 c(3,)3 e; ");
  }
  CHECK_THROWS_AS(apply(ops::Add<double>{}, x, vector({1, 2})), ShapeError);
  CHECK(outer.text == "b:negate0 c(3,)3 e; b:add0 e; ");
}

TEST_CASE("cotangents that are added are operations that observers see, with the same result") {
  const auto x = vector({1, 2, 3});
  const auto gradient = [&] { return elements(grad(sum(x * x + x), x)); };
  const auto expected = gradient();
  Notebook notebook;
  CHECK(gradient() == expected);
  CHECK(notebook.text.find("add_cotangents1") != std::string::npos);
}
