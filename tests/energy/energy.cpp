#include "neb/energy/energy.hpp"

#include <doctest/doctest.h>

#include "neb/core/random.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/convex_energy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;
using neb::test::same_bits;

namespace {

/// Whether phi and its gradient have the same bits for samples alone and among others, at any place.
template <class T, class Phi>
bool knows_no_neighbours(const Phi& phi, const Shape& sample) {
  const Tensor<T> y =
      random_uniform<T>(sample.rank() == 1 ? Shape{37, sample[0]} : Shape{37, sample[0], sample[1], sample[2]}, Key(3));
  const auto all = energy_and_gradient(phi, Var<T>::constant(y));
  bool same = true;
  for (const auto& [first, last] : {std::pair<Index, Index>{0, 1}, {36, 37}, {5, 7}, {5, 8}, {11, 24}, {1, 37}}) {
    const auto some = energy_and_gradient(phi, Var<T>::constant(y.rows(first, last)));
    same = same && same_bits(some.energy.value(), all.energy.value().rows(first, last)) &&
           same_bits(some.gradient.value(), all.gradient.value().rows(first, last));
  }
  return same;
}

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

TEST_CASE_TEMPLATE("energy: a sample has the same bits alone and at any place of any batch", T, float, double) {
  const Key key(5);
  const auto conv = [&](const ConvEnergyOptions& options) {
    return knows_no_neighbours<T>(ConvEnergy<T>(options, key), options.image);
  };
  CHECK(conv({.image = {12, 12, 1}, .channels = {16, 32, 32}, .bottleneck = 10, .quadratic = 5.5}));
  CHECK(conv({.image = {28, 28, 1}, .channels = {32, 64, 128}, .kernel = 7, .stride = {2}, .padding = 3}));
  CHECK(conv({.image = {28, 28, 1}, .channels = {16, 32, 64, 64}, .stride = {1, 2, 2, 2}, .padding = 1}));
  CHECK(conv({.image = {9, 8, 3}, .channels = {16, 80}, .kernel = 5, .stride = {1, 2}, .padding = 2, .readout = {10}}));
  CHECK(conv({.image = {8, 8, 1}, .channels = {128, 256}, .padding = 1}));  // more filters than stay near a core
  CHECK(conv({.image = {6, 6, 2}, .channels = {5, 7}, .kernel = 1}));
  CHECK(knows_no_neighbours<T>(MlpEnergy<T>({.widths = {50, 33, 300}, .quadratic = 2}, key), {50}));
  CHECK(knows_no_neighbours<T>(ConvexEnergy<T>({.image = {12, 12, 1}, .channels = {16, 32}}, key), {12, 12, 1}));
  CHECK(knows_no_neighbours<T>(KdeEnergy<T>(random_uniform<T>({100, 50}, key), 0.5), {50}));
}
