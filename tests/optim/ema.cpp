#include "neb/optim/ema.hpp"

#include <doctest/doctest.h>

#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::same_bits;

namespace {

Var<double> leaf(double value) { return Var<double>(Tensor<double>({2}, {value, -value})); }

}  // namespace

TEST_CASE("ema: averages are those of a plain loop, with min(decay, (1 + t) / (10 + t)) at step t") {
  Var<double> theta = leaf(1);
  Ema<double> ema({&theta}, 0.5);
  double expected = 1;
  for (int t = 1; t <= 20; ++t) {
    theta = leaf(std::sin(t));
    ema.update();
    const double decay = std::min(0.5, (1.0 + t) / (10.0 + t));
    expected = decay * expected + (1 - decay) * std::sin(t);
    CHECK(ema.averages()[0](0) == doctest::Approx(expected).epsilon(1e-13));
    CHECK(ema.averages()[0](1) == doctest::Approx(-expected).epsilon(1e-13));
  }
  CHECK(ema.steps() == 20);
  CHECK(theta.value()(0) == std::sin(20));  // the parameters themselves stay
}

TEST_CASE("ema: the first updates forget the initial weights") {
  Var<double> theta = leaf(1000);
  Ema<double> ema({&theta}, 0.999);
  theta = leaf(1);
  for (int t = 0; t < 20; ++t) ema.update();
  CHECK(ema.averages()[0](0) < 1.01);
}

TEST_CASE("ema: restored averages go on with the same bits, and are copied into another module") {
  Var<double> theta = leaf(1), other = leaf(1), target = leaf(0);
  Ema<double> whole({&theta}, 0.9), resumed({&other}, 0.9);
  const auto move = [&](int t) { theta = other = leaf(1.0 / t); };
  for (int t = 1; t < 5; ++t) {
    move(t);
    whole.update();
  }
  resumed.restore(whole.averages(), whole.steps());
  for (int t = 5; t < 9; ++t) {
    move(t);
    whole.update();
    resumed.update();
  }
  CHECK(same_bits(whole.averages()[0], resumed.averages()[0]));
  resumed.copy_to({&target});
  CHECK(same_bits(target.value(), whole.averages()[0]));
  CHECK(target.tracked());
}

TEST_CASE("ema: averages and targets of other shapes are refused") {
  Var<double> theta = leaf(1), scalar(Tensor<double>::scalar(0));
  Ema<double> ema({&theta});
  CHECK(message_of<ShapeError>([&] { ema.restore({}, 1); }) == "Ema: the averages belong to other parameters");
  CHECK(message_of<ShapeError>([&] { ema.restore({scalar.value()}, 1); }) ==
        "Ema: the averages belong to other parameters");
  CHECK(message_of<ShapeError>([&] { ema.copy_to({&scalar}); }) ==
        "Ema: the target parameters have other shapes than the averaged ones");
  CHECK(scalar.item() == 0);
  CHECK(ema.steps() == 0);
}
