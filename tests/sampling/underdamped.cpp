#include "neb/sampling/underdamped.hpp"

#include <doctest/doctest.h>

#include "linear_step.hpp"
#include "nn/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr double v = 0.7;
const GaussianEnergy<double> phi{v};

Underdamped<double> chains_of(Splitting splitting, double delta, double friction) {
  return {.y = Tensor<double>::zeros({1, 1}), .delta = delta, .friction = friction, .splitting = splitting};
}

/// The covariance of position and velocity that steps come to, from what a step does to (1, 0), (0, 1) and (0, 0).
Matrix covariance_of(Underdamped<double> chains) {
  const auto step = [&](double y, double velocity) {
    chains.y = Tensor<double>::full({1, 1}, y);
    chains.velocity = Tensor<double>::full({1, 1}, velocity);
    const Underdamped<double> moved = walk(phi, chains, 1, Key(3));
    return Pair{moved.y.item(), moved.velocity.item()};
  };
  const double e = random_normal<double>({1, 1}, Key(3).fold("underdamped").at(0)).item();
  const Pair noise = step(0, 0), first = step(1, 0), second = step(0, 1);
  Matrix m{}, n{};
  for (std::size_t i = 0; i < 2; ++i) {
    m[i] = {first[i] - noise[i], second[i] - noise[i]};
    for (std::size_t j = 0; j < 2; ++j) n[i][j] = noise[i] / e * (noise[j] / e);
  }
  return stationary_covariance(m, n);
}

}  // namespace

TEST_CASE(
    "underdamped: on a Gaussian positions have variance v to rounding, velocities what the splitting gives them") {
  for (const double delta : {0.1, 0.5, 1.1})  // stable for h = sqrt(2) delta < 2 sqrt(v), that is delta < 1.18
    for (const double friction : {0.1, 1.0, 10.0}) {
      CAPTURE(delta);
      CAPTURE(friction);
      const double quarter = 2 * delta * delta / (4 * v);  // h^2 / (4 v)
      const Matrix baoab = covariance_of(chains_of(Splitting::baoab, delta, friction));
      CHECK(baoab[0][0] == doctest::Approx(v).epsilon(1e-12));
      CHECK(baoab[1][1] == doctest::Approx(1 - quarter).epsilon(1e-12));
      const Matrix aboba = covariance_of(chains_of(Splitting::aboba, delta, friction));
      CHECK(aboba[0][0] == doctest::Approx(v).epsilon(1e-12));
      CHECK(aboba[1][1] == doctest::Approx(1 / (1 - quarter)).epsilon(1e-12));
    }
}

TEST_CASE("underdamped: chains have these variances") {
  constexpr double delta = 0.6, friction = 1.5;
  constexpr Index n = 20000;
  for (const Splitting splitting : {Splitting::baoab, Splitting::aboba}) {
    Underdamped<double> chains = chains_of(splitting, delta, friction);
    chains.y = Tensor<double>::zeros({5000, 4});
    chains = walk(phi, std::move(chains), 40, Key(1));
    CHECK(within_three_errors(mean_square(chains.y), v, n));
    const double quarter = 2 * delta * delta / (4 * v);
    const double velocity = splitting == Splitting::baoab ? 1 - quarter : 1 / (1 - quarter);
    CHECK(within_three_errors(mean_square(chains.velocity), velocity, n));
    CHECK_FALSE(within_three_errors(mean_square(chains.velocity), 1, n));
  }
}

TEST_CASE("underdamped: without noise to speak of, a step is one of Hamiltonian motion, and conserves energy to h^2") {
  for (const Splitting splitting : {Splitting::baoab, Splitting::aboba}) {
    Underdamped<double> chains = chains_of(splitting, 0.01, 1e-12);
    chains.y = Tensor<double>::ones({1, 1});
    chains.velocity = Tensor<double>::zeros({1, 1});
    const double period = 2 * std::numbers::pi * std::sqrt(v), h = std::sqrt(2.0) * chains.delta;
    chains = walk(phi, std::move(chains), static_cast<Index>(std::round(period / 2 / h)), Key(1));
    CHECK(chains.y.item() == doctest::Approx(-1).epsilon(1e-3));  // half a period later, on the other side
    CHECK(chains.y.item() * chains.y.item() / (2 * v) + chains.velocity.item() * chains.velocity.item() / 2 ==
          doctest::Approx(1 / (2 * v)).epsilon(1e-3));
  }
}

TEST_CASE("underdamped: friction is positive") {
  CHECK(message_of<ValueError>([] { walk(phi, chains_of(Splitting::baoab, 0.1, 0), 1, Key(1)); }) ==
        "underdamped: friction is positive, got 0.000000");
  CHECK(message_of<ShapeError>([] {
          Underdamped<double> chains = chains_of(Splitting::baoab, 0.1, 1);
          chains.velocity = Tensor<double>::zeros({1, 2});
          walk(phi, chains, 1, Key(1));
        }) == "underdamped: velocity is empty or of shape (1, 1)   [velocity: (1, 2)]");
}
