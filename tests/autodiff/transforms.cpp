#include "neb/autodiff/transforms.hpp"

#include <doctest/doctest.h>

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
