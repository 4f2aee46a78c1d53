#include "neb/sampling/mala.hpp"

#include <doctest/doctest.h>

#include "linear_step.hpp"
#include "nn/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr double v = 0.7;
const GaussianEnergy<double> phi{v};

template <Energy<double> Phi>
EnergyPoints<double> points(const Phi& energy, const Tensor<double>& y) {
  const auto found = energy_and_gradient(energy, Var<double>::constant(y));
  return {y, found.energy.value(), found.gradient.value()};
}

/// (y^2 - 1)^2 times 2 of one coordinate: wells at -1 and 1 with a barrier of 2 between them; summed over a row's coordinates.
Var<double> two_wells(const Var<double>& y) { return sum(2.0 * square(square(y) - 1.0), 1); }

/// E y^2 under exp(-two_wells), by the trapezoid rule, which converges exponentially here.
double two_wells_square() {
  double weight = 0, squares = 0;
  for (double y = -4; y <= 4; y += 1e-3) {
    const double p = std::exp(-2 * std::pow(y * y - 1, 2));
    weight += p;
    squares += y * y * p;
  }
  return squares / weight;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("mala: on a quadratic log a is (delta^2 / 4) (|g|^2 - |g'|^2), to rounding") {
  constexpr double delta = 0.4;
  const auto from = points(phi, random_normal<double>({9, 6}, Key(1)));
  const auto to = points(phi, random_normal<double>({9, 6}, Key(2)));
  const std::vector<double> logs = log_acceptance(delta, from, to);
  for (Index row = 0; row < 9; ++row) {
    double squares = 0;
    for (Index i = 0; i < 6; ++i) squares += std::pow(from.gradient(row, i), 2) - std::pow(to.gradient(row, i), 2);
    CHECK(logs[static_cast<std::size_t>(row)] == doctest::Approx(delta * delta / 4 * squares).epsilon(1e-12));
  }
}

TEST_CASE("mala: log a is what the densities of the two proposals say, for any energy") {
  constexpr double delta = 0.3;
  const auto from = points(two_wells, random_normal<double>({9, 6}, Key(1)));
  const auto to = points(two_wells, random_normal<double>({9, 6}, Key(2)));
  // Minus the logarithm of the density of a proposal from a to b, up to a constant.
  const auto cost = [&](const EnergyPoints<double>& a, const EnergyPoints<double>& b, Index row) {
    double sum = 0;
    for (Index i = 0; i < 6; ++i) sum += std::pow(b.y(row, i) - a.y(row, i) + delta * delta * a.gradient(row, i), 2);
    return sum / (4 * delta * delta);
  };
  const std::vector<double> logs = log_acceptance(delta, from, to), back = log_acceptance(delta, to, from);
  for (Index row = 0; row < 9; ++row) {
    const double expected = from.energy(row) + cost(from, to, row) - to.energy(row) - cost(to, from, row);
    CHECK(logs[static_cast<std::size_t>(row)] == doctest::Approx(expected).epsilon(1e-12));
    CHECK(back[static_cast<std::size_t>(row)] == doctest::Approx(-expected).epsilon(1e-12));
  }
}

TEST_CASE("mala: the variance on a Gaussian is v, at a step whose walk has a fifth more") {
  constexpr Index chains = 5000, d = 4;
  Mala<double> found{.y = normal_samples<double>(chains, d, v, Key(5)), .delta = 0.5};
  found = walk(phi, std::move(found), 10, Key(1));
  CHECK(within_three_errors(mean_square(found.y), v, chains * d));
  CHECK_FALSE(within_three_errors(mean_square(found.y), v / (1 - 0.25 / (2 * v)), chains * d));
  // From elsewhere it comes to the same.
  found = walk(phi, Mala<double>{.y = Tensor<double>::zeros({chains, d}), .delta = 0.5}, 40, Key(2));
  CHECK(within_three_errors(mean_square(found.y), v, chains * d));
}

TEST_CASE("mala: between two wells it agrees with quadrature, within three standard errors of independent chains") {
  constexpr Index chains = 4000;
  const double expected = two_wells_square();
  const auto error_of = [&](const auto& y) {
    Estimate squares;
    for (Index row = 0; row < chains; ++row) squares.add(y(row, 0) * y(row, 0));
    return (squares.mean() - expected) / squares.error();
  };
  Mala<double> found{.y = random_uniform<double>({chains, 1}, Key(1), -1.5, 1.5), .delta = 0.5};
  found = walk(two_wells, std::move(found), 150, Key(2));
  CHECK(std::abs(error_of(found.y)) < 3);
  const double acceptance = mean_of(found.acceptance());
  CHECK(acceptance > 0.3);
  CHECK(acceptance < 0.95);

  // Mutants of log a on the same proposals: with the wrong sign, without what the proposals weigh, and no test at all. Each
  // is off by more than four errors, so this can tell.
  for (const int mutant : {0, 1, 2}) {
    CAPTURE(mutant);
    Tensor<double> y = random_uniform<double>({chains, 1}, Key(1), -1.5, 1.5);
    for (std::uint64_t step = 0; step < 150; ++step) {
      const EnergyPoints<double> here = points(two_wells, y);
      Tensor<double> moved = random_normal<double>({chains, 1}, Key(3).at(step));
      for (Index i = 0; i < chains; ++i)
        moved.mutable_data()[i] = here.y.data()[i] - 0.25 * here.gradient.data()[i] + std::sqrt(0.5) * moved.data()[i];
      const auto u = random_uniform<double>({chains, 1}, Key(4).at(step));
      const EnergyPoints<double> there = points(two_wells, moved);
      const std::vector<double> logs = log_acceptance(0.5, here, there);
      for (Index i = 0; i < chains; ++i) {
        const double log_a = logs[static_cast<std::size_t>(i)];
        const double used[] = {-log_a, here.energy(i) - there.energy(i), 0};
        if (std::log(1 - u.data()[i]) <= used[mutant]) y.mutable_data()[i] = moved.data()[i];
      }
    }
    CHECK(!(std::abs(error_of(y)) < 4));
  }
}

TEST_CASE("mala: what is not finite is rejected, and the chain stays") {
  // Energy and gradient are not finite outside the unit ball.
  const auto cliff = [](const Var<double>& y) { return sum(square(y), 1) - sqrt(1.0 - sum(square(y), 1)); };
  Mala<double> chains{.y = Tensor<double>::zeros({50, 3}), .delta = 0.6};
  chains = walk(cliff, std::move(chains), 40, Key(1));
  for (Index row = 0; row < 50; ++row) {
    double square_of_norm = 0;
    for (Index i = 0; i < 3; ++i) square_of_norm += std::pow(chains.y(row, i), 2);
    CHECK(square_of_norm < 1);
  }
  const double acceptance = mean_of(chains.acceptance());
  CHECK(acceptance > 0.05);
  CHECK(acceptance < 0.9);
}

TEST_CASE("mala: a chain that has rejected keeps its point, energy and gradient; acceptance counts the others") {
  Mala<double> chains{.y = normal_samples<double>(200, 4, v, Key(5)), .delta = 1.0};
  std::vector<double> taken(200, 0);
  for (int step = 0; step < 10; ++step) {
    const Tensor<double> before = chains.y;
    chains = walk(phi, std::move(chains), 1, Key(1));
    const auto here = points(phi, chains.y);
    CHECK(same_bits(chains.energy, here.energy));
    CHECK(same_bits(chains.gradient, here.gradient));
    for (Index row = 0; row < 200; ++row) {
      const bool moved = !same_bits(chains.y.rows(row, row + 1), before.rows(row, row + 1));
      taken[static_cast<std::size_t>(row)] += moved ? 0.1 : 0;
    }
  }
  for (std::size_t row = 0; row < 200; ++row)
    CHECK(chains.acceptance()[row] == doctest::Approx(taken[row]).epsilon(1e-12));
}

TEST_CASE("mala: warm-up comes to the acceptance that is best, and then keeps its delta") {
  constexpr Index n = 200;
  const double best = 1.167 * std::sqrt(v) * std::pow(static_cast<double>(n), -1.0 / 6);  // on N(0, v I_n), for large n
  Mala<double> chains{.y = normal_samples<double>(20, n, v, Key(5)), .delta = std::sqrt(v) / 10, .warm_up = 300};
  chains = walk(phi, std::move(chains), 300, Key(1));
  const double found = chains.delta;
  CHECK(found == doctest::Approx(best).epsilon(0.1));
  CHECK(found == chains.adaptation.result());
  CHECK(mean_of(chains.acceptance()) == 0);
  chains = walk(phi, std::move(chains), 300, Key(1));
  CHECK(chains.delta == found);
  CHECK(mean_of(chains.acceptance()) == doctest::Approx(DualAveraging::target).epsilon(0.1));
}

TEST_CASE("mala: fields that do not fit are refused") {
  Mala<double> chains{.y = Tensor<double>::zeros({2, 3}), .delta = 0.1, .energy = Tensor<double>::zeros({3})};
  CHECK(message_of<ShapeError>([&] { walk(phi, chains, 1, Key(1)); }) ==
        "mala: energy is empty or of shape (2,)   [energy: (3,)]");
  chains.delta = 0;
  CHECK(message_of<ValueError>([&] { walk(phi, chains, 1, Key(1)); }) == "mala: delta is positive, got 0.000000");
}
