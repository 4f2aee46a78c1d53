#include "neb/optim/ema.hpp"

#include <doctest/doctest.h>

#include "nn/support.hpp"
#include "optim/leaves.hpp"

using namespace neb;
using neb::test::Leaves;
using neb::test::message_of;
using neb::test::same_parameters;

namespace {

Leaves<double> leaf(double value) { return {{Var<double>(Tensor<double>({2}, {value, -value}))}}; }

Tensor<double> value_of(const Leaves<double>& module) { return module.list[0].value(); }

}  // namespace

TEST_CASE("ema: averages are those of a plain loop, with min(decay, (1 + t) / (10 + t)) at step t") {
  Leaves<double> theta = leaf(1);
  Ema ema(theta, 0.5);
  double expected = 1;
  for (int t = 1; t <= 20; ++t) {
    theta = leaf(std::sin(t));
    ema.update(theta);
    const double decay = std::min(0.5, (1.0 + t) / (10.0 + t));
    expected = decay * expected + (1 - decay) * std::sin(t);
    CHECK(value_of(ema.averaged(theta))(0) == doctest::Approx(expected).epsilon(1e-13));
    CHECK(value_of(ema.averaged(theta))(1) == doctest::Approx(-expected).epsilon(1e-13));
  }
  CHECK(ema.steps() == 20);
  CHECK(value_of(theta)(0) == std::sin(20));  // the parameters themselves stay
  CHECK(ema.averaged(theta).list[0].tracked());
}

TEST_CASE("ema: the first updates forget the initial weights") {
  Ema ema(leaf(1000), 0.999);
  for (int t = 0; t < 20; ++t) ema.update(leaf(1));
  CHECK(value_of(ema.averaged(leaf(0)))(0) < 1.01);
}

TEST_CASE("ema: one that starts from an average and its updates goes on with the same bits") {
  Ema whole(leaf(1), 0.9);
  for (int t = 1; t < 5; ++t) whole.update(leaf(1.0 / t));
  const Leaves<double> saved = whole.averaged(leaf(0));
  Ema resumed(saved, 0.9, whole.steps());
  for (int t = 5; t < 9; ++t) {
    whole.update(leaf(1.0 / t));
    resumed.update(leaf(1.0 / t));
  }
  CHECK(same_parameters(whole.averaged(leaf(0)), resumed.averaged(leaf(0))));
  CHECK_FALSE(same_parameters(whole.averaged(leaf(0)), saved));
  CHECK(resumed.steps() == 8);
}

TEST_CASE("ema: at decay 0 the average is the module as it is") {
  Ema ema(leaf(1), 0);
  ema.update(leaf(2));
  CHECK(same_parameters(ema.averaged(leaf(3)), leaf(3)));
}

TEST_CASE("ema: modules of other shapes are refused, and nothing changes") {
  const Leaves<double> theta = leaf(1), scalar{{Var<double>(Tensor<double>::scalar(0))}};
  Ema ema(theta);
  CHECK(message_of<ShapeError>([&] { ema.update(Leaves<double>()); }) ==
        "Ema: the state is that of 1 parameters, not 0");
  const std::string message = "Ema: the average of parameter 0 has another shape   [parameter: (), average: (2,)]";
  CHECK(message_of<ShapeError>([&] { ema.update(scalar); }) == message);
  CHECK(message_of<ShapeError>([&] { ema.averaged(scalar); }) == message);
  CHECK(ema.steps() == 0);
  CHECK(same_parameters(ema.averaged(theta), theta));
}
