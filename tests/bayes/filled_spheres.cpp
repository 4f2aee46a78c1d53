#include "neb/bayes/filled_spheres.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/support.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/energy/kde_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::same_bits;

namespace {

constexpr double s = 0.4;

/// The loss that filled batches are trained on.
template <class Phi>
double loss_of(const Phi& phi, const Tensor<double>& x, double fill, const Key& key) {
  const std::vector<double> radii = filled_radii(x.shape()[0], fill, key);
  const auto y = Var<double>::constant(smooth_inside(x, s, radii, key));
  return filled_loss(deen_errors(phi, Var<double>::constant(x), y, s), radii, 2).item();
}

/// 400 rows, each one of two points of 20 dimensions that are `distance` apart.
Tensor<double> rows_of_two(double distance) {
  Tensor<double> x = Tensor<double>::zeros({400, 20});
  for (Index row = 1; row < 400; row += 2) x.mutable_data()[row * 20] = distance;
  return x;
}

KdeEnergy<double> energy_of_two(double distance) { return {rows_of_two(distance).rows(0, 2), s}; }

}  // namespace

TEST_CASE("filled spheres: the share of rows is exact to one, and their radii are uniform in [0, 1)") {
  constexpr Index batch = 16, batches = 4000;
  double inside = 0, sum = 0, squares = 0;
  for (Index k = 0; k < batches; ++k) {
    Index here = 0;
    for (const double u : filled_radii(batch, 0.1, Key(1).at(static_cast<std::uint64_t>(k)))) {
      CHECK_MESSAGE((u >= 0 && u <= 1), u);
      if (u == 1) continue;
      ++here;
      sum += u;
      squares += u * u;
    }
    CHECK_MESSAGE((here == 1 || here == 2), here);  // 1.6 on average
    inside += static_cast<double>(here);
  }
  CHECK(inside / (batch * batches) == doctest::Approx(0.1).epsilon(0.02));
  CHECK(sum / inside == doctest::Approx(0.5).epsilon(0.03));
  CHECK(squares / inside == doctest::Approx(1.0 / 3).epsilon(0.03));
}

TEST_CASE("filled spheres: without a share all rows are on the shell, with at most a half one always is") {
  for (const double u : filled_radii(7, 0, Key(1))) CHECK(u == 1);
  for (std::uint64_t k = 0; k < 200; ++k) {
    const std::vector<double> radii = filled_radii(2, 0.5, Key(2).at(k));
    CHECK(radii[1] == 1);
  }
  CHECK(message_of<ValueError>([] { filled_radii(4, 0.6, Key(1)); }) ==
        "filled_radii: the share of filled rows is in [0, 0.5], got 0.600000");
  CHECK_THROWS_AS(filled_radii(4, std::nan(""), Key(1)), ValueError);
}

TEST_CASE("filled spheres: on the shell the noise is smooth()'s to the last bit, inside it is scaled") {
  const Tensor<float> x = random_uniform<float>({3, 5}, Key(3));
  const Tensor<float> y = smooth(x, 0.3F, Key(4));
  CHECK(same_bits(smooth_inside(x, 0.3F, {1, 1, 1}, Key(4)), y));
  const Tensor<float> inside = smooth_inside(x, 0.3F, {0, 0.5, 1}, Key(4));
  for (Index p = 0; p < 5; ++p) {
    CHECK(inside(0, p) == x(0, p));
    CHECK(inside(1, p) - x(1, p) == doctest::Approx((y(1, p) - x(1, p)) / 2).epsilon(1e-5));
    CHECK(inside(2, p) == y(2, p));
  }
  CHECK(message_of<ShapeError>([&] {
          smooth_inside(x, 0.3F, {1, 1}, Key(4));
        }) == "smooth_inside: expects one radius a row   [x: (3, 5), radii: 2]");
}

TEST_CASE("filled spheres: a share of the rows inside is veiled, uniformly up to 0.9, and none on the shell") {
  double inside = 0, some = 0, sum = 0;
  for (std::uint64_t k = 0; k < 4000; ++k) {
    const std::vector<double> radii = filled_radii(16, 0.25, Key(1).at(k)), strengths = veils(radii, 0.4, Key(1).at(k));
    for (std::size_t row = 0; row < radii.size(); ++row) {
      CHECK_MESSAGE((strengths[row] >= 0 && strengths[row] < 0.9), strengths[row]);
      if (radii[row] == 1) CHECK(strengths[row] == 0);
      inside += radii[row] < 1;
      some += strengths[row] > 0;
      sum += strengths[row];
    }
  }
  CHECK(some / inside == doctest::Approx(0.4).epsilon(0.03));
  CHECK(sum / some == doctest::Approx(0.45).epsilon(0.03));
  for (const double strength : veils({0.5, 0.1, 1}, 0, Key(1))) CHECK(strength == 0);
  CHECK(message_of<ValueError>([] { veils({0.5}, -1, Key(1)); }) ==
        "veils: the share of veiled samples is in [0, 1], got -1.000000");
}

TEST_CASE("filled spheres: a veil takes a row that far towards uniform noise, the same in any batch") {
  const Tensor<double> x = random_normal<double>({3, 5}, Key(1)), y = random_normal<double>({3, 5}, Key(2));
  const Tensor<double> none = veiled(y, x, {0, 0, 0}, Key(3));
  CHECK(same_bits(none, y));
  const Tensor<double> noise = veiled(x, x, {1, 1, 1}, Key(3));
  for (const double value : noise.span()) CHECK_MESSAGE((value > -1e-9 && value < 1 + 1e-9), value);
  const Tensor<double> some = veiled(y, x, {0.25, 0.5, 0}, Key(3));
  for (Index p = 0; p < 5; ++p) {
    CHECK(some(0, p) == doctest::Approx(y(0, p) + 0.25 * (noise(0, p) - x(0, p))));
    CHECK(some(1, p) == doctest::Approx(y(1, p) + 0.5 * (noise(1, p) - x(1, p))));
    CHECK(some(2, p) == y(2, p));
  }
  CHECK(same_bits(veiled(y.rows(1, 3), x.rows(1, 3), {0.5, 0}, Key(3), 1), some.rows(1, 3)));
  CHECK(message_of<ShapeError>([&] { veiled(y, x, {0.5}, Key(3)); }) ==
        "veiled: expects samples of the shape of y, and one strength a row   [y: (3, 5), x: (3, 5), strengths: 1]");
  CHECK_THROWS_AS(veiled(y, x.rows(0, 2), {0, 0, 0}, Key(3)), ShapeError);
}

TEST_CASE("filled spheres: the weight of a radius balances errors that fall as it does, down to a fifth") {
  CHECK(radius_weight(1, 2) == 1);
  CHECK(radius_weight(0.5, 2) == doctest::Approx(4));
  CHECK(radius_weight(0.2, 2) == doctest::Approx(25));
  CHECK(radius_weight(0, 2) == radius_weight(0.2, 2));
  CHECK(radius_weight(0.3, 0) == 1);
}

TEST_CASE(
    "filled spheres: the optimum over the closed-form posterior does not move while samples are some sigma apart") {
  // Ten sigma apart the posterior of any y inside is its own sample: no jump could do better than this one, whose loss is 0.
  for (const double fill : {0.0, 0.1, 0.5})
    CHECK(loss_of(energy_of_two(10 * s), rows_of_two(10 * s), fill, Key(5)) < 1e-12);
  // So is that of a veiled one, where pixels are black and white: on average over the noise none is nearer than its own.
  {
    Tensor<double> x({200, 64});
    const Tensor<double> coins = random_uniform<double>({2, 64}, Key(7));
    for (Index row = 0; row < 200; ++row)
      for (Index p = 0; p < 64; ++p) x.mutable_data()[row * 64 + p] = coins(row % 2, p) < 0.5 ? 0 : 1;
    const KdeEnergy<double> closed(x.rows(0, 2), 0.1);
    const std::vector<double> radii(200, 0.5), strengths(200, 0.6);
    const Tensor<double> y = veiled(smooth_inside(x, 0.1, radii, Key(8)), x, strengths, Key(8));
    CHECK(filled_loss(deen_errors(closed, Var<double>::constant(x), Var<double>::constant(y), 0.1), radii, 2).item() <
          1e-6);
  }
  // A radius that were in the jump as well, sigma u in place of sigma, would ask another thing of the energy: it misses.
  const std::vector<double> radii = filled_radii(400, 0.5, Key(5));
  const Tensor<double> x = rows_of_two(10 * s), y = smooth_inside(x, s, radii, Key(5));
  const Tensor<double> g = energy_and_gradient(energy_of_two(10 * s), Var<double>::constant(y)).gradient.value();
  double missed = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double level = s * radii[static_cast<std::size_t>(i / 20)];
    missed += std::pow(x.data()[i] - (y.data()[i] - level * level * g.data()[i]), 2) / 400;
  }
  CHECK(missed > 0.1);
}

TEST_CASE("filled spheres: where samples are close the optimum of the shell is no longer that of the inside") {
  // Two sigma apart, halfway: near either sample the posterior of the shell's noise still mixes the other one in.
  const Tensor<double> x = rows_of_two(2 * s);
  CHECK(loss_of(energy_of_two(2 * s), x, 0.5, Key(6)) > 0.05);
}

TEST_CASE("filled spheres: the loss weighs each error by its radius, and the reported one is the shell's mean") {
  const Tensor<double> errors({4}, {1, 2, 3, 4});
  const std::vector<double> radii{0.5, 1, 0.1, 1};
  CHECK(filled_loss(Var<double>::constant(errors), radii, 2).item() == doctest::Approx((4 * 1 + 2 + 25 * 3 + 4) / 4.0));
  CHECK(shell_loss(errors, radii) == 3);
  CHECK(message_of<ShapeError>([&] {
          filled_loss(Var<double>::constant(errors), {1, 1}, 2);
        }) == "filled_loss: expects one radius an error   [errors: (4,), radii: 2]");
}
