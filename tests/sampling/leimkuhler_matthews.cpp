#include "neb/sampling/leimkuhler_matthews.hpp"

#include <doctest/doctest.h>

#include "linear_step.hpp"
#include "neb/sampling/langevin.hpp"
#include "nn/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr double v = 0.7;
const GaussianEnergy<double> phi{v};

LeimkuhlerMatthews<double> from(const Tensor<double>& y, double delta, const Tensor<double>& noise) {
  return {.y = y, .delta = delta, .noise = noise};
}

}  // namespace

TEST_CASE("leimkuhler-matthews: the variance on a Gaussian is v to rounding, at any step that is stable") {
  const Tensor<double> zero = Tensor<double>::zeros({1, 1}), one = Tensor<double>::ones({1, 1});
  for (const double delta : {0.01, 0.3, 0.8, 1.1}) {  // stable below sqrt(2 v) = 1.18
    CAPTURE(delta);
    // A step is linear in position, kept noise and new noise; each coefficient by itself, then all moments.
    const auto step = [&](const Tensor<double>& y, const Tensor<double>& noise) {
      return walk(phi, from(y, delta, noise), 1, Key(3));
    };
    const auto origin = step(zero, zero);
    const double kept = step(one, zero).y.item() - origin.y.item(), old = step(zero, one).y.item() - origin.y.item();
    const double fresh = origin.y.item() / origin.noise.item();
    // The state is (y, e): the new noise moves y by `fresh` and takes the place of e.
    const Matrix s = stationary_covariance({{{kept, old}, {0, 0}}}, {{{fresh * fresh, fresh}, {fresh, 1}}});
    CHECK(s[0][0] == doctest::Approx(v).epsilon(1e-12));
    CHECK(old == doctest::Approx(fresh).epsilon(1e-12));
    // With noise that is drawn twice instead of kept, y and e do not go together, and the variance is another one.
    const double forgetful = (old * old + fresh * fresh) / (1 - kept * kept);
    CHECK(std::abs(forgetful / v - 1) > (delta > 0.1 ? 0.01 : 1e-5));
  }
}

TEST_CASE("leimkuhler-matthews: chains have variance v where the walk's is a fifth larger") {
  constexpr double delta = 0.5;
  constexpr Index n = 20000;
  const Tensor<double> start = Tensor<double>::zeros({5000, 4});
  // A step shrinks what is left of the start by 1 - delta^2 / v = 0.64.
  const auto chains = walk(phi, LeimkuhlerMatthews<double>{.y = start, .delta = delta}, 30, Key(1));
  CHECK(within_three_errors(mean_square(chains.y), v, n));
  const auto plain = walk(phi, Langevin<double>{.y = start, .delta = delta}, 30, Key(1));
  CHECK_FALSE(within_three_errors(mean_square(plain.y), v, n));
}

TEST_CASE("leimkuhler-matthews: a run that forgets the kept noise is another one, with a variance that is wrong") {
  constexpr double delta = 0.8;
  constexpr Index n = 20000;
  LeimkuhlerMatthews<double> chains{.y = Tensor<double>::zeros({5000, 4}), .delta = delta};
  for (Index step = 0; step < 30; ++step) {
    chains.noise = random_normal<double>(chains.y.shape(), Key(9).at(static_cast<std::uint64_t>(step)));
    chains = walk(phi, std::move(chains), 1, Key(1));
  }
  CHECK_FALSE(within_three_errors(mean_square(chains.y), v, n));
}

TEST_CASE(
    "leimkuhler-matthews: with a flat energy the noises of n steps add up to sqrt(2) delta of n - 1 / 2 of them") {
  const auto flat = [](const Var<double>& y) { return sum(0.0 * y, 1); };
  const auto chains =
      walk(flat, LeimkuhlerMatthews<double>{.y = Tensor<double>::zeros({1000, 50}), .delta = 0.1}, 9, Key(2));
  // The first and the last noise enter half: variance 2 delta^2 (1/4 + 8 + 1/4).
  CHECK(within_three_errors(mean_square(chains.y), 2 * 0.01 * 8.5, 50000));
}
