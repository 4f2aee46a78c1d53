#include "neb/bayes/count_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "bayes/closed_forms.hpp"
#include "bayes/mixture.hpp"
#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/grad.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::Estimate;
using neb::test::message_of;
using neb::test::Mixture;
using neb::test::relative_difference;

namespace {

constexpr double exposure = 1.5;
const std::vector<double> weights{0.5, 0.3, 0.2};
const Tensor<double> rates({3, 2}, {0.5, 3.0, 2.0, 1.0, 4.0, 0.2});          // of Poisson counts
const Tensor<double> probabilities({3, 2}, {0.2, 0.7, 0.5, 0.4, 0.9, 0.1});  // of geometric ones

double poisson(double y, double x) { return std::exp(-exposure * x) * std::pow(exposure * x, y) / std::tgamma(y + 1); }
double geometric(double y, double x) { return (1 - x) * std::pow(x, y); }

Mixture poisson_mixture(const Tensor<double>& points, const std::vector<double>& p) {
  return {points, test::logits_of(p), [](const Var<double>& y, const Var<double>& x) {
            Tensor<double> factorials = y.value();
            for (double& count : factorials.mutable_span()) count = log_factorial(count);
            return y * log(exposure * x) - exposure * x - Var<double>::constant(factorials);
          }};
}
Mixture geometric_mixture(const Tensor<double>& points, const std::vector<double>& p) {
  return {points, test::logits_of(p),
          [](const Var<double>& y, const Var<double>& x) { return log(1 - x) + y * log(x); }};
}

/// All pairs of counts below 12.
Tensor<double> pairs_of_counts() {
  Tensor<double> y({144, 2});
  for (Index i = 0; i < 144; ++i) {
    y.mutable_data()[2 * i] = static_cast<double>(i / 12);
    y.mutable_data()[2 * i + 1] = static_cast<double>(i % 12);
  }
  return y;
}

/// The mean of the objective over all x, which are single numbers, and all counts that occur.
template <class Noise>
Var<double> mean_objective(const Noise& noise, const Mixture& phi, const std::vector<double>& p,
                           double (*probability)(double y, double x)) {
  Var<double> total = Var<double>::constant(Tensor<double>::scalar(0));
  for (std::size_t j = 0; j < p.size(); ++j)
    for (double y = 0; y < 60; ++y) {
      const Tensor<double> x = phi.points.rows(static_cast<Index>(j), static_cast<Index>(j) + 1);
      const double weight = p[j] * probability(y, x.item());
      total = total + weight * noise.objective(phi, x, Tensor<double>::full({1, 1}, y));
    }
  return total;
}

/// At the truth the objective does not change with the weights; away from it, it is larger and falls towards the truth.
template <class Noise>
void check_minimum(const Noise& noise, Mixture phi, double (*probability)(double y, double x)) {
  const std::vector<double> p{0.6, 0.4};
  const auto at = [&](double logit) {
    phi.logits = Var<double>(Tensor<double>({2}, {logit, std::log(p[1])}));
    const Var<double> mean = mean_objective(noise, phi, p, probability);
    return std::pair(mean.item(), grad(mean, phi.logits).value()(0));
  };
  const auto [least, flat] = at(std::log(p[0]));
  CHECK(std::abs(flat) < 1e-12);
  for (const double away : {-2.0, -0.3, 0.3, 2.0}) {
    const auto [value, slope] = at(std::log(p[0]) + away);
    CHECK(value > least + 1e-5);
    CHECK(slope * away > 1e-4);
  }
}

}  // namespace

TEST_CASE("Poisson: the jump is the posterior mean, and the variance the posterior's") {
  const Mixture phi = poisson_mixture(rates, weights);
  const Tensor<double> y = pairs_of_counts();
  const test::Posterior exact = test::posterior(rates, weights, y, poisson);
  const PoissonNoise noise{.exposure = exposure};
  CHECK(relative_difference(noise.xhat(phi, y), exact.mean) < 1e-12);
  CHECK(relative_difference(noise.variance(phi, y), exact.variance) < 1e-12);
}

TEST_CASE("geometric: the jump is the posterior mean, and the variance the posterior's") {
  const Mixture phi = geometric_mixture(probabilities, weights);
  const Tensor<double> y = pairs_of_counts();
  const test::Posterior exact = test::posterior(probabilities, weights, y, geometric);
  CHECK(relative_difference(GeometricNoise{}.xhat(phi, y), exact.mean) < 1e-12);
  CHECK(relative_difference(GeometricNoise{}.variance(phi, y), exact.variance) < 1e-12);
}

TEST_CASE("counts: one point is found exactly, whatever was counted") {
  const Tensor<double> y = pairs_of_counts(), point = rates.rows(1, 2);
  const Tensor<double> xhat = PoissonNoise{.exposure = exposure}.xhat(poisson_mixture(point, {1}), y);
  for (Index i = 0; i < y.size(); ++i) CHECK(xhat.data()[i] == doctest::Approx(point.data()[i % 2]).epsilon(1e-12));
}

TEST_CASE("counts: the objective is least where phi is -log f") {
  check_minimum(PoissonNoise{.exposure = exposure}, poisson_mixture(Tensor<double>({2, 1}, {1.0, 4.0}), {1, 1}),
                poisson);
  check_minimum(GeometricNoise{}, geometric_mixture(Tensor<double>({2, 1}, {0.2, 0.6}), {1, 1}), geometric);
}

TEST_CASE("counts: the objective is its formula, and convex in t") {
  // phi = a y_0 + b y_1 has t = (-a, -b) everywhere.
  const auto value = [](double a, double b) {
    const auto phi = [&](const Var<double>& y) {
      return sum(y * Var<double>::constant(Tensor<double>({2}, {a, b})), 1);
    };
    const Tensor<double> x({2, 2}, {0.5, 1.0, 2.0, 0.0}), y({2, 2}, {1.0, 0.0, 3.0, 2.0});
    return PoissonNoise{.exposure = 2}.objective(phi, x, y).item();
  };
  const double terms = (2 / 2.0 * std::exp(0.3) - 0.5 * 0.3) + (1 / 2.0 * std::exp(-0.7) + 1.0 * 0.7) +
                       (4 / 2.0 * std::exp(0.3) - 2.0 * 0.3) + 3 / 2.0 * std::exp(-0.7);
  CHECK(value(-0.3, 0.7) == doctest::Approx(terms / 2).epsilon(1e-14));
  CHECK(value(0.1, 0.4) + value(0.5, -0.2) > 2 * value(0.3, 0.1));
}

TEST_CASE("counts: gradients of the objective agree with finite differences, at sampled pixels too") {
  const Tensor<double> x = rates, y = PoissonNoise{.exposure = exposure}.draw(x, Key(1));
  const Tensor<double> p = probabilities, z = GeometricNoise{}.draw(p, Key(1));
  for (const Index pixels : {1, 2}) {
    const Function<double> of_poisson = [&](const std::vector<Var<double>>& v) {
      Mixture phi = poisson_mixture(rates, weights);
      phi.logits = v[0];
      return PoissonNoise{.exposure = exposure}.objective(phi, x, y, pixels, Key(2));
    };
    const Function<double> of_geometric = [&](const std::vector<Var<double>>& v) {
      Mixture phi = geometric_mixture(probabilities, weights);
      phi.logits = v[0];
      return GeometricNoise{}.objective(phi, p, z, pixels, Key(2));
    };
    const Tensor<double> logits({3}, {0.4, -0.2, 0.1});
    CHECK_NOTHROW(check_grads<double>(of_poisson, {logits}, {.order = 2, .tolerance = 1e-7}));
    CHECK_NOTHROW(check_grads<double>(of_geometric, {logits}, {.order = 2, .tolerance = 1e-7}));
  }
}

TEST_CASE("counts: a few pixels stand for all of them") {
  const PoissonNoise noise{.exposure = 2};
  const Tensor<double> x = random_uniform<double>({3, 7}, Key(1), 0.0, 3.0), y = noise.draw(x, Key(2));
  const auto phi = [](const Var<double>& at) { return sum(square(0.3 * at - 1), 1); };
  const double all = noise.objective(phi, x, y).item();
  CHECK(noise.objective(phi, x, y, 7, Key(3)).item() == doctest::Approx(all).epsilon(1e-14));
  for (const Index pixels : {1, 3}) {
    CAPTURE(pixels);
    Estimate sampled;
    for (std::uint64_t draw = 0; draw < 3000; ++draw)
      sampled.add(noise.objective(phi, x, y, pixels, Key(4).at(draw)).item());
    CHECK(std::abs(sampled.mean() - all) < 4 * sampled.error());
    CHECK(sampled.error() < 0.05 * all);
  }
}

TEST_CASE("counts: sampled pixels are spread evenly over a sample, one in each stratum") {
  std::vector<int> hits(10);
  for (std::uint64_t draw = 0; draw < 1000; ++draw) {
    const std::vector<Index> pixels = bayes::stratified_pixels(2, 10, 4, Key(5).at(draw));
    REQUIRE(pixels.size() == 8);
    for (std::size_t i = 0; i < 8; ++i) {
      const auto stratum = static_cast<double>(i % 4);
      CHECK(static_cast<double>(pixels[i]) >= std::floor(2.5 * stratum));
      CHECK(static_cast<double>(pixels[i]) < 2.5 * (stratum + 1));
      ++hits[static_cast<std::size_t>(pixels[i])];
    }
  }
  for (const int count : hits) CHECK(std::abs(count - 800) < 4 * std::sqrt(800));
}

TEST_CASE("counts: jumps of a batch do not depend on how many points phi is asked at once") {
  const Mixture phi = poisson_mixture(rates, weights);
  const Tensor<double> y = pairs_of_counts().rows(30, 41);
  const PoissonNoise noise{.exposure = exposure};
  const Tensor<double> whole = noise.xhat(phi, y, 1000);
  for (const Index batch : {1, 7}) CHECK(relative_difference(noise.xhat(phi, y, batch), whole) < 1e-14);
}

TEST_CASE("counts: draws have the means of their measurement, row by row") {
  const Tensor<float> x = Tensor<float>::full({100, 200}, 0.6f);
  const test::Moments photons = test::moments(PoissonNoise{.exposure = 5}.draw(x, Key(1)));
  CHECK(photons.mean == doctest::Approx(3).epsilon(4 / std::sqrt(3 * 20000.0)));
  CHECK(photons.variance == doctest::Approx(3).epsilon(0.05));
  CHECK(test::moments(GeometricNoise{}.draw(x, Key(1))).mean == doctest::Approx(0.6 / 0.4).epsilon(0.05));
  CHECK(test::same_bits(PoissonNoise{.exposure = 5}.draw(x, Key(1)).rows(0, 3),
                        PoissonNoise{.exposure = 5}.draw(x.rows(0, 3), Key(1))));
}

TEST_CASE("counts: what cannot be computed is refused") {
  const auto phi = [](const Var<double>& y) { return sum(y, 1); };
  const auto of = [](const Shape& shape, double value = 0) { return Tensor<double>::full(shape, value); };
  const PoissonNoise noise;
  CHECK(message_of<ValueError>([&] {
          noise.xhat(phi, of({1, 2}, 0.25));
        }) == "PoissonNoise: y are counts, whole numbers from 0, got 0.250000; scale them inside phi");
  CHECK_THROWS_AS(noise.objective(phi, of({1, 2}), of({1, 2}, -1)), ValueError);
  CHECK_THROWS_AS(GeometricNoise{}.variance(phi, of({1, 2}, std::nan(""))), ValueError);
  CHECK(message_of<ShapeError>([&] {
          noise.objective(phi, of({1, 2}), of({1, 3}));
        }) == "PoissonNoise: x and y have one shape, and at least one sample   [x: (1, 2), y: (1, 3)]");
  CHECK_THROWS_AS(noise.objective(phi, of({}), of({})), ShapeError);
  CHECK_THROWS_AS(GeometricNoise{}.xhat(phi, of({0, 3})), ShapeError);
  CHECK(message_of<ValueError>([&] {
          noise.objective(phi, of({1, 2}), of({1, 2}), 3, Key(1));
        }) == "PoissonNoise: the objective looks at 1 to 2 pixels of a sample, not at 3");
  CHECK_THROWS_AS(noise.objective(phi, of({1, 2}), of({1, 2}), 0, Key(1)), ValueError);
  CHECK_THROWS_AS(noise.xhat(phi, of({1, 2}), 0), ValueError);
  for (const double bad : {0.0, -1.0, HUGE_VAL, std::nan("")}) {
    CHECK(message_of<ValueError>([&] {
            PoissonNoise{.exposure = bad}.draw(of({1, 2}), Key(1));
          }) == "PoissonNoise: the exposure is positive, got " + std::to_string(bad));
    CHECK_THROWS_AS(PoissonNoise{.exposure = bad}.xhat(phi, of({1, 2})), ValueError);
  }
  CHECK_THROWS_AS(noise.draw(of({1, 2}, -1), Key(1)), ValueError);
  CHECK_THROWS_AS(GeometricNoise{}.draw(of({1, 2}, 1), Key(1)), ValueError);
}
