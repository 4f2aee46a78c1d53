#include "neb/energy/energy.hpp"

#include <doctest/doctest.h>

#include "neb/core/random.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;

namespace {

const auto cubic = [](const Var<double>& y) { return sum(y * y * y, 1); };
const Tensor<double> points = random_normal<double>({4, 3}, Key(1));

}  // namespace

TEST_CASE("energy: the gradient of every row is its own") {
  const auto [energy, gradient] = energy_and_gradient(cubic, Var<double>::constant(points));
  Tensor<double> expected(points.shape());
  for (Index i = 0; i < points.size(); ++i) expected.mutable_data()[i] = 3 * points.data()[i] * points.data()[i];
  CHECK(relative_difference(gradient.value(), expected) < 1e-14);
  CHECK(energy.value()(2) ==
        doctest::Approx(std::pow(points(2, 0), 3) + std::pow(points(2, 1), 3) + std::pow(points(2, 2), 3)));
}

TEST_CASE("energy: nothing is recorded unless create_graph asks for it") {
  const Var<double> y(points);
  const auto values = energy_and_gradient(cubic, y);
  CHECK_FALSE(values.energy.tracked());
  CHECK_FALSE(values.gradient.tracked());
  const auto recorded = energy_and_gradient(cubic, y, {.create_graph = true});
  CHECK(recorded.energy.tracked());
  // The gradient of sum(3 y^2) is 6 y: it reaches the variable that was passed in.
  const Var<double> second = grad(sum(recorded.gradient), y);
  for (Index i = 0; i < points.size(); ++i) CHECK(second.value().data()[i] == doctest::Approx(6 * points.data()[i]));
}

TEST_CASE("energy: what is not one energy per row is refused with both shapes") {
  const Var<double> y(points);
  const auto total = [](const Var<double>& v) { return sum(v); };
  const auto column = [](const Var<double>& v) { return reshape(sum(v, 1), {v.shape()[0], 1}); };
  CHECK(message_of<ShapeError>([&] { energies(total, y); }) ==
        "energy: phi gives one energy per row, of shape (4,)   [y: (4, 3), phi(y): ()]");
  CHECK(message_of<ShapeError>([&] { energy_and_gradient(column, y); }) ==
        "energy: phi gives one energy per row, of shape (4,)   [y: (4, 3), phi(y): (4, 1)]");
  CHECK(message_of<ShapeError>([&] { energies(total, Var<double>(Tensor<double>::scalar(1))); }) ==
        "energy: y is a batch (N, ...)   [y: ()]");
  CHECK(energies(cubic, y).shape() == Shape{4});
}
