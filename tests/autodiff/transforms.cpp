#include "neb/autodiff/transforms.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "neb/ops/elementary.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/movement.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const std::vector<double> c{1, -2, 0.5};
const std::vector<double> at{0.3, -1.1, 2};

/// sum x^3 + (c . x)^2 (1 . x)
Var<double> f(const Var<double>& x) {
  const Var<double> s = sum(x * Var<double>::constant(Tensor<double>({3}, c)));
  return sum(x * x * x) + s * s * sum(x);
}

/// Its Hessian: 6 diag(x) + 2 t c c^T + 2 s (c 1^T + 1 c^T), with s = c . x and t = 1 . x.
double hessian(std::size_t i, std::size_t j) {
  double s = 0, t = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    s += c[k] * at[k];
    t += at[k];
  }
  return (i == j ? 6 * at[i] : 0) + 2 * t * c[i] * c[j] + 2 * s * (c[i] + c[j]);
}

Var<double> unit(std::size_t i) {
  Tensor<double> e = Tensor<double>::zeros({3});
  e.mutable_data()[i] = 1;
  return Var<double>::constant(e);
}

double dot(const Var<double>& a, const Var<double>& b) { return sum(a * b).item(); }

}  // namespace

TEST_CASE("the Hessian-vector product with unit vectors is the Hessian by columns, and symmetric") {
  const Var<double> x = Tensor<double>({3}, at);
  double got[3][3];
  for (std::size_t j = 0; j < 3; ++j) {
    const auto column = hvp(f(x), x, unit(j));
    for (std::size_t i = 0; i < 3; ++i) got[i][j] = column.value().data()[i];
  }
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(got[i][j] == doctest::Approx(hessian(i, j)).epsilon(1e-13));
      CHECK(got[i][j] == doctest::Approx(got[j][i]).epsilon(1e-13));
    }
}

TEST_CASE("the Hessian-vector product is the slope of the gradient along the vector") {
  const Var<double> x = Tensor<double>({3}, at);
  const auto v = vector({0.2, -0.4, 1});
  const double step = 1e-5;
  const auto moved = [&](double t) { return Var<double>((x + t * v).value()); };
  const auto ahead = moved(step), behind = moved(-step);
  const auto difference = (grad(f(ahead), ahead) - grad(f(behind), behind)) / (2 * step);
  const auto product = hvp(f(x), x, v);
  for (Index i = 0; i < 3; ++i) CHECK(product.value()(i) == doctest::Approx(difference.value()(i)).epsilon(1e-8));
}

TEST_CASE("the Hessian-vector product is linear in the vector and symmetric as a form") {
  const Var<double> x = Tensor<double>({3}, at);
  const auto u = vector({1, 2, 3}), v = vector({-1, 0.5, 2});
  const auto y = f(x);
  CHECK(dot(u, hvp(y, x, v)) == doctest::Approx(dot(v, hvp(y, x, u))).epsilon(1e-13));
  const auto combined = hvp(y, x, 2 * u - v), separate = 2 * hvp(y, x, u) - hvp(y, x, v);
  for (Index i = 0; i < 3; ++i) CHECK(combined.value()(i) == doctest::Approx(separate.value()(i)).epsilon(1e-13));
}

TEST_CASE("the Hessian of a linear function is zero") {
  const auto x = vector({1, 2, 3});
  CHECK(elements(hvp(sum(2 * x), x, vector({1, 1, 1}))) == std::vector<double>{0, 0, 0});
}

TEST_CASE("the Hessian of a function that does not depend on x is an error, or zero if asked for") {
  const auto x = vector({1, 2, 3}), other = scalar(1);
  CHECK_THROWS_AS(hvp(other * other, x, vector({1, 1, 1})), GraphError);
  CHECK(elements(hvp(other * other, x, vector({1, 1, 1}), {.unreached_is_zero = true})) ==
        std::vector<double>{0, 0, 0});
  CHECK_THROWS_AS(hvp(sum(x * x), x, vector({1, 1})), ShapeError);
}

TEST_CASE("a Hessian-vector product is a constant, unless create_graph asks for third derivatives") {
  const auto x = vector({1, 2, 3}), v = vector({1, -1, 2});
  CHECK_FALSE(hvp(sum(x * x * x), x, v).tracked());
  const auto product = hvp(sum(x * x * x), x, v, {.create_graph = true});  // 6 x v
  CHECK(elements(grad(sum(product), x)) == std::vector<double>{6, -6, 12});
  CHECK(elements(grad(sum(product), v)) == std::vector<double>{6, 12, 18});
}

namespace {

/// Rows to rows, each its own function of its row (a, b): (a^2 b, a + b^3, exp(a)).
Var<double> g(const Var<double>& x) {
  const auto a = slice(x, 1, 0, 1), b = slice(x, 1, 1, 2);
  return concat<double>({a * a * b, a + b * b * b, exp(a)}, 1);
}

std::vector<double> jacobian_of_g(double a, double b) { return {2 * a * b, a * a, 1, 3 * b * b, std::exp(a), 0}; }

const Tensor<double> two_rows({2, 2}, {0.3, -1.1, 2, 0.7});

}  // namespace

TEST_CASE("value_and_grad is the value and its gradient, from one evaluation") {
  const auto x = Var<double>::constant(Tensor<double>({3}, at));
  int evaluations = 0;
  const auto counted = [&](const Var<double>& y) {
    ++evaluations;
    return f(y);
  };
  const auto [value, gradient] = value_and_grad(counted, x);
  CHECK(evaluations == 1);
  CHECK(value.item() == f(x).item());
  const Var<double> leaf = Tensor<double>({3}, at);
  CHECK(elements(gradient) == elements(grad(f(leaf), leaf)));
  CHECK_FALSE(value.tracked());
  CHECK_FALSE(gradient.tracked());
  const auto recorded = value_and_grad(f, leaf, {.create_graph = true});
  CHECK(elements(grad(recorded.value, leaf)) == elements(gradient));
  CHECK(elements(vjp(recorded.gradient, leaf, unit(1))) == elements(hvp(f(leaf), leaf, unit(1))));
  CHECK_THROWS_AS(value_and_grad([](const Var<double>& y) { return y * y; }, leaf), GraphError);
}

TEST_CASE("the Jacobian-vector product is the closed form's, and linear in the vector") {
  const Var<double> x = two_rows;
  const auto u = Var<double>::constant(Tensor<double>({2, 2}, {1, -2, 0.5, 3}));
  const auto v = Var<double>::constant(Tensor<double>({2, 2}, {0.2, 1, -1, 4}));
  const auto product = jvp(g(x), x, v);
  REQUIRE(product.shape() == Shape{2, 3});
  CHECK_FALSE(product.tracked());
  for (Index row = 0; row < 2; ++row) {
    const auto j = jacobian_of_g(two_rows(row, 0), two_rows(row, 1));
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(product.value()(row, static_cast<Index>(i)) ==
            doctest::Approx(j[2 * i] * v.value()(row, 0) + j[2 * i + 1] * v.value()(row, 1)).epsilon(1e-14));
  }
  const auto combined = elements(jvp(g(x), x, 2 * u - v));
  const auto separate = elements(2 * jvp(g(x), x, u) - jvp(g(x), x, v));
  for (std::size_t i = 0; i < 6; ++i) CHECK(combined[i] == doctest::Approx(separate[i]).epsilon(1e-12));
}

TEST_CASE("vjp is the adjoint of jvp") {
  const Var<double> x = two_rows;
  const auto v = Var<double>::constant(Tensor<double>({2, 2}, {0.2, 1, -1, 4}));
  const auto w = Var<double>::constant(Tensor<double>({2, 3}, {1, 2, 3, -1, 0.5, 0.1}));
  CHECK(dot(jvp(g(x), x, v), w) == doctest::Approx(dot(v, vjp(g(x), x, w))).epsilon(1e-12));
}

TEST_CASE("a Jacobian-vector product can be differentiated, and knows its shapes and its targets") {
  const auto x = vector({1, 2, 3}), v = vector({1, -1, 2});
  const auto product = jvp(x * x * x, x, v, {.create_graph = true});  // 3 x^2 v
  CHECK(elements(grad(sum(product), x)) == std::vector<double>{6, -12, 36});
  CHECK(elements(grad(sum(product), v)) == std::vector<double>{3, 12, 27});
  CHECK(elements(jvp(2 * x, x, v)) == std::vector<double>{2, -2, 4});
  CHECK_THROWS_AS(jvp(x * x, x, vector({1, 2})), ShapeError);
  CHECK_THROWS_AS(jvp(x * x, v, v), GraphError);
  CHECK(elements(jvp(x * x, v, v, {.unreached_is_zero = true})) == std::vector<double>{0, 0, 0});
}

TEST_CASE("the Jacobians of a batch are the closed form's, whatever the rows of a pass") {
  for (const Index rows : {1, 2, 3, 5, 6, 100}) {
    const Tensor<double> j = jacobian(g, Var<double>(two_rows), {.rows = rows});
    REQUIRE(j.shape() == Shape{2, 3, 2});
    for (Index sample = 0; sample < 2; ++sample) {
      const auto expected = jacobian_of_g(two_rows(sample, 0), two_rows(sample, 1));
      for (Index i = 0; i < 6; ++i)
        CHECK(j.data()[sample * 6 + i] == doctest::Approx(expected[static_cast<std::size_t>(i)]).epsilon(1e-14));
    }
  }
}

TEST_CASE("a Jacobian evaluates the batch to learn its shape, and then the rows of each pass") {
  std::vector<Index> evaluated;
  const auto counted = [&](const Var<double>& x) {
    evaluated.push_back(x.shape()[0]);
    return g(x);
  };
  jacobian(counted, Var<double>(two_rows), {.rows = 4});
  CHECK(evaluated == std::vector<Index>{2, 4, 2});  // 2 samples with 3 rows each
}

TEST_CASE("Jacobian and Hessian refuse what does not map rows to rows, and do not invent zeros") {
  const Var<double> x = two_rows;
  const auto constant = [](const Var<double>& y) {
    return Var<double>::constant(Tensor<double>::ones({y.shape()[0]}));
  };
  CHECK(message_of<ShapeError>([&] { jacobian([](const Var<double>& y) { return sum(y); }, x); }) ==
        "jacobian: f maps a batch (B, ...) to a batch (B, ...)   [x: (2, 2), f(x): ()]");
  CHECK(message_of<ShapeError>([&] { hessian(g, x); }) ==
        "hessian: f maps a batch (B, ...) to one number for each row, (B,)   [x: (2, 2), f(x): (2, 3)]");
  CHECK_THROWS_AS(jacobian(g, x, {.rows = 0}), ValueError);
  CHECK_THROWS_AS(jacobian(constant, x), GraphError);
  CHECK_THROWS_AS(hessian(constant, x), GraphError);
  CHECK(jacobian(constant, x, {.unreached_is_zero = true}).data()[3] == 0);
  CHECK(jacobian(g, Var<double>(Tensor<double>(Shape{0, 2}))).shape() == Shape{0, 3, 2});
}

TEST_CASE("the Hessians of quadratic forms are their matrices, and of a linear function zero") {
  const auto a = Var<double>::constant(Tensor<double>({2, 2}, {2, -1, 0.5, 3}));
  const auto quadratic = [&](const Var<double>& x) { return sum(x * matmul(x, a), 1); };
  const Tensor<double> h = hessian(quadratic, Var<double>(two_rows));
  REQUIRE(h.shape() == Shape{2, 2, 2});
  const double expected[] = {4, -0.5, -0.5, 6};  // A + A^T
  for (Index i = 0; i < 8; ++i) CHECK(h.data()[i] == doctest::Approx(expected[i % 4]).epsilon(1e-14));
  const Tensor<double> zero = hessian([](const Var<double>& x) { return sum(x, 1); }, Var<double>(two_rows));
  CHECK(std::all_of(zero.span().begin(), zero.span().end(), [](double v) { return v == 0; }));
}
