#include "neb/flow/gradient_flow.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "kernels/support.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;
using neb::test::same_bits;

namespace {

/// phi = sum of curvature_p y_p^2 / 2.
template <Scalar T>
struct Quadratic {
  Tensor<T> curvature;
  Var<T> operator()(const Var<T>& y) const { return sum(Var<T>::constant(curvature) * square(y), 1) / T(2); }
};

double distance(const Tensor<double>& a, const Tensor<double>& b) {
  double sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += std::pow(a.data()[i] - b.data()[i], 2);
  return std::sqrt(sum);
}

template <class Phi>
double energy_at(const Phi& phi, const Tensor<double>& y) {
  return phi(Var<double>::constant(y)).value().data()[0];
}

}  // namespace

TEST_CASE("gradient flow: to one sample it is a straight line with e-folding time s^2") {
  constexpr double s = 0.3;
  const Tensor<double> x({1, 2}, {0.2, -0.4}), y0({1, 2}, {1.4, 0.5});
  const auto flow =
      gradient_flow(KdeEnergy<double>(x, s), y0, s, {.tolerance = 1e-7, .step_tolerance = 1e-9, .max_steps = 100000});
  const double length = distance(y0, x);  // 1.5
  REQUIRE(flow.end[0] == FlowEnd::minimum);
  CHECK(distance(flow.y, x) < 2e-7);
  CHECK(flow.path_length[0] == doctest::Approx(length).epsilon(1e-6));
  CHECK(flow.energy_drop[0] == doctest::Approx(length * length / (2 * s * s)).epsilon(1e-6));
  // The residual is the distance along the longest axis, 1.2 at the start, and shrinks by e in each time s^2.
  CHECK(flow.residual[0] < 1e-7);
  CHECK(s * s * flow.time[0] == doctest::Approx(s * s * std::log(1.2 / flow.residual[0])).epsilon(1e-3));
  // A straight line: what is left points the way the start did.
  CHECK((flow.y(0, 0) - x(0, 0)) * 0.9 == doctest::Approx((flow.y(0, 1) - x(0, 1)) * 1.2).epsilon(1e-3));
}

TEST_CASE("gradient flow: a point at rest is probed by 48 gradients, and one that settles by none") {
  Index gradients = 0;
  const auto phi = [&](const Var<double>& y) {
    gradients += y.tracked() ? 1 : 0;
    return sum(square(y), 1) / 2.0;
  };
  const auto cost = [&](FlowUntil until) {
    gradients = 0;
    gradient_flow(phi, Tensor<double>::zeros({1, 3}), 1, {.until = until});
    return gradients;
  };
  CHECK(cost(FlowUntil::minimum) == cost(FlowUntil::settled) + 48);
}

TEST_CASE("gradient flow: the stop rule is s^2 |grad phi|_inf below the tolerance, in data units") {
  constexpr double s = 0.3;
  const Tensor<double> x({1, 2}, {0.0, 0.0}), y0({1, 2}, {1.0, 0.5});
  const KdeEnergy<double> phi(x, s);
  for (const double tolerance : {0.1, 1e-3}) {
    const auto flow = gradient_flow(phi, y0, s, {.tolerance = tolerance, .step_tolerance = 1e-8});
    CHECK(flow.end[0] == FlowEnd::minimum);
    const double left = std::max(std::abs(flow.y(0, 0)), std::abs(flow.y(0, 1)));
    CHECK(flow.residual[0] == doctest::Approx(left).epsilon(1e-6));
    CHECK(left < tolerance);
    CHECK(left > 0.1 * tolerance);
  }
  const auto at_rest = gradient_flow(phi, Tensor<double>({1, 2}, {1e-4, 0.0}), s, {.tolerance = 1e-3});
  CHECK(at_rest.end[0] == FlowEnd::minimum);
  CHECK(at_rest.time[0] == 0);
  CHECK(at_rest.path_length[0] == 0);
}

TEST_CASE(
    "gradient flow: on an anisotropic parabola time, path and energy are those of a fine fixed-step integration") {
  const Quadratic<double> phi{Tensor<double>({2}, {1.0, 20.0})};
  const Tensor<double> y0({1, 2}, {1.0, 1.0});
  const auto flow = gradient_flow(phi, y0, 1, {.tolerance = 0.05, .step_tolerance = 1e-7});
  REQUIRE(flow.end[0] == FlowEnd::minimum);

  // y(t) = (exp(-t), exp(-20 t)), walked to the time at which the flow stopped.
  constexpr int steps = 200000;
  double length = 0, a = 1, b = 1;
  for (int k = 1; k <= steps; ++k) {
    const double t = flow.time[0] * k / steps;
    length += std::hypot(std::exp(-t) - a, std::exp(-20 * t) - b);
    a = std::exp(-t);
    b = std::exp(-20 * t);
  }
  CHECK(flow.y(0, 0) == doctest::Approx(a).epsilon(1e-4));
  CHECK(std::abs(flow.y(0, 1)) < 1e-4);
  CHECK(flow.path_length[0] == doctest::Approx(length).epsilon(1e-3));
  CHECK(flow.energy_drop[0] == doctest::Approx(10.5 - a * a / 2).epsilon(1e-4));
}

TEST_CASE("gradient flow: among two samples it goes to the near one's mode, and from between them to neither") {
  constexpr double s = 0.4;
  const KdeEnergy<double> phi(Tensor<double>({2, 1}, {-1.0, 1.0}), s);
  // A mode solves y = tanh(y / s^2).
  double mode = 1;
  for (int k = 0; k < 100; ++k) mode = std::tanh(mode / (s * s));
  const auto flow = gradient_flow(phi, Tensor<double>({4, 1}, {-0.1, 0.1, 3.0, 0.0}), s, {.tolerance = 1e-8});
  CHECK(flow.count(FlowEnd::minimum) == 3);
  CHECK(flow.y(0, 0) == doctest::Approx(-mode).epsilon(1e-7));
  CHECK(flow.y(1, 0) == doctest::Approx(mode).epsilon(1e-7));
  CHECK(flow.y(2, 0) == doctest::Approx(mode).epsilon(1e-7));
  // A maximum is at rest: a small gradient alone does not make a memory.
  CHECK(flow.end[3] == FlowEnd::saddle);
  CHECK(flow.y(3, 0) == 0);
  CHECK(flow.path_length[3] == 0);
}

TEST_CASE("gradient flow: what it falls to along a ridge is a saddle, and a valley without a slope is not") {
  constexpr Index d = 400;
  // sum of c_p y_p^2 / 2, with curvatures from `lowest`, once, to 1.6.
  const auto bowl = [&](float lowest) {
    Tensor<float> c({d});
    for (Index p = 0; p < d; ++p) c.mutable_data()[p] = p == 7 ? lowest : 0.1f + 1.5f * static_cast<float>(p) / d;
    return [half = Var<float>::constant(c)](const Var<float>& y) { return sum(0.5f * half * square(y), 1); };
  };
  Tensor<float> y0 = random_normal<float>({3, d}, Key(4));
  for (Index row = 0; row < 3; ++row) y0.mutable_data()[row * d + 7] = 0;  // on the ridge, to the bit
  for (const float lowest : {-0.1f, -0.5f, -3.0f})
    CHECK(gradient_flow(bowl(lowest), y0, 1.0f, {.step_tolerance = 1e-2}).count(FlowEnd::saddle) == 3);
  for (const float lowest : {0.0f, 0.02f})
    CHECK(gradient_flow(bowl(lowest), y0, 1.0f, {.step_tolerance = 1e-2}).count(FlowEnd::minimum) == 3);
}

TEST_CASE("gradient flow: the energy falls with every step, and the drop adds up") {
  MlpEnergy<double> phi({.widths = {2, 24}}, Key(1));
  for (auto& layer : phi.network.layers)
    layer.weight = Var<double>(random_normal<double>(layer.weight.shape(), Key(4)));
  const auto total = [&](const Var<double>& y) { return 5 * phi(y) + sum(square(square(y)), 1); };
  const Tensor<double> y0 = random_uniform<double>({1, 2}, Key(2), -2.0, 2.0);
  double last = energy_at(total, y0), time = 0, length = 0;
  Flow<double> flow;
  for (Index steps = 1; steps <= 400; ++steps) {
    flow = gradient_flow(total, y0, 0.5, {.max_steps = steps});
    const double energy = energy_at(total, flow.y);
    CHECK(energy <= last);
    CHECK(flow.energy_drop[0] >= 0);
    CHECK(flow.energy_drop[0] == doctest::Approx(energy_at(total, y0) - energy).epsilon(1e-12));
    CHECK(flow.time[0] >= time);
    CHECK(flow.path_length[0] >= length);
    last = energy;
    time = flow.time[0];
    length = flow.path_length[0];
    if (flow.end[0] == FlowEnd::minimum) break;
    CHECK(flow.end[0] == FlowEnd::unfinished);
  }
  CHECK(flow.end[0] == FlowEnd::minimum);
  CHECK(flow.path_length[0] >= distance(flow.y, y0) - 1e-12);
}

TEST_CASE("gradient flow: a step that is accurate and goes uphill is not taken") {
  // The first step, of h = 0.1, multiplies y by 1 - z + z^2 / 2 - z^3 / 6 = -1.76 at z = 2.9, with an error of 0.97.
  const Quadratic<double> phi{Tensor<double>({1}, {29.0})};
  const auto attempts = [&](Index count) {
    return gradient_flow(phi, Tensor<double>::ones({1, 1}), 1, {.step_tolerance = 1, .max_steps = count});
  };
  const auto refused = attempts(1);
  CHECK(refused.y(0, 0) == 1);
  CHECK(refused.time[0] == 0);
  CHECK(refused.energy_drop[0] == 0);
  const auto halved = attempts(2);
  CHECK(halved.time[0] == doctest::Approx(0.05));
  CHECK(halved.y(0, 0) == doctest::Approx(1 - 1.45 + 1.45 * 1.45 / 2 - std::pow(1.45, 3) / 6));
}

TEST_CASE("gradient flow: where energies are rounded, the work along all directions says what is uphill") {
  // The same step: up by 2.1 y^2 along the steep direction, down by far less along the flat one. Energies are multiples of 1/16.
  const Quadratic<float> bowl{Tensor<float>({2}, {29, 1})};
  const auto phi = [&](const Var<float>& y) { return bowl(y) + 1e6F; };
  const auto flow =
      gradient_flow(phi, Tensor<float>({1, 2}, {0.05F, 0.005F}), 1, {.step_tolerance = 1, .max_steps = 1});
  CHECK(flow.time[0] == 0);
  const auto gentle = gradient_flow(phi, Tensor<float>({1, 2}, {0, 0.05F}), 1, {.step_tolerance = 1, .max_steps = 1});
  CHECK(gentle.time[0] == doctest::Approx(0.1));
}

TEST_CASE("gradient flow: what leaves the data for good is escaped, never a minimum") {
  const auto hill = [](const Var<double>& y) { return sum(square(y), 1) * -0.5; };
  const Tensor<double> y0({2, 2}, {0.1, 0.0, 0.0, -0.2});
  const auto flow = gradient_flow(hill, y0, 0.5);
  CHECK(flow.count(FlowEnd::escaped) == 2);
  CHECK(flow.count(FlowEnd::minimum) == 0);
  CHECK(flow.y(0, 0) > 10);
  CHECK(flow.y(1, 1) < -10);
  // y grows as exp(s^2 t), and stops in the first step beyond the bound.
  CHECK(flow.time[0] == doctest::Approx(std::log(flow.y(0, 0) / 0.1) / 0.25).epsilon(1e-2));
}

TEST_CASE("gradient flow: a start beyond the bound has room to twice its largest pixel") {
  const auto bowl = [](const Var<double>& y) { return sum(square(y), 1) * 2.0; };
  const auto hill = [](const Var<double>& y) { return sum(square(y), 1) * -2.0; };
  const Tensor<double> far({2, 2}, {1e3, 5.0, -20.0, 0.0});
  const auto down = gradient_flow(bowl, far, 0.5);
  CHECK(down.count(FlowEnd::minimum) == 2);
  for (const double left : down.y.span()) CHECK(std::abs(left) < 1e-3);
  const auto up = gradient_flow(hill, far, 0.5);
  CHECK(up.count(FlowEnd::escaped) == 2);
  CHECK(up.y(0, 0) > 2e3);
  CHECK(up.y(1, 0) < -40);
  CHECK(up.time[0] == doctest::Approx(std::log(up.y(0, 0) / 1e3)).epsilon(1e-2));
  // Near the data the bound decides, however small the start.
  for (const double bound : {0.5, 3.0}) {
    const auto near = gradient_flow(hill, Tensor<double>({1, 2}, {0.1, 0.0}), 0.5, {.bound = bound});
    CHECK(near.end[0] == FlowEnd::escaped);
    CHECK(near.y(0, 0) > bound);
    CHECK(near.y(0, 0) < 3 * bound);
  }
  const Tensor<double> nowhere({2, 1}, {std::nan(""), HUGE_VAL});
  CHECK(gradient_flow(bowl, nowhere, 0.5).count(FlowEnd::escaped) == 2);
}

TEST_CASE("gradient flow: a linear energy, whose steps grow without end, escapes") {
  const auto slope = [](const Var<float>& y) { return sum(y, 1) * 1e-2F; };
  const auto flow = gradient_flow(slope, Tensor<float>({1, 2}, {0.5F, 0.5F}), 1, {.tolerance = 1e-6});
  CHECK(flow.end[0] == FlowEnd::escaped);
}

TEST_CASE("gradient flow: an energy that is not a number is escaped, with no drop") {
  const auto broken = [](const Var<double>& y) { return sum(square(y), 1) * std::nan(""); };
  const Tensor<double> y0({1, 2}, {1.0, 2.0});
  const auto flow = gradient_flow(broken, y0, 0.5);
  CHECK(flow.end[0] == FlowEnd::escaped);
  CHECK(same_bits(flow.y, y0));
  CHECK(flow.energy_drop[0] == 0);

  // Defined for y > 0 only: steps beyond it are shortened, and the others go on.
  const auto half = [](const Var<double>& y) { return sum(y - log(y), 1); };
  const auto rest =
      gradient_flow(half, Tensor<double>({3, 1}, {1e-4, -1.0, 5.0}), 10, {.tolerance = 1e-4, .step_tolerance = 1});
  CHECK(rest.end == std::vector<FlowEnd>{FlowEnd::minimum, FlowEnd::escaped, FlowEnd::minimum});
  CHECK(rest.y(0, 0) == doctest::Approx(1).epsilon(1e-5));
  CHECK(rest.y(2, 0) == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("gradient flow: max_steps ends a flow as unfinished") {
  const Quadratic<double> phi{Tensor<double>({1}, {1.0})};
  const auto flow = gradient_flow(phi, Tensor<double>({1, 1}, {1.0}), 1, {.max_steps = 3});
  CHECK(flow.end[0] == FlowEnd::unfinished);
  CHECK(flow.count(FlowEnd::unfinished) == 1);
  CHECK(flow.time[0] > 0);
  CHECK(flow.residual[0] == doctest::Approx(flow.y(0, 0)));
  CHECK(flow.y(0, 0) == doctest::Approx(std::exp(-flow.time[0])).epsilon(1e-2));
}

TEST_CASE("gradient flow: a row does not depend on the others") {
  const Quadratic<double> phi{Tensor<double>({3}, {1.0, 3.0, 10.0})};
  const Tensor<double> y0 = random_normal<double>({9, 3}, Key(1));
  const auto all = gradient_flow(phi, y0, 0.7);
  CHECK(all.count(FlowEnd::minimum) == 9);
  for (Index row = 0; row < 9; ++row) {
    const auto one = gradient_flow(phi, y0.rows(row, row + 1), 0.7);
    const auto r = static_cast<std::size_t>(row);
    CHECK(same_bits(one.y, all.y.rows(row, row + 1)));
    CHECK(one.time[0] == all.time[r]);
    CHECK(one.path_length[0] == all.path_length[r]);
    CHECK(one.energy_drop[0] == all.energy_drop[r]);
    CHECK(one.residual[0] == all.residual[r]);
  }
}

TEST_CASE("gradient flow: a row of a network's energy has the same bits alone and among others") {
  const ConvEnergy<float> phi({.image = {10, 10, 1}, .channels = {16, 32}, .quadratic = 5.5}, Key(1));
  const Tensor<float> y0 = random_uniform<float>({7, 10, 10, 1}, Key(2));
  const auto all = gradient_flow(phi, y0, 0.3F);
  for (const Index row : {0, 3, 6}) {
    const auto one = gradient_flow(phi, y0.rows(row, row + 1), 0.3F);
    const auto r = static_cast<std::size_t>(row);
    CHECK(same_bits(one.y, all.y.rows(row, row + 1)));
    CHECK(one.time[0] == all.time[r]);
    CHECK(one.end[0] == all.end[r]);
  }
}

TEST_CASE("gradient flow: the number of threads does not change a bit") {
  MlpEnergy<float> phi({.widths = {20, 64}}, Key(1));
  const auto bowl = [&](const Var<float>& y) { return phi(y) + sum(square(y), 1); };
  const Tensor<float> y0 = random_normal<float>({50, 20}, Key(2));
  const auto flow = [&](int threads) {
    const test::WithThreads scope(threads);
    return gradient_flow(bowl, y0, 0.5F);
  };
  const auto first = flow(1);
  for (const int threads : {2, 3, 4}) {
    const auto other = flow(threads);
    CHECK(same_bits(other.y, first.y));
    CHECK(other.path_length == first.path_length);
    CHECK(other.end == first.end);
  }
}

TEST_CASE("gradient flow: float reaches the tolerance although energies are rounded") {
  // Beside 1e4 a float resolves 1e-3; the last steps change the energy by less.
  const auto phi = [](const Var<float>& y) { return sum(square(y), 1) / 2.0F + 1e4F; };
  const Tensor<float> y0 = random_normal<float>({20, 3}, Key(1));
  const auto flow = gradient_flow(phi, y0, 1, {.tolerance = 1e-5});
  CHECK(flow.count(FlowEnd::minimum) == 20);
  for (const double residual : flow.residual) CHECK(residual < 1e-5);
  for (const double drop : flow.energy_drop) CHECK(drop >= 0);
  // Nor must the rounding of 1e4 let a hill be climbed at leisure.
  for (std::size_t row = 0; row < 20; ++row) CHECK(flow.path_length[row] < 10);
}

TEST_CASE("gradient flow: progress counts the flows that have ended, and changes no bit") {
  const Quadratic<double> phi{Tensor<double>({1}, {1.0})};
  const Tensor<double> y0({3, 1}, {1e-6, 1.0, 5.0});
  const auto flow = gradient_flow(phi, y0, 1);
  test::ProgressRecord record;
  const auto watched = gradient_flow(phi, y0, 1, {}, record.until());
  CHECK(same_bits(watched.y, flow.y));
  CHECK(watched.time == flow.time);
  CHECK(flow.count(FlowEnd::minimum) == 3);
  CHECK(record.complete());
  CHECK(record.told.front().count == 1);
  CHECK(record.told.front().done == doctest::Approx(1.0 / 3));
  CHECK(record.told.back().count == 3);
}

TEST_CASE("gradient flow: stopped by progress, the flows that still moved are unfinished where they are") {
  const Quadratic<double> phi{Tensor<double>({1}, {1.0})};
  const Tensor<double> y0({3, 1}, {1e-6, 1.0, 5.0});
  test::ProgressRecord record;
  const auto stopped = gradient_flow(phi, y0, 1, {}, record.until(3));
  CHECK(record.told.size() == 3);
  CHECK(stopped.end == std::vector<FlowEnd>{FlowEnd::minimum, FlowEnd::unfinished, FlowEnd::unfinished});
  const auto short_of = gradient_flow(phi, y0, 1, {.max_steps = 3});
  CHECK(same_bits(stopped.y, short_of.y));
  CHECK(stopped.time == short_of.time);
  CHECK(stopped.residual == short_of.residual);
  CHECK(stopped.energy_drop == short_of.energy_drop);
}

TEST_CASE("gradient flow: images keep their shape, no rows are no work") {
  const KdeEnergy<float> phi(random_uniform<float>({3, 2, 2, 1}, Key(1)), 0.5F);
  CHECK(gradient_flow(phi, random_uniform<float>({4, 2, 2, 1}, Key(2)), 0.5F).y.shape() == Shape{4, 2, 2, 1});
  const auto none = gradient_flow(phi, Tensor<float>::zeros({0, 2, 2, 1}), 0.5F);
  CHECK(none.end.empty());
  CHECK(none.y.shape() == Shape{0, 2, 2, 1});
}

TEST_CASE("gradient flow: settings and starts out of range are refused") {
  const Quadratic<double> phi{Tensor<double>({1}, {1.0})};
  const auto error = [&](FlowOptions options, double sigma = 1) {
    return message_of<ValueError>([&] { gradient_flow(phi, Tensor<double>::ones({1, 1}), sigma, options); });
  };
  const std::string positive = "gradient_flow: tolerance, step_tolerance, bound, time and max_steps are positive";
  CHECK(error({.tolerance = 0}) == positive);
  CHECK(error({.step_tolerance = -1}) == positive);
  CHECK(error({.bound = std::nan("")}) == positive);
  CHECK(error({.max_steps = 0}) == positive);
  CHECK(error({.time = 0}) == positive);
  CHECK(error({}, 0).find("gradient_flow: sigma is a positive noise level") == 0);
  CHECK(message_of<ShapeError>([&] { gradient_flow(phi, Tensor<double>::scalar(1), 1); }) ==
        "gradient_flow: expects a batch (N, ...)   [y0: ()]");
  CHECK(error({.settled_below = {0.3, 0}}) ==
        "gradient_flow: settled_below are rates above 0, in nats per sigma^2 of time, got 0.000000");
  CHECK(error({.until = FlowUntil::settled, .settled_below = {}}) ==
        "gradient_flow: until settled needs a rate in settled_below");
  CHECK(error({.until = FlowUntil::moved}) == "gradient_flow: until moved needs moved_by, a chi above 0, got 0.000000");
  CHECK(error({.snapshots = {-1}}) ==
        "gradient_flow: snapshots are times from 0 that rise, in units of sigma^2, got -1.000000");
  for (const double wrong : {-0.5, HUGE_VAL, std::nan("")})
    CHECK(error({.snapshots = {wrong}}).find("gradient_flow: snapshots are times from 0 that rise") == 0);
  const std::string falls =
      "gradient_flow: snapshots are times from 0 that rise, in units of sigma^2, got 3.000000 after 3.000000";
  CHECK(error({.snapshots = {0, 3, 3}}) == falls);
  const auto total = [](const Var<double>& y) { return sum(y); };
  CHECK_THROWS_AS(gradient_flow(total, Tensor<double>::ones({2, 1}), 1), ShapeError);
}
