#include "neb/ops/activation.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// The value of f at z and its first three derivatives.
std::array<double, 4> jet(const std::function<Var<double>(const Var<double>&)>& f, double z) {
  const Var<double> x = Tensor<double>::scalar(z);
  Var<double> y = f(x);
  std::array<double, 4> values{};
  for (double& value : values) {
    value = y.item();
    y = grad(y, x, {.create_graph = true, .unreached_is_zero = true});
  }
  return values;
}

}  // namespace

TEST_CASE("activations agree with their formulas over the standard functions") {
  const auto x = random_tensor({5, 2001}, 1, -30, 30);
  const auto logistic = [](double v) { return static_cast<double>(1 / (1 + std::exp(-static_cast<long double>(v)))); };
  CHECK(pointwise_difference([](const auto& v) { return tanh(v); }, [](double v) { return std::tanh(v); }, x) < 4e-16);
  CHECK(pointwise_difference([](const auto& v) { return sigmoid(v); }, logistic, x) < 4e-16);
  CHECK(pointwise_difference([](const auto& v) { return relu(v); }, [](double v) { return std::max(v, 0.0); }, x) == 0);
  CHECK(pointwise_difference(
            [](const auto& v) { return softplus(v); },
            [](double v) { return static_cast<double>(std::log1p(std::exp(static_cast<long double>(v)))); },
            x) < 4e-16);
  for (const double beta : {0.5, 1.0, 10.0})
    CHECK(pointwise_difference([&](const auto& v) { return smooth_relu(v, beta); },
                               [&](double v) { return v * logistic(beta * v); }, x) < 2e-15);
}

TEST_CASE("activations saturate at arguments of ten thousand") {
  CHECK(elements(tanh(row({-1e4, 1e4}))) == std::vector<double>{-1, 1});
  CHECK(elements(sigmoid(row({-1e4, 1e4}))) == std::vector<double>{0, 1});
  CHECK(elements(softplus(row({-1e4, 1e4}))) == std::vector<double>{0, 1e4});
  CHECK(elements(smooth_relu(row({-1e4, 1e4}))) == std::vector<double>{0, 1e4});
  CHECK(elements(relu(row({-1e4, 1e4}))) == std::vector<double>{0, 1e4});
  const Var<float> x = Tensor<float>({2}, {-1e4f, 1e4f});
  CHECK(softplus(x).value()(1) == 1e4f);
  CHECK(sigmoid(x).value()(0) == 0);
}

TEST_CASE("derivatives of activations at arguments of ten thousand are finite, and their limits") {
  using Jet = std::array<double, 4>;
  CHECK(jet(tanh<double>, 1e4) == Jet{1, 0, 0, 0});
  CHECK(jet(tanh<double>, -1e4) == Jet{-1, 0, 0, 0});
  CHECK(jet(sigmoid<double>, 1e4) == Jet{1, 0, 0, 0});
  CHECK(jet(sigmoid<double>, -1e4) == Jet{0, 0, 0, 0});
  CHECK(jet(softplus<double>, 1e4) == Jet{1e4, 1, 0, 0});
  CHECK(jet(softplus<double>, -1e4) == Jet{0, 0, 0, 0});
  for (const double beta : {0.5, 1.0, 10.0}) {
    const auto f = [&](const Var<double>& x) { return smooth_relu(x, beta); };
    CHECK(jet(f, 1e4) == Jet{1e4, 1, 0, 0});
    CHECK(jet(f, -1e4) == Jet{0, 0, 0, 0});
    for (const double z : {std::numeric_limits<double>::max(), -std::numeric_limits<double>::max()})
      for (const double value : jet(f, z)) CHECK(std::isfinite(value));
  }
}

TEST_CASE("a small tail is kept, not rounded to its limit") {
  CHECK(softplus(row({-50})).item() == doctest::Approx(std::exp(-50.0)).epsilon(1e-14));
  CHECK(sigmoid(row({-700})).item() == doctest::Approx(std::exp(-700.0)).epsilon(1e-14));
  CHECK(smooth_relu(row({-50})).item() == doctest::Approx(-50 * std::exp(-50.0)).epsilon(1e-14));
}

TEST_CASE("a NaN stays a NaN in every activation") {
  const auto x = row({std::nan("")});
  for (const auto& y : {tanh(x), sigmoid(x), softplus(x), relu(x), smooth_relu(x), smooth_relu(x, 10)})
    CHECK(std::isnan(y.item()));
}

TEST_CASE("activations of infinity are their limits") {
  CHECK(elements(tanh(row({-infinity, infinity}))) == std::vector<double>{-1, 1});
  CHECK(elements(sigmoid(row({-infinity, infinity}))) == std::vector<double>{0, 1});
  CHECK(elements(softplus(row({-infinity, infinity}))) == std::vector<double>{0, infinity});
  CHECK(elements(relu(row({-infinity, infinity}))) == std::vector<double>{0, infinity});
}

TEST_CASE("the derivative of relu is 0 at the kink and its second derivative is zero") {
  const auto x = row({-1, 0, 2});
  const auto slope = grad(sum(relu(x)), x, {.create_graph = true});
  CHECK(elements(slope) == std::vector<double>{0, 0, 1});
  CHECK(elements(grad(sum(slope * x), x)) == elements(slope));
}

TEST_CASE("the smooth ReLU tends to relu as beta grows, and to z / 2 as it vanishes") {
  const auto x = random_tensor({100}, 1);
  CHECK(difference(smooth_relu<double>(x, 1e6).value(), relu<double>(x).value()) < 1e-5);
  CHECK(difference(smooth_relu<double>(x, 1e-12).value(), (Var<double>(x) / 2).value()) < 1e-11);
}

TEST_CASE("smooth_relu_slope is the repeated gradient of smooth_relu times g") {
  const Var<double> z = random_tensor({50}, 1, -6, 6), g = random_tensor({50}, 2);
  Var<double> y = smooth_relu(z, 2);
  for (int order = 1; order <= 5; ++order) {
    y = grad(sum(y), z, {.create_graph = true});
    CHECK(difference(smooth_relu_slope(z, g, 2, order).value(), (y * g).value()) < 1e-13);
  }
}

TEST_CASE_TEMPLATE("both cotangents of a slope, computed together, have the bits of each alone", T, float, double) {
  const Var<T> z = random_normal<T>({7, 19}, Key(1)), g = random_normal<T>({7, 19}, Key(2));
  for (int order = 1; order <= 2; ++order) {
    const Var<T> output =
        sum(smooth_relu_slope(z, g, T(1.5), order) * Var<T>::constant(random_normal<T>({7, 19}, Key(3))));
    const auto together = grad(output, {z, g});
    for (std::size_t i = 0; i < 2; ++i) {
      const Var<T> input = i == 0 ? z : g;
      CHECK(same_bits(together[i], grad(output, input)));
    }
  }
}
