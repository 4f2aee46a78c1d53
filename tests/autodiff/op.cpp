#include "neb/autodiff/op.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "neb/autodiff/check_grads.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

template <class F>
Tensor<double> elementwise(const Tensor<double>& x, F f) {
  Tensor<double> y(x.shape());
  std::transform(x.span().begin(), x.span().end(), y.mutable_span().begin(), f);
  return y;
}

/// The example of op.hpp.
struct Cube {
  static constexpr const char* name = "cube";
  Tensor<double> forward(const Tensor<double>& x) const {
    return elementwise(x, [](double v) { return v * v * v; });
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>& x) const { return 3 * g * x * x; }
};

/// Receives its output, and keeps nothing else.
struct Exponential {
  static constexpr const char* name = "exponential";
  Tensor<double> forward(const Tensor<double>& x) const {
    return elementwise(x, [](double v) { return std::exp(v); });
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>& y, const Shape&) const { return g * y; }
};

/// A cotangent of the wrong shape.
struct Misshapen {
  static constexpr const char* name = "misshapen";
  Tensor<double> forward(const Tensor<double>& x) const { return x; }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>&) const { return sum(g); }
};

/// a * b + c, with three inputs.
struct MultiplyAdd {
  static constexpr const char* name = "multiply_add";
  Tensor<double> forward(const Tensor<double>& a, const Tensor<double>& b, const Tensor<double>& c) const {
    return (Var<double>(a) * Var<double>(b) + Var<double>(c)).value();
  }
  Var<double> vjp(Index i, const Var<double>& g, const Var<double>& a, const Var<double>& b, const Var<double>&) const {
    return i == 0 ? g * b : i == 1 ? g * a : g;
  }
};

/// The product of any number of inputs.
struct Product {
  static constexpr const char* name = "product";
  Tensor<double> forward(std::span<const Var<double>> x) const { return without(x, -1).value(); }
  Var<double> vjp(Index i, const Var<double>& g, std::span<const Var<double>> x) const { return g * without(x, i); }

 private:
  static Var<double> without(std::span<const Var<double>> x, Index skipped) {
    Var<double> y = Var<double>::constant(Tensor<double>::ones(x[0].shape()));
    for (Index k = 0; k < std::ssize(x); ++k)
      if (k != skipped) y = y * x[static_cast<std::size_t>(k)];
    return y;
  }
};

/// An operation with a parameter.
struct Scale {
  static constexpr const char* name = "scale";
  double factor;
  Tensor<double> forward(const Tensor<double>& x) const {
    return elementwise(x, [f = factor](double v) { return f * v; });
  }
  Var<double> vjp(Index, const Var<double>& g, const Shape&) const { return apply(Scale{factor}, g); }
};

/// The sum of any number of inputs, none of whose values a derivative needs.
struct Total {
  static constexpr const char* name = "total";
  Tensor<double> forward(std::span<const Var<double>> x) const {
    Var<double> y = x[0].detach();
    for (const Var<double>& term : x.subspan(1)) y = y + term.detach();
    return y.value();
  }
  Var<double> vjp(Index i, const Var<double>& g, std::span<const Shape> x) const {
    return reshape(g, x[static_cast<std::size_t>(i)]);
  }
};

}  // namespace

TEST_CASE("an operation defined by its users is recorded, and differentiates to any order") {
  const auto x = vector({2, -1});
  Var<double> y = apply(Cube(), x);
  CHECK(std::string(y.node()->name()) == "cube");
  CHECK(y.node()->inputs().size() == 1);
  CHECK(elements(y) == std::vector<double>{8, -1});
  y = grad(sum(y), x, {.create_graph = true});
  CHECK(elements(y) == std::vector<double>{12, 3});
  y = grad(sum(y), x, {.create_graph = true});
  CHECK(elements(y) == std::vector<double>{12, -6});
  CHECK(elements(grad(sum(y), x)) == std::vector<double>{6, 6});
}

TEST_CASE("operations defined by their users pass check_grads to third order") {
  using Vars = std::vector<Var<double>>;
  const Tensor<double> a({3}, {0.5, -1, 2}), b({3}, {1, 2, -0.3}), c({3}, {-1, 0.2, 0.7});
  const CheckOptions third{.order = 3};
  CHECK(check_grads<double>([](const Vars& v) { return apply(Cube(), v[0]); }, {a}, third) < 1e-6);
  CHECK(check_grads<double>([](const Vars& v) { return apply(Exponential(), v[0]); }, {a}, third) < 1e-6);
  CHECK(check_grads<double>([](const Vars& v) { return apply(Scale{-2.5}, v[0]); }, {a}, third) < 1e-6);
  CHECK(check_grads<double>([](const Vars& v) { return apply(MultiplyAdd(), v[0], v[1], v[2]); }, {a, b, c}, third) <
        1e-6);
  CHECK(check_grads<double>([](const Vars& v) { return apply(Product(), v); }, {a, b, c}, third) < 1e-6);
  CHECK(check_grads<double>([](const Vars& v) { return apply(Total(), v) * v[0]; }, {a, b, c}, third) < 1e-6);
}

TEST_CASE("an operation on constants records nothing") {
  const auto c = vector({1, 2}).detach();
  CHECK_FALSE(apply(Cube(), c).tracked());
  CHECK_FALSE(apply(Product(), std::vector{c, c}).tracked());
  CHECK(apply(Product(), std::vector{c, vector({1, 2})}).tracked());
}

TEST_CASE("a vjp that takes the output gets it, and is a function of the same inputs") {
  const auto x = scalar(0.5);
  Var<double> y = apply(Exponential(), x);
  for (int order = 0; order < 5; ++order) {
    CHECK(y.item() == std::exp(0.5));
    y = grad(y, x, {.create_graph = true});
  }
}

TEST_CASE("a node keeps the values of inputs that its vjp takes as variables, and of others the shape") {
  const auto x = vector({1, 2});
  const auto kept = [](const Var<double>& y) { return y.node()->input(0); };
  REQUIRE(kept(apply(Cube(), x)).value);
  CHECK(kept(apply(Cube(), x)).value->data() == x.value().data());
  for (const Var<double>& y : {apply(Scale{2}, x), apply(Exponential(), x), apply(Total(), std::vector{x, x})}) {
    CHECK(kept(y).value == nullptr);
    CHECK(kept(y).shape == Shape{2});
    CHECK(kept(y).node == x.node().get());
  }
  REQUIRE(kept(apply(Product(), std::vector{x, x})).value);
  CHECK(kept(apply(Product(), std::vector{x.detach(), x})).node == nullptr);
}

TEST_CASE("a vjp of the wrong shape is an error that names the operation and the input") {
  const auto x = vector({1, 2, 3});
  CHECK_THROWS_WITH_AS(grad(sum(apply(Misshapen(), x)), x),
                       "misshapen: vjp of input 0 has shape (), the input has (3,)", GraphError);
}

TEST_CASE("an operation keeps no values that its vjp does not need") {
  const Shape large{1000, 1000};
  const std::size_t bytes = 8'000'000, slack = 1'000'000 + bytes / 8;
  const auto x = Var<double>(Tensor<double>::ones(large));
  const std::size_t before = memory_stats().live;
  const auto live = [&] { return memory_stats().live - before; };
  Var<double> y = x;
  for (int i = 0; i < 10; ++i) y = apply(Scale{1.5}, y);
  CHECK(live() < bytes + slack);  // y alone
  y = x;
  for (int i = 0; i < 3; ++i) y = apply(Exponential(), y);
  CHECK(live() < 3 * bytes + slack);  // each output, no input
}
