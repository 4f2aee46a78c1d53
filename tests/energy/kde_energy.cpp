#include "neb/energy/kde_energy.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/chi.hpp"
#include "neb/core/random.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;

namespace {

constexpr double s = 0.7;
constexpr Index n = 6, d = 3, count = 5;
const Tensor<double> samples = random_normal<double>({n, d}, Key(1));
const Tensor<double> points = random_normal<double>({count, d}, Key(2));

double squared_distance(Index row, Index sample) {
  double sum = 0;
  for (Index p = 0; p < d; ++p) sum += std::pow(points(row, p) - samples(sample, p), 2);
  return sum;
}

/// softmax_i(-|y - X_i|^2 / (2 s^2)) for one row of `points`.
std::vector<double> weights(Index row) {
  std::vector<double> w;
  double total = 0;
  for (Index i = 0; i < n; ++i) {
    w.push_back(std::exp(-squared_distance(row, i) / (2 * s * s)));
    total += w.back();
  }
  for (double& weight : w) weight /= total;
  return w;
}

double mean_under(const std::vector<double>& w, Index p) {
  double sum = 0;
  for (Index i = 0; i < n; ++i) sum += w[static_cast<std::size_t>(i)] * samples(i, p);
  return sum;
}

}  // namespace

TEST_CASE("kde energy: it is -log sum_i exp(-|y - X_i|^2 / (2 s^2))") {
  const Tensor<double> energy = KdeEnergy<double>(samples, s)(Var<double>::constant(points)).value();
  for (Index row = 0; row < count; ++row) {
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += std::exp(-squared_distance(row, i) / (2 * s * s));
    CHECK(energy(row) == doctest::Approx(-std::log(sum)).epsilon(1e-12));
  }
}

TEST_CASE("kde energy: y - s^2 grad phi is the mean of the samples under the softmax weights") {
  const Tensor<double> g =
      energy_and_gradient(KdeEnergy<double>(samples, s), Var<double>::constant(points)).gradient.value();
  for (Index row = 0; row < count; ++row)
    for (Index p = 0; p < d; ++p)
      CHECK(points(row, p) - s * s * g(row, p) == doctest::Approx(mean_under(weights(row), p)).epsilon(1e-12));
}

TEST_CASE("kde energy: its Hessian is I / s^2 - Cov / s^4, by Hessian-vector products") {
  const KdeEnergy<double> phi(samples, s);
  const Var<double> y(points);
  for (Index column = 0; column < d; ++column) {
    Tensor<double> unit = Tensor<double>::zeros({count, d});
    for (Index row = 0; row < count; ++row) unit.mutable_data()[row * d + column] = 1;
    const Tensor<double> h = hvp(sum(phi(y)), y, Var<double>::constant(unit)).value();
    for (Index row = 0; row < count; ++row)
      for (Index p = 0; p < d; ++p) {
        const auto w = weights(row);
        double covariance = 0;
        for (Index i = 0; i < n; ++i)
          covariance += w[static_cast<std::size_t>(i)] * (samples(i, p) - mean_under(w, p)) *
                        (samples(i, column) - mean_under(w, column));
        const double expected = (p == column ? 1 / (s * s) : 0) - covariance / std::pow(s, 4);
        CHECK(std::abs(h(row, p) - expected) < 1e-11);
      }
  }
}

TEST_CASE("kde energy: of one sample it is the parabola |y - X|^2 / (2 s^2), whose jump is the sample") {
  const Tensor<double> x = samples.rows(0, 1);
  const auto [energy, g] = energy_and_gradient(KdeEnergy<double>(x, s), Var<double>::constant(points));
  for (Index row = 0; row < count; ++row) {
    CHECK(energy.value()(row) == doctest::Approx(squared_distance(row, 0) / (2 * s * s)).epsilon(1e-12));
    for (Index p = 0; p < d; ++p) CHECK(std::abs(points(row, p) - s * s * g.value()(row, p) - x(0, p)) < 1e-14);
  }
}

TEST_CASE("kde energy: memories of two samples merge at half their distance, in any number of dimensions") {
  for (const Index dimensions : {1, 4, 784}) {
    CAPTURE(dimensions);
    const double distance = 3;
    Tensor<double> pair = Tensor<double>::zeros({2, dimensions});
    pair.mutable_data()[dimensions] = distance;
    const double overlap = chi(dimensions, pair.data(), pair.data() + dimensions);
    CHECK(overlap == doctest::Approx(distance / (2 * std::sqrt(dimensions))));
    // Along the line through both, the middle is a minimum if the second derivative is positive there, and else a saddle.
    const auto curvature = [&](double sigma) {
      Tensor<double> middle = Tensor<double>::zeros({1, dimensions}), along = middle;
      middle.mutable_data()[0] = distance / 2;
      along.mutable_data()[0] = 1;
      const Var<double> y(middle);
      return hvp(sum(KdeEnergy<double>(pair, sigma)(y)), y, Var<double>::constant(along)).value()(0, 0);
    };
    CHECK(curvature(0.99 * distance / 2) < 0);
    CHECK(curvature(1.01 * distance / 2) > 0);
    if (dimensions > 1) CHECK(curvature(1.5 * overlap) < 0);  // the spheres overlap, and nothing has merged
  }
}

TEST_CASE("kde energy: far from all samples it is finite and falls towards the nearest") {
  const KdeEnergy<float> phi(samples.to<float>(), 0.1F);
  const auto [energy, g] = energy_and_gradient(phi, Var<float>::constant(Tensor<float>::full({1, 3}, 100)));
  CHECK(energy.value()(0) == doctest::Approx(3e4 / 0.02).epsilon(0.05));
  CHECK(g.value()(0, 0) == doctest::Approx(1e4).epsilon(0.05));
}

TEST_CASE("kde energy: samples may be numbers, each a row of its own") {
  const Tensor<double> numbers({3}, {-1, 0.5, 2}), points({2}, {0.25, 3});
  const KdeEnergy<double> line(numbers, 0.5), column(numbers.reshaped({3, 1}), 0.5);
  CHECK(test::same_bits(line(Var<double>::constant(points)).value(),
                        column(Var<double>::constant(points.reshaped({2, 1}))).value()));
}

TEST_CASE("kde energy: images are rows like any other, and shapes are checked") {
  const KdeEnergy<float> phi(random_normal<float>({4, 2, 2, 1}, Key(3)), 0.5F);
  CHECK(phi(Var<float>::constant(Tensor<float>::zeros({3, 2, 2, 1}))).shape() == Shape{3});
  for (const Shape& wrong : {Shape{3, 5}, Shape{3, 1}, Shape{3}})
    CHECK(message_of<ShapeError>([&] { phi(Var<float>::constant(Tensor<float>::zeros(wrong))); }) ==
          "KdeEnergy: a row of y has as many numbers as a sample, 4   [y: " + wrong.to_string() + "]");
  CHECK(phi(Var<float>::constant(Tensor<float>::zeros({0, 4}))).shape() == Shape{0});
  CHECK(message_of<ShapeError>([] {
          KdeEnergy<float>(Tensor<float>::zeros({0, 2}), 1);
        }) == "KdeEnergy: expects at least one sample   [samples: (0, 2)]");
  CHECK(message_of<ValueError>([] {
          KdeEnergy<float>(Tensor<float>::zeros({1, 2}), 0);
        }) == "KdeEnergy: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000");
  CHECK_THROWS_AS(KdeEnergy<float>(Tensor<float>::zeros({1, 2}), std::nanf("")), ValueError);
}
