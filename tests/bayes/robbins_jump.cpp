#include "neb/bayes/robbins_jump.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "neb/energy/kde_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::Estimate;
using neb::test::GaussianEnergy;
using neb::test::relative_difference;

TEST_CASE("robbins jump: with one sample every jump lands on it") {
  const Tensor<double> x = random_uniform<double>({1, 4}, Key(1));
  const Tensor<double> xhat = robbins_jump(KdeEnergy<double>(x, 0.3), random_normal<double>({5, 4}, Key(2)), 0.3);
  for (Index row = 0; row < 5; ++row) CHECK(relative_difference(xhat.rows(row, row + 1), x) < 1e-13);
}

TEST_CASE("robbins jump: with two samples it is their mean under the logistic weights") {
  constexpr double s = 0.8;
  const KdeEnergy<double> phi(Tensor<double>({2, 1}, {-1.0, 1.0}), s);
  const Tensor<double> y({3, 1}, {-0.5, 0.0, 2.0});
  const Tensor<double> xhat = robbins_jump(phi, y, s);
  for (Index i = 0; i < 3; ++i) CHECK(std::abs(xhat(i, 0) - std::tanh(y(i, 0) / (s * s))) < 1e-14);
}

TEST_CASE("robbins jump: for Gaussian data it is y v / (v + s^2), and its error d v s^2 / (v + s^2)") {
  constexpr double v = 1.7, s = 0.6;
  constexpr Index d = 3, n = 50000;
  const Tensor<double> x = test::normal_samples<double>(n, d, v, Key(1));
  const Tensor<double> y = smooth(x, s, Key(2));
  const Tensor<double> xhat = robbins_jump(GaussianEnergy<double>{v + s * s}, y, s);
  Estimate loss;
  double worst = 0;
  for (Index i = 0; i < n; ++i) {
    double squared = 0;
    for (Index p = 0; p < d; ++p) {
      worst = std::max(worst, std::abs(xhat(i, p) - y(i, p) * v / (v + s * s)));
      squared += std::pow(x(i, p) - xhat(i, p), 2);
    }
    loss.add(squared);
  }
  CHECK(worst < 1e-14);
  CHECK(std::abs(loss.mean() - d * v * s * s / (v + s * s)) < 5 * loss.error());
  CHECK(loss.error() < 0.01 * loss.mean());
}

TEST_CASE("robbins jump: the version on values is that on variables, and records nothing") {
  const GaussianEnergy<double> phi{2};
  const Tensor<double> y = random_normal<double>({2, 3}, Key(1));
  const Var<double> jump = robbins_jump(phi, Var<double>(y), 0.5);
  CHECK_FALSE(jump.tracked());
  CHECK(test::same_bits(jump.value(), robbins_jump(phi, y, 0.5)));
}

TEST_CASE("robbins jump: with create_graph it is differentiable with respect to what y came from") {
  constexpr double v = 1.5, s = 0.5;
  const Var<double> x(random_normal<double>({2, 3}, Key(1)));
  const Var<double> xhat =
      robbins_jump(GaussianEnergy<double>{v + s * s}, smooth(x, s, Key(2)), s, {.create_graph = true});
  const Tensor<double> slopes = grad(sum(xhat), x).value();
  for (const double slope : slopes.span()) CHECK(slope == doctest::Approx(v / (v + s * s)).epsilon(1e-13));
}

TEST_CASE("robbins jump: sigma is positive") {
  CHECK(test::message_of<ValueError>([] {
          robbins_jump(GaussianEnergy<double>{1}, Tensor<double>::zeros({1, 1}), -0.5);
        }) == "robbins_jump: sigma is a positive noise level in data units, from 1e-6 to 1e6, got -0.500000");
}
