#include "neb/sampling/langevin.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "kernels/support.hpp"
#include "neb/energy/conv_energy.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::GaussianEnergy;
using neb::test::message_of;
using neb::test::same_bits;

TEST_CASE("langevin walk: on a Gaussian energy of variance v the stationary variance is v / (1 - delta^2 / (2 v))") {
  constexpr double v = 0.7, delta = 0.5, n = 100000;
  const Tensor<double> start = Tensor<double>::zeros({25000, 4});
  // A step shrinks what is left of the start by 1 - delta^2 / v = 0.64.
  const Tensor<double> y = langevin_walk(GaussianEnergy<double>{v}, start, {.delta = delta, .steps = 30}, Key(1));
  const auto [mean, variance] = test::moments(y);
  const double expected = v / (1 - delta * delta / (2 * v));
  CHECK(std::abs(mean) < 5 * std::sqrt(expected / n));
  CHECK(std::abs(variance - expected) < 5 * expected * std::sqrt(2 / n));
  CHECK(expected - v >
        20 * expected * std::sqrt(2 / n));  // far enough from the energy's own variance to tell them apart
}

TEST_CASE("langevin walk: a step moves by -delta^2 grad phi and by noise of variance 2 delta^2") {
  constexpr double v = 0.7, delta = 0.01;
  const Tensor<double> zeros = Tensor<double>::zeros({1000, 50}), ones = Tensor<double>::ones({1000, 50});
  const auto step = [&](const Tensor<double>& y) {
    return langevin_walk(GaussianEnergy<double>{v}, y, {.delta = delta, .steps = 1}, Key(2));
  };
  const Tensor<double> from_zero = step(zeros), from_one = step(ones);
  const double variance = test::moments(from_zero).variance;
  CHECK(std::abs(variance / (2 * delta * delta) - 1) < 5 * std::sqrt(2 / 50000.0));
  // The noise is that of the key, whatever the start: the difference is the drift's alone.
  for (Index i = 0; i < zeros.size(); ++i)
    CHECK_MESSAGE(std::abs(from_one.data()[i] - from_zero.data()[i] - (1 - delta * delta / v)) < 1e-13, i);
}

TEST_CASE("langevin walk: noise is fresh in every step") {
  const auto flat = [](const Var<double>& y) { return sum(0.0 * y, 1); };
  const Tensor<double> y = langevin_walk(flat, Tensor<double>::zeros({1000, 50}), {.delta = 0.1, .steps = 9}, Key(2));
  CHECK(std::abs(test::moments(y).variance / (9 * 2 * 0.01) - 1) < 5 * std::sqrt(2 / 50000.0));
}

TEST_CASE("langevin walk: cut in two it is the whole walk, to the last bit") {
  const GaussianEnergy<double> phi{0.7};
  const Tensor<double> start = random_normal<double>({3, 5}, Key(1));
  const Tensor<double> whole = langevin_walk(phi, start, {.delta = 0.1, .steps = 9}, Key(2));
  const Tensor<double> half = langevin_walk(phi, start, {.delta = 0.1, .steps = 4}, Key(2));
  CHECK(same_bits(langevin_walk(phi, half, {.delta = 0.1, .steps = 5, .first_step = 4}, Key(2)), whole));
  CHECK_FALSE(same_bits(langevin_walk(phi, half, {.delta = 0.1, .steps = 5}, Key(2)), whole));
  CHECK(same_bits(langevin_walk(phi, start, {.delta = 0.1}, Key(2)), start));
}

TEST_CASE("langevin walk: progress counts steps, changes no bit, and stops the walk where it is") {
  const GaussianEnergy<double> phi{0.7};
  const Tensor<double> start = random_normal<double>({3, 5}, Key(1));
  const WalkOptions options{.delta = 0.1, .steps = 9, .first_step = 20};
  const Tensor<double> whole = langevin_walk(phi, start, options, Key(2));
  test::ProgressRecord record;
  CHECK(same_bits(langevin_walk(phi, start, options, Key(2), record.until()), whole));
  CHECK(record.complete());
  CHECK(record.counts() == std::vector<Index>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(record.told[2].done == doctest::Approx(3.0 / 9));

  test::ProgressRecord stopped;
  const Tensor<double> part = langevin_walk(phi, start, options, Key(2), stopped.until(4));
  const Index taken = stopped.told.back().count;
  CHECK(taken == 4);
  CHECK(same_bits(part, langevin_walk(phi, start, {.delta = 0.1, .steps = 4, .first_step = 20}, Key(2))));
  CHECK(
      same_bits(langevin_walk(phi, part, {.delta = 0.1, .steps = 9 - taken, .first_step = 20 + taken}, Key(2)), whole));
}

TEST_CASE("langevin walk: a chain does not depend on how many there are") {
  const GaussianEnergy<float> phi{0.7F};
  const Tensor<float> start = random_normal<float>({7, 5}, Key(1));
  const auto walk = [&](const Tensor<float>& y) { return langevin_walk(phi, y, {.delta = 0.1, .steps = 5}, Key(2)); };
  const Tensor<float> all = walk(start);
  for (const Index chains : {1, 3}) CHECK(same_bits(walk(start.rows(0, chains)), all.rows(0, chains)));
  CHECK(walk(start.rows(0, 0)).size() == 0);
}

TEST_CASE("langevin walk: the number of threads does not change a bit") {
  const ConvEnergy<float> phi({.image = {12, 12, 1}, .channels = {8, 16}, .bottleneck = 4}, Key(1));
  const Tensor<float> start = random_uniform<float>({9, 12, 12, 1}, Key(2));
  const auto walk = [&](int threads) {
    const test::WithThreads scope(threads);
    return langevin_walk(phi, start, {.delta = 0.01, .steps = 4}, Key(3));
  };
  const Tensor<float> first = walk(1);
  CHECK_FALSE(same_bits(first, start));
  for (const int threads : {2, 3, 4}) CHECK(same_bits(walk(threads), first));
}

TEST_CASE("langevin walk: delta is positive") {
  for (const double delta : {0.0, -0.1, std::nan("")})
    CHECK_THROWS_AS(
        langevin_walk(GaussianEnergy<double>{1}, Tensor<double>::zeros({1, 1}), {.delta = delta, .steps = 1}, Key(1)),
        ValueError);
  CHECK(message_of<ValueError>([] {
          langevin_walk(GaussianEnergy<double>{1}, Tensor<double>::zeros({1, 1}), {}, Key(1));
        }) == "langevin_walk: delta is positive, got 0.000000");
}

TEST_CASE("langevin_walk: a steady step asks the system for no buffer") {
  const test::WithThreads one(1);
  const ConvEnergy<float> phi({.channels = {8, 24}, .bottleneck = 4}, Key(1));
  Tensor<float> y = random_uniform<float>({10, 28, 28, 1}, Key(2));
  const auto walk = [&](Index steps) {
    y = langevin_walk(phi, std::move(y), {.delta = 0.003, .steps = steps}, Key(3));
  };
  walk(2);
  const MemoryStats before = memory_stats();
  walk(10);
  CHECK(memory_stats().live == before.live);
  CHECK(memory_stats().live + memory_stats().cached == before.live + before.cached);
}
