#include "neb/flow/moments.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/support.hpp"
#include "neb/bayes/chi.hpp"
#include "neb/flow/gradient_flow.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/power.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::relative_difference;
using neb::test::same_bits;

namespace {

/// phi = |y|^2 / (2 s^2), the energy of one sample at the origin: y(t) = y(0) exp(-t), t in units of s^2.
template <Scalar T>
struct Bowl {
  T sigma;
  Var<T> operator()(const Var<T>& y) const { return sum(square(y), 1) / (2 * sigma * sigma); }
};

/// One row of d numbers of length `length`, in one direction that is not an axis, unless d is 1.
Tensor<double> start(Index d, double length) {
  return Tensor<double>::full({1, d}, length / std::sqrt(static_cast<double>(d)));
}

/// A bowl with hills in it, many slopes and many minima, that treats each row with the same operations whatever the others.
template <Scalar T>
struct Hilly {
  Var<T> operator()(const Var<T>& y) const { return sum(square(y) + cos(y * T(3)), 1); }
};

bool same_moment(const FlowMoment<float>& a, const FlowMoment<float>& b) {
  return same_bits(a.y, b.y) && a.time == b.time && a.path_length == b.path_length && a.energy_drop == b.energy_drop &&
         a.rate == b.rate;
}

const FlowOptions watched{.settled_below = {1, 0.3, 0.1}, .snapshots = {0, 0.5, 1, 3, 10}};

}  // namespace

TEST_CASE("settled: in the bowl of one sample a flow loses |y|^2/s^2 exp(-2t) nats in a time s^2, so when is known") {
  constexpr double length = 2.5;
  for (const double s : {0.15, 0.3, 0.7}) {
    const auto flow = gradient_flow(Bowl<double>{s}, start(3, length), s,
                                    {.settled_below = {1, 0.3, 0.1}, .step_tolerance = 1e-7, .max_steps = 100000});
    REQUIRE(flow.settled.size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      const double below = std::vector{1.0, 0.3, 0.1}[k], left = s * std::sqrt(below);
      const FlowMoment<double>& settled = flow.settled[k];
      CHECK(settled.time[0] == doctest::Approx(std::log(length / left)).epsilon(1e-4));
      CHECK(relative_difference(settled.y, start(3, left)) < 1e-4);
      CHECK(settled.path_length[0] == doctest::Approx(length - left).epsilon(1e-4));
      CHECK(settled.energy_drop[0] == doctest::Approx((length * length - left * left) / (2 * s * s)).epsilon(1e-4));
      CHECK(settled.rate[0] == doctest::Approx(below).epsilon(1e-4));
    }
  }
}

TEST_CASE("settled: the rule knows no pixels, one that moves settles when 784 do that lose as much energy") {
  // A rule by the largest pixel would stop the 784 by log(28) = 3.3 sooner.
  for (const double s : {0.15, 0.7})
    for (const Index d : {1, 784}) {
      const FlowOptions options{.until = FlowUntil::settled, .step_tolerance = 1e-5};
      const auto flow = gradient_flow(Bowl<double>{s}, start(d, 20 * s), s, options);
      CHECK(flow.end[0] == FlowEnd::settled);
      CHECK(flow.time[0] == doctest::Approx(std::log(20 / std::sqrt(settled_rate))).epsilon(2e-3));
    }
}

TEST_CASE("settled: a start at rest has settled at once; what climbs for ever never does, and shows its end") {
  const auto hill = [](const Var<double>& y) { return sum(square(y), 1) * -50.0; };
  const Tensor<double> y0({2, 1}, {1e-5, 0.2});
  const auto flow = gradient_flow(hill, y0, 0.3, {.until = FlowUntil::settled, .settled_below = {1, 0.3}});
  CHECK(flow.end == std::vector{FlowEnd::settled, FlowEnd::escaped});
  for (const FlowMoment<double>& settled : flow.settled) {
    CHECK(settled.time == std::vector<double>{0, HUGE_VAL});
    CHECK(same_bits(settled.y, flow.y));
    CHECK(settled.path_length == flow.path_length);
  }
  CHECK(flow.y(0, 0) == 1e-5);
  CHECK(flow.y(1, 0) > 10);
  CHECK(flow.time[0] == 0);
}

TEST_CASE("settled: one flow to the minimum shows what a flow until settled ends at, bit by bit") {
  const Hilly<float> phi;
  const Tensor<float> y0 = random_uniform<float>({30, 20}, Key(2), -4.0F, 4.0F);
  const auto far = gradient_flow(phi, y0, 0.5F, {.settled_below = {0.1}}),
             near = gradient_flow(phi, y0, 0.5F, {.until = FlowUntil::settled, .settled_below = {0.1}});
  CHECK(far.count(FlowEnd::minimum) == 30);
  CHECK(near.count(FlowEnd::settled) == 30);
  CHECK(same_moment(near, far.settled[0]));
  CHECK(same_moment(near.settled[0], near));
  for (std::size_t row = 0; row < 30; ++row) {
    CHECK(near.time[row] > 0);
    CHECK(near.time[row] < far.time[row]);
    CHECK(near.rate[row] == doctest::Approx(0.1).epsilon(1e-3));
    CHECK(far.rate[row] < 0.1);
    CHECK(near.energy_drop[row] < far.energy_drop[row]);
  }
}

TEST_CASE("moments: a flow ends where and when it does whatever is looked at on its way") {
  const Hilly<float> phi;
  const Tensor<float> y0 = random_normal<float>({30, 20}, Key(3));
  const auto plain = gradient_flow(phi, y0, 0.5F, {.settled_below = {}}), seen = gradient_flow(phi, y0, 0.5F, watched);
  CHECK(plain.settled.empty());
  CHECK(plain.snapshots.empty());
  CHECK(same_moment(plain, seen));
  CHECK(plain.end == seen.end);
  CHECK(plain.residual == seen.residual);
}

TEST_CASE("snapshots: y(0) exp(-t) at the very times, for rows that are in no step together") {
  constexpr double s = 0.4;
  const Tensor<double> y0({3, 2}, {1.0, -0.5, 30.0, 10.0, 0.0, 0.002});
  const std::vector<double> times{0, 0.1, 1, 2.5, 3};
  const auto flow =
      gradient_flow(Bowl<double>{s}, y0, s, {.tolerance = 1e-6, .snapshots = times, .step_tolerance = 1e-6});
  REQUIRE(flow.snapshots.size() == times.size());
  CHECK(same_bits(flow.snapshots[0].y, y0));
  for (std::size_t k = 0; k < times.size(); ++k) {
    const FlowMoment<double>& seen = flow.snapshots[k];
    const double shrunk = std::exp(-times[k]);
    CHECK(seen.time == std::vector(3, times[k]));
    for (Index i = 0; i < y0.size(); ++i) CHECK(std::abs(seen.y.data()[i] - y0.data()[i] * shrunk) < 2e-5);
    for (std::size_t row = 0; row < 3; ++row) {
      const auto at = static_cast<Index>(row);
      const double length = std::hypot(y0(at, 0), y0(at, 1)), rate = std::pow(length * shrunk / s, 2);
      CHECK(std::abs(seen.path_length[row] - length * (1 - shrunk)) < 1e-4);
      CHECK(seen.energy_drop[row] ==
            doctest::Approx(std::pow(length / s, 2) * (1 - shrunk * shrunk) / 2).epsilon(1e-3));
      CHECK(seen.rate[row] == doctest::Approx(rate).epsilon(2e-3));
    }
  }
}

TEST_CASE("snapshots: a flow that has ended stays as it is") {
  const Bowl<double> phi{0.3};
  const Tensor<double> y0({2, 1}, {0.2, 100.0});
  const auto flow = gradient_flow(phi, y0, 0.3, {.until = FlowUntil::settled, .snapshots = {0.1, 4, 50}});
  CHECK(flow.count(FlowEnd::settled) == 2);
  CHECK(same_bits(flow.snapshots[2].y, flow.y));
  CHECK(flow.snapshots[2].time == flow.time);
  CHECK(flow.snapshots[2].energy_drop == flow.energy_drop);
  CHECK(flow.snapshots[1].time == std::vector{flow.time[0], 4.0});
  CHECK(flow.snapshots[1].y(0, 0) == flow.y(0, 0));
  CHECK(flow.snapshots[1].y(1, 0) > flow.y(1, 0));
}

TEST_CASE("time: a flow ends at its limit, where a snapshot of that time was") {
  const Hilly<float> phi;
  const Tensor<float> y0 = random_normal<float>({10, 20}, Key(4));
  const auto flow = gradient_flow(phi, y0, 0.5F, {.time = 0.7}),
             longer = gradient_flow(phi, y0, 0.5F, {.time = 1, .snapshots = {0.7}});
  CHECK(flow.count(FlowEnd::out_of_time) == 10);
  CHECK(flow.time == std::vector(10, 0.7));
  CHECK(same_moment(flow, longer.snapshots[0]));
  CHECK(longer.time == std::vector(10, 1.0));

  constexpr double s = 0.3;
  const auto bowl = gradient_flow(Bowl<double>{s}, start(2, 1), s, {.time = 2, .step_tolerance = 1e-6});
  CHECK(bowl.end[0] == FlowEnd::out_of_time);
  CHECK(relative_difference(bowl.y, start(2, std::exp(-2))) < 1e-4);
  CHECK(bowl.residual[0] == doctest::Approx(std::exp(-2) / std::sqrt(2)).epsilon(1e-3));
  // A step that ends at the limit is the last one: the first is 0.1 sigma^2 long.
  const auto step = gradient_flow(Bowl<double>{1}, start(2, 1), 1, {.time = 0.1, .max_steps = 1});
  CHECK(step.end[0] == FlowEnd::out_of_time);
  CHECK(step.time[0] == 0.1);
  // What has settled before is not out of time.
  const auto settled = gradient_flow(Bowl<double>{s}, start(2, 1), s, {.until = FlowUntil::settled, .time = 2});
  CHECK(settled.end[0] == FlowEnd::settled);
  CHECK(settled.time[0] == doctest::Approx(std::log(1 / (s * std::sqrt(settled_rate)))).epsilon(0.05));
}

TEST_CASE("moved: how long a picture lasts, from the distance that it has gone") {
  constexpr double s = 0.3, length = 2, by = 0.2;
  for (const Index d : {1, 16}) {
    const FlowOptions options{.until = FlowUntil::moved, .moved_by = by, .step_tolerance = 1e-6};
    const auto flow = gradient_flow(Bowl<double>{s}, start(d, length), s, options);
    CHECK(flow.end[0] == FlowEnd::moved);
    CHECK(chi(flow.y, start(d, length))[0] == doctest::Approx(by).epsilon(1e-9));
    const double gone = 2 * std::sqrt(static_cast<double>(d)) * by;
    CHECK(flow.time[0] == doctest::Approx(-std::log(1 - gone / length)).epsilon(1e-4));
  }
  // Too near to its minimum to go so far, it lasts for ever.
  const auto rests = gradient_flow(Bowl<double>{s}, start(1, by), s, {.until = FlowUntil::moved, .moved_by = by});
  CHECK(rests.end[0] == FlowEnd::minimum);
}

TEST_CASE("moments: neither the number of threads nor the other rows change a bit") {
  const Hilly<float> phi;
  const Tensor<float> y0 = random_uniform<float>({12, 20}, Key(5), -3.0F, 3.0F);
  const auto with = [&](int threads, const Tensor<float>& from) {
    const test::WithThreads scope(threads);
    return gradient_flow(phi, from, 0.5F, watched);
  };
  const auto first = with(1, y0);
  for (const int threads : {2, 3, 4}) {
    const auto other = with(threads, y0);
    for (std::size_t k = 0; k < 3; ++k) CHECK(same_moment(other.settled[k], first.settled[k]));
    for (std::size_t k = 0; k < 5; ++k) CHECK(same_moment(other.snapshots[k], first.snapshots[k]));
  }
  for (Index row = 0; row < 12; ++row) {
    const auto one = with(1, y0.rows(row, row + 1));
    const auto same_row = [&](const FlowMoment<float>& alone, const FlowMoment<float>& among) {
      const auto r = static_cast<std::size_t>(row);
      return same_bits(alone.y, among.y.rows(row, row + 1)) && alone.time[0] == among.time[r] &&
             alone.path_length[0] == among.path_length[r] && alone.energy_drop[0] == among.energy_drop[r] &&
             alone.rate[0] == among.rate[r];
    };
    for (std::size_t k = 0; k < 3; ++k) CHECK(same_row(one.settled[k], first.settled[k]));
    for (std::size_t k = 0; k < 5; ++k) CHECK(same_row(one.snapshots[k], first.snapshots[k]));
  }
}

TEST_CASE("moments: no rows have none") {
  const auto none = gradient_flow(Bowl<float>{0.5F}, Tensor<float>::zeros({0, 4}), 0.5F, watched);
  REQUIRE(none.settled.size() == 3);
  REQUIRE(none.snapshots.size() == 5);
  CHECK(none.settled[0].y.shape() == Shape{0, 4});
  CHECK(none.snapshots[4].time.empty());
}
