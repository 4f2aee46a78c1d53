#include "neb/bayes/measurements.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "bayes/covariances.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/energy/kde_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr Index d = 3;
constexpr double sigma = 0.6;
const Tensor<double> centre({d}, {0.3, -0.4, 1.0});

/// Data of N(centre, prior), and the energy of one measurement with this much noise.
const Tensor<double>& prior() {
  static const Tensor<double> matrix = some_covariance(d, Key(1));
  return matrix;
}
NormalEnergy energy_of(double noise) { return {centre, inverse(plus(prior(), identity(d), noise * noise))}; }

/// A covariance of M measurements, blocks for each pair: what they have in common, and on the diagonal their own noise.
Tensor<double> joint_covariance(Index count) {
  const Index size = count * d;
  Tensor<double> all = Tensor<double>::zeros({size, size});
  for (Index i = 0; i < size; ++i)
    for (Index j = 0; j < size; ++j)
      all.mutable_data()[i * size + j] = prior()(i % d, j % d) + (i == j ? sigma * sigma : 0);
  return all;
}

}  // namespace

TEST_CASE("measurements: of Gaussian data their energy is that of the normal number that they are together") {
  for (const Index count : {1, 2, 5}) {
    CAPTURE(count);
    Tensor<double> means({count * d});
    for (Index i = 0; i < means.size(); ++i) means.mutable_data()[i] = centre(i % d);
    const NormalEnergy joint{means, inverse(joint_covariance(count))};
    const NormalEnergy phi = energy_of(sigma / std::sqrt(static_cast<double>(count)));
    const Var<double> y(random_normal<double>({4, count, d}, Key(2)));
    const Var<double> found = measurements_energy(phi, y, sigma), expected = joint(reshape(y, {4, count * d}));
    for (Index i = 1; i < 4; ++i)
      CHECK(found.value()(i) - found.value()(0) == doctest::Approx(expected.value()(i) - expected.value()(0)));
    CHECK(relative_difference(grad(sum(found), y).value(), grad(sum(expected), y).value()) < 1e-12);
  }
}

TEST_CASE("measurements: the jump from each of them is that from their mean, with its noise") {
  constexpr Index count = 4;
  const KdeEnergy<double> phi(random_uniform<double>({6, 2, 2}, Key(3)), sigma / 2);
  const Var<double> y(random_uniform<double>({3, count, 2, 2}, Key(4)));
  const Tensor<double> slope = grad(sum(measurements_energy(phi, y, sigma)), y).value();
  const Tensor<double> expected = robbins_jump(phi, mean(y, 1).value(), sigma / 2);
  for (Index i = 0; i < y.size(); ++i) {
    const Index image = i / (4 * count), pixel = i % 4;
    const double jump = y.value().data()[i] - sigma * sigma * slope.data()[i];
    CHECK(jump == doctest::Approx(expected.data()[image * 4 + pixel]).epsilon(1e-12));
  }
}

TEST_CASE("measurements: given the first, the energy of the mean of two is that of both where the first is held") {
  const KdeEnergy<double> phi(random_uniform<double>({6, d}, Key(3)), sigma / std::sqrt(2.0));
  const Tensor<double> first = random_uniform<double>({1, d}, Key(5));
  const Tensor<double> second = random_uniform<double>({4, d}, Key(6));
  Tensor<double> both({4, 2, d}), z({4, d}), y({4, d});
  for (Index i = 0; i < 4 * d; ++i) {
    const Index row = i / d, p = i % d;
    y.mutable_data()[i] = both.mutable_data()[2 * row * d + p] = first.data()[p];
    both.mutable_data()[(2 * row + 1) * d + p] = second.data()[i];
    z.mutable_data()[i] = (first.data()[p] + second.data()[i]) / 2;
  }
  const Tensor<double> joint = measurements_energy(phi, Var<double>::constant(both), sigma).value();
  const Tensor<double> given = energy_given(phi, Var<double>::constant(z), sigma / std::sqrt(2.0), y, sigma).value();
  for (Index i = 0; i < 4; ++i) CHECK(given(i) == doctest::Approx(joint(i)).epsilon(1e-13));
}

TEST_CASE("measurements: of Gaussian data the mean of M given that of m is the conditional normal number") {
  const double sigma_y = sigma, sigma_z = sigma / 2;  // one, and four
  const Tensor<double> of_z = plus(prior(), identity(d), sigma_z * sigma_z);
  const Tensor<double> of_y = plus(prior(), identity(d), sigma_y * sigma_y);
  // cov(z, y) is that of z, as y is z and more noise.
  const Tensor<double> gain = product(of_z, inverse(of_y));
  const Tensor<double> covariance = plus(of_z, product(gain, of_z), -1);
  const Tensor<double> y = random_normal<double>({2, d}, Key(7));
  Tensor<double> offset = y;
  for (Index i = 0; i < y.size(); ++i) offset.mutable_data()[i] -= centre(i % d);
  Tensor<double> expected = product(offset, transposed(gain));
  for (Index i = 0; i < y.size(); ++i) expected.mutable_data()[i] += centre(i % d);
  const auto phi = [&](const Var<double>& z) { return energy_given(energy_of(sigma_z), z, sigma_z, y, sigma_y); };
  const Var<double> at(expected);
  const Tensor<double> slopes = grad(sum(phi(at)), at).value();
  for (const double slope : slopes.span()) CHECK(std::abs(slope) < 1e-13);
  for (Index p = 0; p < d; ++p) {
    Tensor<double> unit = Tensor<double>::zeros({2, d});
    for (Index row = 0; row < 2; ++row) unit.mutable_data()[row * d + p] = 1;
    const Tensor<double> column = hvp(sum(phi(at)), at, Var<double>::constant(unit)).value();
    CHECK(relative_difference(product(column, covariance), unit) < 1e-12);
  }
}

TEST_CASE("measurements: what does not fit is refused") {
  const GaussianEnergy<double> phi{1};
  using X = Tensor<double>;
  const auto of = [](const X& x) { return Var<double>::constant(x); };
  CHECK(message_of<ShapeError>([&] { measurements_energy(phi, of(X::zeros({2})), sigma); }) ==
        "measurements_energy: expects measurements (N, M, ...), M at least 1   [y: (2,)]");
  CHECK_THROWS_AS(measurements_energy(phi, of(X::zeros({2, 0, 3})), sigma), ShapeError);
  CHECK_THROWS_AS(measurements_energy(phi, of(X::zeros({2, 1, 3})), 0), ValueError);
  CHECK(message_of<ShapeError>([&] {
          energy_given(phi, of(X::zeros({2, 3})), 0.3, X::zeros({2, 2}), 0.6);
        }) == "energy_given: z and y have one shape   [z: (2, 3), y: (2, 2)]");
  CHECK(message_of<ValueError>([&] {
          energy_given(phi, of(X::zeros({2, 3})), 0.6, X::zeros({2, 3}), 0.3);
        }) ==
        "energy_given: the mean of more measurements has less noise, but sigma_z is 0.600000 and sigma_y 0.300000");
  CHECK_THROWS_AS(energy_given(phi, of(X::zeros({2, 3})), 0, X::zeros({2, 3}), 0.3), ValueError);
}
