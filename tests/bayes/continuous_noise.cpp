#include "neb/bayes/continuous_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "bayes/mixture.hpp"
#include "neb/autodiff/check_grads.hpp"
#include "neb/ops/extrema.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::Mixture;
using neb::test::relative_difference;

namespace {

constexpr double k = 2.5, a = 0.8;  // the gamma law's shape, and the scale of Laplace's

double gamma_density(double y, double x) {
  return std::pow(x, k) * std::pow(y, k - 1) * std::exp(-x * y) / std::tgamma(k);
}
double laplace_density(double y, double x) { return std::exp(-std::abs(y - x) / a) / (2 * a); }

Mixture gamma_mixture(const Tensor<double>& points, const std::vector<double>& p) {
  return {points, test::logits_of(p),
          [](const Var<double>& y, const Var<double>& x) { return k * log(x) + (k - 1) * log(y) - x * y; }};
}
Mixture laplace_mixture(const Tensor<double>& points, const std::vector<double>& p) {
  return {points, test::logits_of(p), [](const Var<double>& y, const Var<double>& x) { return -abs(y - x) / a; }};
}

/// The mean of an objective over two points x and all y, by the midpoint rule between `low` and `high`.
template <class Noise>
Var<double> mean_objective(const Noise& noise, const Mixture& phi, const std::vector<double>& p,
                           double (*density)(double y, double x), double low, double high, double step) {
  Var<double> total = Var<double>::constant(Tensor<double>::scalar(0));
  for (std::size_t j = 0; j < p.size(); ++j)
    for (double y = low + step / 2; y < high; y += step) {
      const Tensor<double> x = phi.points.rows(static_cast<Index>(j), static_cast<Index>(j) + 1);
      const double weight = step * p[j] * density(y, x.item());
      total = total + weight * noise.objective(phi, x, Tensor<double>::full({1, 1}, y));
    }
  return total;
}

/// At the truth the objective does not change with the weights; away from it, it is larger and falls towards the truth.
/// Returns the least value.
template <class Noise>
double check_minimum(const Noise& noise, Mixture phi, double (*density)(double y, double x), double low, double high,
                     double step) {
  const std::vector<double> p{0.6, 0.4};
  const auto at = [&](double logit) {
    phi.logits = Var<double>(Tensor<double>({2}, {logit, std::log(p[1])}));
    const Var<double> mean = mean_objective(noise, phi, p, density, low, high, step);
    return std::pair(mean.item(), grad(mean, phi.logits).value()(0));
  };
  const auto [least, flat] = at(std::log(p[0]));
  CHECK(std::abs(flat) < 1e-4);
  for (const double away : {-1.0, 1.0}) {
    const auto [value, slope] = at(std::log(p[0]) + away);
    CHECK(value > least + 1e-3);
    CHECK(slope * away > 1e-2);
  }
  return least;
}

/// The objective's gradient with respect to the weights against finite differences.
template <class Noise>
void check_gradient(const Noise& noise, const Mixture& mixture, const Tensor<double>& x) {
  const Tensor<double> y = noise.draw(x, Key(1));
  const Function<double> objective = [&](const std::vector<Var<double>>& v) {
    Mixture phi = mixture;
    phi.logits = v[0];
    return noise.objective(phi, x, y);
  };
  CHECK_NOTHROW(check_grads<double>(objective, {Tensor<double>({2}, {0.3, -0.4})}, {.order = 1, .tolerance = 1e-7}));
}

const Tensor<double> rates({2, 2}, {0.5, 3.0, 2.0, 1.0}), places({2, 2}, {-1.0, 0.5, 1.0, 0.0});

}  // namespace

TEST_CASE("gamma: the jump is the posterior mean") {
  const std::vector<double> p{0.6, 0.4};
  const Tensor<double> y = random_uniform<double>({100, 2}, Key(1), 0.01, 8.0);
  const Tensor<double> exact = test::posterior(rates, p, y, gamma_density).mean;
  CHECK(relative_difference(GammaNoise{.shape = k}.xhat(gamma_mixture(rates, p), y), exact) < 1e-12);
}

TEST_CASE("gamma: the objective is least where phi is -log f, and there it is the posterior variance") {
  const Tensor<double> points({2, 1}, {1.0, 3.0});
  const double least = check_minimum(GammaNoise{.shape = k}, gamma_mixture(points, {1, 1}), gamma_density, 0, 25, 0.05);
  double variance = 0;
  for (double y = 0.025; y < 25; y += 0.05) {
    const double f = 0.6 * gamma_density(y, 1) + 0.4 * gamma_density(y, 3);
    variance +=
        0.05 * f * test::posterior(points, {0.6, 0.4}, Tensor<double>::full({1, 1}, y), gamma_density).variance.item();
  }
  CHECK(least == doctest::Approx(variance).epsilon(1e-9));
}

TEST_CASE("gamma: the objective's gradient agrees with finite differences") {
  check_gradient(GammaNoise{.shape = k}, gamma_mixture(rates, {1, 1}), rates);
}

TEST_CASE("Laplace: the objective is least where phi is -log f") {
  check_minimum(LaplaceNoise{.scale = a}, laplace_mixture(Tensor<double>({2, 1}, {-1.0, 0.5}), {1, 1}), laplace_density,
                -9, 9, 0.05);
}

TEST_CASE("Laplace: the objective's gradient agrees with finite differences") {
  check_gradient(LaplaceNoise{.scale = a}, laplace_mixture(places, {1, 1}), places);
}

TEST_CASE("Laplace: the posterior mean is the integral over all of f that the header names") {
  const std::vector<double> p{0.6, 0.4};
  const Tensor<double> points({2, 1}, {-1.0, 0.5});
  const auto f = [&](double y) { return p[0] * laplace_density(y, -1) + p[1] * laplace_density(y, 0.5); };
  for (const double y : {-2.0, -0.3, 0.1, 1.7}) {
    double integral = 0;
    for (double u = -20 + 0.0005; u < 20; u += 0.001)
      integral += 0.001 * (u < y ? 1 : -1) * laplace_density(y, u) * f(u);
    const double exact = test::posterior(points, p, Tensor<double>::full({1, 1}, y), laplace_density).mean.item();
    CHECK(y - 2 * a * integral / f(y) == doctest::Approx(exact).epsilon(1e-4));
  }
}

TEST_CASE("Laplace: two priors have one phi around y, to all orders, and different posterior means") {
  // Points to the left of y enter f(y) as p exp(x / a) exp(-y / a): one at -1 may be replaced by one at -2, of more
  // weight.
  const double more = std::exp(1 / a);
  const std::vector<double> p{0.5, 0.5}, q{more / (more + 1), 1 / (more + 1)};
  const Tensor<double> near({2, 1}, {-1.0, 1.0}), far({2, 1}, {-2.0, 1.0}), y({3, 1}, {-0.9, 0.0, 0.9});
  const auto difference = [&](const Var<double>& at) {
    return laplace_mixture(near, p)(at) - laplace_mixture(far, q)(at);
  };
  const Tensor<double> apart = difference(Var<double>::constant(y)).value();
  for (const double value : apart.span()) CHECK(value == doctest::Approx(apart(0)).epsilon(1e-12));  // a constant
  const Tensor<double> here = test::posterior(near, p, y, laplace_density).mean,
                       there = test::posterior(far, q, y, laplace_density).mean;
  for (Index i = 0; i < 3; ++i) CHECK(here(i, 0) - there(i, 0) > 0.05);
}

TEST_CASE("continuous noise: draws have the moments of their law, and rows that do not depend on the batch") {
  const Tensor<double> x = Tensor<double>::full({100, 400}, 2);
  const test::Moments speckle = test::moments(GammaNoise{.shape = 3}.draw(x, Key(1)));
  CHECK(speckle.mean == doctest::Approx(1.5).epsilon(0.02));
  CHECK(speckle.variance == doctest::Approx(0.75).epsilon(0.05));
  const test::Moments errors = test::moments(LaplaceNoise{.scale = a}.draw(x, Key(1)));
  CHECK(errors.mean == doctest::Approx(2).epsilon(0.02));
  CHECK(errors.variance == doctest::Approx(2 * a * a).epsilon(0.05));
  const auto cut = [&](const auto& noise) {
    return test::same_bits(noise.draw(x, Key(2)).rows(0, 3), noise.draw(x.rows(0, 3), Key(2)));
  };
  CHECK(cut(GammaNoise{.shape = 3}));
  CHECK(cut(LaplaceNoise{}));
}

TEST_CASE("continuous noise: what cannot be computed is refused") {
  const auto phi = [](const Var<double>& y) { return sum(square(y), 1); };
  const auto of = [](const Shape& shape, double value = 1) { return Tensor<double>::full(shape, value); };
  CHECK(message_of<ValueError>([&] {
          GammaNoise{.shape = 0}.draw(of({1, 2}), Key(1));
        }) == "GammaNoise: the shape is positive, got 0.000000");
  CHECK(message_of<ValueError>([&] {
          GammaNoise{}.draw(of({1, 2}, 0), Key(1));
        }) == "GammaNoise: x are rates, which are positive, got 0.000000");
  CHECK(message_of<ValueError>([&] {
          GammaNoise{}.xhat(phi, of({1, 2}, 0));
        }) == "GammaNoise: y is positive, got 0.000000");
  CHECK(message_of<ShapeError>([&] {
          GammaNoise{}.objective(phi, of({1, 2}), of({2, 2}));
        }) == "GammaNoise: x and y have one shape, and at least one sample   [x: (1, 2), y: (2, 2)]");
  CHECK(message_of<ValueError>([&] {
          LaplaceNoise{.scale = -1}.objective(phi, of({1, 2}), of({1, 2}));
        }) == "LaplaceNoise: the scale is positive, got -1.000000");
  CHECK_THROWS_AS(LaplaceNoise{}.objective(phi, of({0, 2}), of({0, 2})), ShapeError);
  CHECK_THROWS_AS(LaplaceNoise{.scale = HUGE_VAL}.draw(of({1, 2}), Key(1)), ValueError);
}
