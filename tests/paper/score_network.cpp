#include "paper/score_network.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/smooth.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

TEST_CASE("asymmetry: 0 of a symmetric matrix, 2 of an antisymmetric one, and what the definition says between") {
  CHECK(asymmetry(Tensor<double>({1, 2, 2}, {1.0, 5.0, 5.0, -3.0})) == 0);
  CHECK(asymmetry(Tensor<double>({1, 2, 2}, {0.0, 5.0, -5.0, 0.0})) == doctest::Approx(2));
  CHECK(asymmetry(Tensor<double>({1, 2, 2}, {1.0, 1.0, 0.0, 1.0})) == doctest::Approx(std::sqrt(2.0 / 3)));
  CHECK(asymmetry(random_normal<double>({20, 40, 40}, Key(1))) == doctest::Approx(std::sqrt(2.0)).epsilon(0.02));
  const Tensor<double> both({2, 2, 2}, {1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0});
  CHECK(asymmetry(both) == doctest::Approx(1));
}

/// Gaussian data in six dimensions, where the best jump loses d v s^2 / (v + s^2), and both networks trained on them.
struct World {
  static constexpr double variance = 0.5, sigma = 0.7, d = 6;
  ScoreTraining training{.sigma = sigma, .hidden = {24, 24}, .steps = 300, .batch = 64, .learning_rate = 1e-2};
  Tensor<double> x = normal_samples<double>(4000, 6, variance, Key(1)),
                 test = normal_samples<double>(1000, 6, variance, Key(2));
  EnergyAndScore networks{6, training, Key(3)};
  double best = d * variance * sigma * sigma / (variance + sigma * sigma);

  double score_asymmetry() const { return asymmetry(jacobian(networks.psi, Var<double>::constant(test.rows(0, 8)))); }
  double energy_asymmetry() const { return asymmetry(hessian(networks.phi, Var<double>::constant(test.rows(0, 8)))); }
};

World trained() {
  World world;
  world.networks.train(world.x, world.training, Key(5));
  return world;
}

TEST_CASE("remark 7: trained alike, both learn to jump; only the energy's matrix is symmetric") {
  const World before, after = trained();
  CHECK(before.energy_asymmetry() < 1e-12);
  CHECK(before.score_asymmetry() > 0.5);
  CHECK(score_error(before.networks, before.test, World::sigma, Key(4)) > 1.2 * before.best);
  CHECK(energy_error(after.networks, after.test, World::sigma, Key(4)) == doctest::Approx(after.best).epsilon(0.06));
  CHECK(score_error(after.networks, after.test, World::sigma, Key(4)) == doctest::Approx(after.best).epsilon(0.06));
  CHECK(after.energy_asymmetry() < 1e-12);
  CHECK(after.score_asymmetry() > 1e-3);

  // Mutants of the jump: the wrong sign, and no sigma^2.
  const Tensor<double> y = smooth(after.test, World::sigma, Key(4));
  const Tensor<double> psi = after.networks.psi(Var<double>::constant(y)).value();
  const auto error = [&](double step) {
    double total = 0;
    for (Index i = 0; i < y.size(); ++i)
      total += std::pow(after.test.data()[i] - y.data()[i] - step * psi.data()[i], 2);
    return total / 1000;
  };
  const double squared = World::sigma * World::sigma;
  CHECK(error(squared) == doctest::Approx(score_error(after.networks, after.test, World::sigma, Key(4))));
  CHECK(error(-squared) > 2 * after.best);
  CHECK(error(1) > 1.3 * after.best);
}

}  // namespace
}  // namespace neb::test
