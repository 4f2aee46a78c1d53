#include "neb/optim/sgd.hpp"

#include <doctest/doctest.h>

#include "neb/autodiff/grad.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;

namespace {

/// theta after `steps` steps on the quadratic curvature theta^2 / 2 from theta = 3.
double descended(SgdOptions options, double curvature, int steps) {
  Var<double> theta(Tensor<double>({1}, {3.0}));
  Sgd<double> sgd({&theta}, options);
  for (int k = 0; k < steps; ++k) sgd.step(grad(sum(square(theta)) * (curvature / 2), sgd.parameters()));
  return theta.item();
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

TEST_CASE("sgd: the learning rate can change between steps") {
  Var<double> theta(Tensor<double>({1}, {1.0}));
  Sgd<double> sgd({&theta}, {.learning_rate = 0.5});
  const Var<double> one(Tensor<double>({1}, {1.0}));
  sgd.step({one});
  sgd.set_learning_rate(0.25);
  sgd.step({one});
  CHECK(theta.item() == 0.25);
}

TEST_CASE("sgd: gradients that do not match are refused") {
  Var<double> theta(Tensor<double>({1}, {1.0}));
  Sgd<double> sgd({&theta});
  CHECK(message_of<ShapeError>([&] { sgd.step({}); }) == "Sgd: expects 1 gradients, got 0");
  CHECK(message_of<ShapeError>([&] {
          sgd.step({Var<double>(Tensor<double>({2}, {1.0, 2.0}))});
        }) == "Sgd: gradient 0 has another shape than its parameter   [parameter: (1,), gradient: (2,)]");
  CHECK(theta.item() == 1);
}
