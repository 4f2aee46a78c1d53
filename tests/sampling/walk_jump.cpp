#include "neb/sampling/walk_jump.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

#include "bayes/closed_forms.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::GaussianEnergy;
using neb::test::message_of;
using neb::test::same_bits;

namespace {

constexpr double s = 0.5;
const GaussianEnergy<double> phi{0.7};

Tensor<double> start() { return random_normal<double>({3, 4}, Key(1)); }

/// The steps at which jumps are taken.
std::vector<Index> steps_of(WalkJumpOptions options, Index stop_after = 1000) {
  std::vector<Index> steps;
  walk_jump<double>(phi, start(), s, options, Key(2), [&](const Jump<double>& jump) {
    steps.push_back(jump.step);
    return std::ssize(steps) < stop_after;
  });
  return steps;
}

const auto go_on = [](const Jump<double>&) { return true; };

}  // namespace

TEST_CASE("walk-jump: jumps are taken at the start and after every `every` steps, never past the end") {
  CHECK(steps_of({.delta = 0.1, .steps = 6, .every = 2}) == std::vector<Index>{0, 2, 4, 6});
  CHECK(steps_of({.delta = 0.1, .steps = 7, .every = 3}) == std::vector<Index>{0, 3, 6});
  CHECK(steps_of({.delta = 0.1, .steps = 2, .every = 3}) == std::vector<Index>{0});
  CHECK(steps_of({.delta = 0.1, .steps = 2, .every = PTRDIFF_MAX}) == std::vector<Index>{0});
  CHECK(steps_of({.delta = 0.1, .steps = 3}) == std::vector<Index>{0, 1, 2, 3});
  CHECK(steps_of({.delta = 0.1, .steps = 0}) == std::vector<Index>{0});
  CHECK(steps_of({.delta = 0.1, .steps = 9, .every = 2}, 3) == std::vector<Index>{0, 2, 4});
}

TEST_CASE("walk-jump: jumps never disturb the chain, whose end is that of the walk alone") {
  const Tensor<double> alone = langevin_walk(phi, start(), {.delta = 0.1, .steps = 7}, Key(2));
  for (const Index every : {1, 2, 3, 7, 100})
    CHECK(same_bits(walk_jump<double>(phi, start(), s, {.delta = 0.1, .steps = 7, .every = every}, Key(2), go_on),
                    alone));
}

TEST_CASE("walk-jump: a jump holds the point of the walk and the Robbins jump from there") {
  walk_jump<double>(phi, start(), s, {.delta = 0.1, .steps = 4, .every = 2}, Key(2), [](const Jump<double>& jump) {
    CHECK(same_bits(jump.y, langevin_walk(phi, start(), {.delta = 0.1, .steps = jump.step}, Key(2))));
    CHECK(same_bits(jump.xhat, robbins_jump(phi, jump.y, s)));
    for (Index i = 0; i < jump.y.size(); ++i)
      CHECK(jump.xhat.data()[i] == doctest::Approx(jump.y.data()[i] * (1 - s * s / 0.7)).epsilon(1e-12));
    return true;
  });
}

TEST_CASE("walk-jump: a callback that returns false ends the walk where it is") {
  const Tensor<double> end = walk_jump<double>(phi, start(), s, {.delta = 0.1, .steps = 9, .every = 2}, Key(2),
                                               [](const Jump<double>& jump) { return jump.step < 4; });
  CHECK(same_bits(end, langevin_walk(phi, start(), {.delta = 0.1, .steps = 4}, Key(2))));
}

TEST_CASE("walk-jump: progress is told after each step and each jump, and changes no bit") {
  const auto walk = [](Index steps, Index every, const OnProgress& on_progress) {
    return walk_jump<double>(phi, start(), s, {.delta = 0.1, .steps = steps, .every = every}, Key(2), go_on,
                             on_progress);
  };
  for (const Index every : {1, 2, 3, 7, 100}) {
    CAPTURE(every);
    test::ProgressRecord record;
    CHECK(same_bits(walk(7, every, record.until()), langevin_walk(phi, start(), {.delta = 0.1, .steps = 7}, Key(2))));
    CHECK(record.complete());
    CHECK(std::ssize(record.told) == 7 + 7 / every + 1);
    CHECK(record.told.back().count == 7);
  }
  test::ProgressRecord with_jumps, alone;
  walk(5, 2, with_jumps.until());
  CHECK(with_jumps.counts() == std::vector<Index>{0, 1, 2, 2, 3, 4, 4, 5});
  walk(0, 2, alone.until());
  CHECK(alone.complete());
}

TEST_CASE("walk-jump: progress that returns false ends the walk at once, between jumps as well") {
  for (const std::size_t calls : std::initializer_list<std::size_t>{1, 2, 3, 5, 6, 8}) {
    CAPTURE(calls);
    test::ProgressRecord record;
    std::vector<Index> jumps;
    const Tensor<double> end = walk_jump<double>(
        phi, start(), s, {.delta = 0.1, .steps = 9, .every = 3}, Key(2),
        [&](const Jump<double>& jump) {
          jumps.push_back(jump.step);
          return true;
        },
        record.until(calls));
    CHECK(record.told.size() == calls);
    const Index steps = record.told.back().count;
    CHECK(same_bits(end, langevin_walk(phi, start(), {.delta = 0.1, .steps = steps}, Key(2))));
    CHECK(jumps.back() <= steps);
    CHECK(std::ssize(jumps) + steps == static_cast<Index>(calls));
  }
}

TEST_CASE("walk-jump: delta is sigma / 100 unless it is given") {
  CHECK(same_bits(walk_jump<double>(phi, start(), s, {.steps = 5}, Key(2), go_on),
                  langevin_walk(phi, start(), {.delta = s / 100, .steps = 5}, Key(2))));
}

TEST_CASE("walk-jump: settings out of range are refused") {
  const auto error = [](double sigma, WalkJumpOptions options) {
    return message_of<ValueError>([&] { walk_jump<double>(phi, start(), sigma, options, Key(2), go_on); });
  };
  CHECK(error(0, {.steps = 1}) ==
        "walk_jump: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000");
  CHECK(error(s, {.steps = 1, .every = 0}) == "walk_jump: every is at least 1 step, got 0");
  CHECK(error(s, {.delta = -0.1, .steps = 1}) == "langevin_walk: delta is positive, got -0.100000");
  CHECK(error(s, {.delta = std::nan(""), .steps = 1}).find("langevin_walk: delta is positive") == 0);
}
