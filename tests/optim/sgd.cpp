#include "neb/optim/sgd.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/grad.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "nn/support.hpp"
#include "optim/leaves.hpp"

using namespace neb;
using neb::test::Leaves;
using neb::test::message_of;

namespace {

/// theta after `steps` steps on the quadratic curvature theta^2 / 2 from theta = 3.
double descended(SgdOptions options, double curvature, int steps) {
  Leaves<double> theta{{Var<double>(Tensor<double>({1}, {3.0}))}};
  Sgd<double> sgd(options);
  for (int k = 0; k < steps; ++k) sgd.step(theta, grad(sum(square(theta.list[0])) * (curvature / 2), theta));
  return theta.list[0].item();
}

}  // namespace

TEST_CASE("sgd: without momentum a quadratic shrinks by 1 - rate * curvature a step") {
  CHECK(descended({.learning_rate = 0.1}, 2, 10) == doctest::Approx(3 * std::pow(0.8, 10)).epsilon(1e-13));
}

TEST_CASE("sgd: heavy-ball momentum follows its closed form at critical damping") {
  // With rate * curvature = (1 - r)^2 and momentum r^2 both roots are r: theta_k = theta_0 (1 + k (1 - r)) r^k.
  constexpr double r = 0.9, curvature = 4;
  const SgdOptions options{.learning_rate = (1 - r) * (1 - r) / curvature, .momentum = r * r};
  for (const int k : {1, 2, 3, 20, 50})
    CHECK(descended(options, curvature, k) == doctest::Approx(3 * (1 + k * (1 - r)) * std::pow(r, k)).epsilon(1e-10));
}

TEST_CASE("sgd: the learning rate can change between steps, and the module can move") {
  Leaves<double> theta{{Var<double>(Tensor<double>({1}, {1.0}))}};
  Sgd<double> sgd({.learning_rate = 0.5, .momentum = 0.5});
  const Var<double> one(Tensor<double>({1}, {1.0}));
  sgd.step(theta, {one});  // velocity 1
  sgd.set_learning_rate(0.25);
  Leaves<double> moved = std::move(theta);
  sgd.step(moved, {one});  // velocity 1.5
  CHECK(moved.list[0].item() == 0.125);
}

TEST_CASE("sgd: gradients and velocities that do not match are refused") {
  Leaves<double> theta{{Var<double>(Tensor<double>({1}, {1.0}))}};
  Leaves<double> wide{{Var<double>(Tensor<double>({2}, {1.0, 2.0}))}};
  Sgd<double> sgd;
  CHECK(message_of<ShapeError>([&] { sgd.step(theta, {}); }) == "Sgd: expects 1 gradients, got 0");
  CHECK(message_of<ShapeError>([&] { sgd.step(theta, wide.list); }) ==
        "Sgd: gradient 0 has another shape than its parameter   [parameter: (1,), gradient: (2,)]");
  CHECK(theta.list[0].item() == 1);
  sgd.step(wide, wide.list);
  CHECK(message_of<ShapeError>([&] { sgd.step(theta, theta.list); }) ==
        "Sgd: the velocity of parameter 0 has another shape   [parameter: (1,), velocity: (2,)]");
  CHECK(theta.list[0].item() == 1);
}
