#include "neb/ops/elementary.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("exp, log, sqrt and square agree with the standard functions") {
  const auto any = random_tensor({7, 1500}, 1, -20, 20), positive = random_tensor({7, 1500}, 2, 1e-3, 50);
  CHECK(pointwise_difference([](const auto& x) { return exp(x); }, [](double v) { return std::exp(v); }, any) < 4e-16);
  CHECK(pointwise_difference([](const auto& x) { return log(x); }, [](double v) { return std::log(v); }, positive) <
        4e-16);
  CHECK(pointwise_difference([](const auto& x) { return sqrt(x); }, [](double v) { return std::sqrt(v); }, positive) ==
        0);
  CHECK(pointwise_difference([](const auto& x) { return square(x); }, [](double v) { return v * v; }, any) == 0);
}

TEST_CASE("elementary functions at the ends of their domains do what the standard ones do") {
  CHECK(elements(exp(row({-infinity, -1e4, 0, 1e4, infinity}))) == std::vector<double>{0, 0, 1, infinity, infinity});
  CHECK(elements(log(row({0, 1, infinity}))) == std::vector<double>{-infinity, 0, infinity});
  CHECK(std::isnan(log(row({-1})).item()));
  CHECK(elements(sqrt(row({0, 4, infinity}))) == std::vector<double>{0, 2, infinity});
  CHECK(std::isnan(sqrt(row({-1})).item()));
  for (const auto& f : {exp<double>, log<double>, sqrt<double>, square<double>})
    CHECK(std::isnan(f(row({std::nan("")})).item()));
}

TEST_CASE("elementary functions keep the shape, of empty arrays and scalars too") {
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{2, 0, 3}, Shape{1, 1}, Shape{2, 3, 4}})
    for (const auto& f : {exp<double>, log<double>, sqrt<double>, square<double>})
      CHECK(f(Tensor<double>::ones(shape)).shape() == shape);
}

TEST_CASE("logsumexp agrees with the plain formula where that does not overflow") {
  const auto x = random_tensor({5, 3, 40}, 1, -3, 3);
  const auto expected = tabulate({5, 3}, [&](const Indices& i) {
    long double sum = 0;
    for (Index k = 0; k < 40; ++k) sum += std::exp(static_cast<long double>(x(i[0], i[1], k)));
    return static_cast<double>(std::log(sum));
  });
  CHECK(difference(logsumexp<double>(x).value(), expected) < 1e-15);
}

TEST_CASE("logsumexp is finite and exact for entries of plus and minus a thousand") {
  CHECK(logsumexp(row({1000, 1000})).item() == doctest::Approx(1000 + std::log(2.0)).epsilon(1e-15));
  CHECK(logsumexp(row({-1000, -1000})).item() == doctest::Approx(-1000 + std::log(2.0)).epsilon(1e-15));
  CHECK(logsumexp(row({1000, -1000})).item() == 1000);
  CHECK(logsumexp(row({-1000})).item() == -1000);
  CHECK(logsumexp(row({-infinity, 3})).item() == 3);
  const Var<float> in_float = Tensor<float>({2}, {1000, 1000});
  CHECK(logsumexp(in_float).item() == doctest::Approx(1000.6931f));
}

TEST_CASE("the gradient of logsumexp is the softmax, for large entries as well") {
  const auto x = row({1000, 1000, -1000, 999});
  const auto g = grad(logsumexp(x), x).value();
  const double total = 2 + std::exp(-1.0);
  CHECK(g(0) == doctest::Approx(1 / total).epsilon(1e-14));
  CHECK(g(1) == g(0));
  CHECK(g(2) == 0);
  CHECK(g(3) == doctest::Approx(std::exp(-1.0) / total).epsilon(1e-14));
}

TEST_CASE("logsumexp shifts by a constant along with its argument") {
  const auto x = random_tensor({4, 9}, 1);
  const auto shifted = logsumexp(Var<double>(x) + 500), plain = logsumexp<double>(x) + 500;
  CHECK(difference(shifted.value(), plain.value()) < 1e-14);
}

TEST_CASE("sin and cos agree with the standard functions, and are each other's derivatives up to sign") {
  const auto x = random_tensor({7, 300}, 1, -20, 20);
  CHECK(pointwise_difference([](const auto& v) { return sin(v); }, [](double v) { return std::sin(v); }, x) == 0);
  CHECK(pointwise_difference([](const auto& v) { return cos(v); }, [](double v) { return std::cos(v); }, x) == 0);
  const Var<double> v = x;
  CHECK(difference(grad(sum(sin(v)), v).value(), cos(v).value()) == 0);
  CHECK(difference(grad(sum(cos(v)), v).value(), (-sin(v)).value()) == 0);
}

TEST_CASE("softmax is exp over its sum, along the last axis") {
  const auto x = random_tensor({3, 2, 5}, 1);
  const auto expected = tabulate(x.shape(), [&](const Indices& i) {
    long double sum = 0;
    for (Index k = 0; k < 5; ++k) sum += std::exp(static_cast<long double>(x(i[0], i[1], k)));
    return static_cast<double>(std::exp(static_cast<long double>(broadcast_at(x, i))) / sum);
  });
  CHECK(difference(softmax<double>(x).value(), expected) < 1e-15);
  CHECK(softmax<double>(Tensor<double>({0, 3})).shape() == Shape{0, 3});
}

TEST_CASE("softmax of large entries is finite, and its rows sum to one") {
  CHECK(elements(softmax(row({1e308, 1e308, -1e308}))) == std::vector<double>{0.5, 0.5, 0});
  const Var<float> x = random_uniform<float>({4, 1000}, Key(1), -100.0f, 100.0f);
  const Tensor<float> totals = sum(softmax(x), 1).value();
  for (const float total : totals.span()) CHECK(total == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("softmax is the gradient of logsumexp, to second order") {
  const Var<double> x = random_tensor({3, 6}, 1, -4, 4);
  const auto slope = grad(sum(logsumexp(x)), x, {.create_graph = true});
  CHECK(difference(slope.value(), softmax(x).value()) < 1e-14);
  const Var<double> v = random_tensor({3, 6}, 2);
  CHECK(difference(vjp(slope, x, v).value(), vjp(softmax(x), x, v).value()) < 1e-14);
}
