#include "neb/sampling/preconditioned_langevin.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "bayes/covariances.hpp"
#include "neb/sampling/langevin.hpp"
#include "nn/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr Index d = 4;
const Tensor<double> zero_mean = Tensor<double>::zeros({d});

/// The matrix M and the covariance N of the noise in a step y <- M y + N(0, N) on the energy of a normal number.
struct LinearStep {
  Tensor<double> map, noise;
};

LinearStep step_of(const NormalEnergy& phi, const NamedCovariance& kind, double delta) {
  const auto walked = [&](const Tensor<double>& y) {
    return walk(phi, PreconditionedLangevin<double>{.y = y, .delta = delta, .preconditioner = kind.covariance}, 1,
                Key(1))
        .y;
  };
  // All rows have their own noise, the same in both walks.
  const Tensor<double> map = transposed(plus(walked(identity(d)), walked(Tensor<double>::zeros({d, d})), -1));
  return {map, plus(Tensor<double>::zeros({d, d}), kind.matrix, 2 * delta * delta)};
}

/// The S with S = M S M' + N.
Tensor<double> stationary(Tensor<double> map, Tensor<double> noise) {
  for (int doubling = 0; doubling < 40; ++doubling) {
    noise = plus(noise, product(map, product(noise, transposed(map))));
    map = product(map, map);
  }
  return noise;
}

}  // namespace

TEST_CASE("preconditioned walk: with P = I it is the walk, to the last bit") {
  const GaussianEnergy<float> phi{0.7F};
  const Tensor<float> y = random_normal<float>({5, 3, 2}, Key(1));
  CHECK(same_bits(walk(phi, PreconditionedLangevin<float>{.y = y, .delta = 0.1}, 6, Key(2)).y,
                  walk(phi, Langevin<float>{.y = y, .delta = 0.1}, 6, Key(2)).y));
}

TEST_CASE("preconditioned walk: a step is y - delta^2 P g, and its noise has the covariance 2 delta^2 P") {
  constexpr double delta = 0.2;
  constexpr Index n = 40000;
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const NormalEnergy phi{zero_mean, some_covariance(d, Key(3))};
    const LinearStep step = step_of(phi, kind, delta);
    CHECK(relative_difference(step.map, plus(identity(d), product(kind.matrix, phi.precision), -delta * delta)) <
          1e-13);
    const Tensor<double> y =
        walk(phi,
             PreconditionedLangevin<double>{
                 .y = Tensor<double>::zeros({n, d}), .delta = delta, .preconditioner = kind.covariance},
             1, Key(4))
            .y;
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j <= i; ++j) {
        Estimate found;
        for (Index row = 0; row < n; ++row) found.add(y(row, i) * y(row, j));
        CHECK(std::abs(found.mean() - step.noise(i, j)) < 5 * found.error());
      }
  }
}

TEST_CASE("preconditioned walk: on N(0, A^-1) the inverse of its covariance is A - (delta^2 / 2) A P A") {
  constexpr double delta = 0.1;
  const Tensor<double> a = inverse(some_covariance(d, Key(5)));
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const LinearStep step = step_of({zero_mean, a}, kind, delta);
    const Tensor<double> expected = plus(a, product(a, product(kind.matrix, a)), -delta * delta / 2);
    CHECK(relative_difference(stationary(step.map, step.noise), inverse(expected)) < 1e-11);
  }
}

TEST_CASE("preconditioned walk: on N(0, P) it forgets in all directions at one rate") {
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const LinearStep step = step_of({zero_mean, inverse(kind.matrix)}, kind, 0.5);
    CHECK(relative_difference(step.map, plus(Tensor<double>::zeros({d, d}), identity(d), 0.75)) < 1e-12);
  }
}

TEST_CASE("preconditioned walk: on a long and thin Gaussian, step by step, it is the walk on the round one") {
  const Tensor<double> z = random_normal<double>({3, d}, Key(6));
  const Tensor<double> s({d}, {1e-3, 0.1, 1.0, 50.0});
  Tensor<double> matrix = random_normal<double>({d, d}, Key(7));
  for (Index i = 0; i < d * d; ++i) matrix.mutable_data()[i] *= s(i / d);  // rows of unlike length
  matrix = product(matrix, transposed(matrix));
  const Tensor<double> round = walk(GaussianEnergy<double>{1}, Langevin<double>{.y = z, .delta = 0.5}, 20, Key(8)).y;
  const auto check = [&](const Covariance<double>& covariance, const Tensor<double>& precision, double tolerance) {
    const PreconditionedLangevin<double> chains{
        .y = covariance.root_times(z), .delta = 0.5, .preconditioner = covariance};
    const Tensor<double> y = walk(NormalEnergy{zero_mean, precision}, chains, 20, Key(8)).y;
    const Tensor<double> expected = covariance.root_times(round);
    for (Index i = 0; i < y.size(); ++i)  // each coordinate by its own measure
      CHECK(std::abs(y.data()[i] - expected.data()[i]) < tolerance * s(i % d));
  };
  Tensor<double> diagonal = Tensor<double>::zeros({d, d});
  for (Index i = 0; i < d; ++i) diagonal.mutable_data()[i * d + i] = 1 / (s(i) * s(i));
  check(Covariance<double>::diagonal(s), diagonal, 1e-12);
  check(Covariance<double>::full(matrix), inverse(matrix), 1e-4);
}

TEST_CASE("preconditioned walk: delta is positive, and P fits y") {
  const GaussianEnergy<double> phi{1};
  const Tensor<double> y = Tensor<double>::zeros({2, 3});
  CHECK(message_of<ValueError>([&] { walk(phi, PreconditionedLangevin<double>{.y = y}, 1, Key(1)); }) ==
        "preconditioned-langevin: delta is positive, got 0.000000");
  CHECK(message_of<ShapeError>([&] {
          const auto other = Covariance<double>::diagonal(Tensor<double>::ones({2}));
          walk(phi, PreconditionedLangevin<double>{.y = y, .delta = 0.1, .preconditioner = other}, 1, Key(1));
        }) == "Covariance: expects rows of 2 numbers   [v: (2, 3)]");
}
