#include "neb/energy/quadratic.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "bayes/closed_forms.hpp"
#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/convex_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;

namespace {

constexpr double s = 0.3;
const Shape image{6, 5, 1};

ConvEnergyOptions architecture(double coefficient) {
  return {.image = image, .channels = {3}, .bottleneck = 4, .quadratic = coefficient};
}

/// The network's part switched off: what is left is the quadratic.
template <Scalar T>
ConvEnergy<T> without_network(double coefficient, const Tensor<T>& centre) {
  ConvEnergy<T> phi(architecture(coefficient), Key(1), centre);
  phi.readout[0].weight = Var<T>(Tensor<T>::zeros(phi.readout[0].weight.shape()));
  return phi;
}

/// The largest |y| of four points that start at |y| = 1 000 and go against the gradient in steps of sigma^2 / 4.
template <class Phi>
double length_after(const Phi& phi, int steps) {
  Tensor<double> y = random_normal<double>({4, 6, 5, 1}, Key(2));
  const auto length = [&](Index row) {
    double squares = 0;
    for (Index p = row * 30; p < (row + 1) * 30; ++p) squares += y.data()[p] * y.data()[p];
    return std::sqrt(squares);
  };
  for (Index row = 0; row < 4; ++row) {
    const double scale = 1000 / length(row);
    for (Index p = row * 30; p < (row + 1) * 30; ++p) y.mutable_data()[p] *= scale;
  }
  for (int step = 0; step < steps; ++step) {
    const Tensor<double> g = energy_and_gradient(phi, Var<double>::constant(y)).gradient.value();
    for (Index p = 0; p < y.size(); ++p) y.mutable_data()[p] -= s * s / 4 * g.data()[p];
  }
  double longest = 0;
  for (Index row = 0; row < 4; ++row) longest = std::max(longest, length(row));
  return longest;
}

}  // namespace

TEST_CASE("quadratic: value, gradient and Hessian are those of a bowl around the centre") {
  const Tensor<double> y = random_normal<double>({3, 2, 2}, Key(1)), centre = random_normal<double>({2, 2}, Key(2)),
                       v = random_normal<double>({3, 2, 2}, Key(3));
  constexpr double c = 1.75;
  const Var<double> point(y);
  const auto bowl = [&](const Var<double>& at) { return quadratic(at, centre, c); };
  const auto [energy, g] = energy_and_gradient(bowl, Var<double>::constant(y));
  const Tensor<double> h = hvp(sum(bowl(point)), point, Var<double>::constant(v)).value();
  for (Index row = 0; row < 3; ++row) {
    double squares = 0;
    for (Index p = 0; p < 4; ++p) {
      const double offset = y.data()[row * 4 + p] - centre.data()[p];
      squares += offset * offset;
      CHECK(g.value().data()[row * 4 + p] == doctest::Approx(2 * c * offset).epsilon(1e-14));
      CHECK(h.data()[row * 4 + p] == doctest::Approx(2 * c * v.data()[row * 4 + p]).epsilon(1e-14));
    }
    CHECK(energy.value()(row) == doctest::Approx(c * squares).epsilon(1e-14));
  }
  CHECK_NOTHROW(check_grads<double>([&](const std::vector<Var<double>>& at) { return sum(bowl(at[0])); }, {y}));
}

TEST_CASE("quadratic: a row of another size than the centre is refused with both shapes") {
  CHECK(message_of<ShapeError>([] {
          quadratic(Var<double>::constant(Tensor<double>::zeros({2, 3})), Tensor<double>::zeros({4}), 1);
        }) == "quadratic: expects rows of as many elements as the centre   [y: (2, 3), centre: (4,)]");
}

TEST_CASE("quadratic: in an energy it is added to the network's part, with the derivatives of both") {
  const Tensor<double> centre = random_uniform<double>(image, Key(3)), y = random_normal<double>({2, 6, 5, 1}, Key(4));
  const ConvEnergy<double> whole(architecture(2.5), Key(1), centre), network(architecture(0), Key(1));
  CHECK(test::same_parameters(whole, network));
  CHECK(network.centre.size() == 0);
  const auto at = Var<double>::constant(y);
  const auto [energy, g] = energy_and_gradient(whole, at);
  const auto [rest, rest_g] = energy_and_gradient(network, at);
  const Tensor<double> bowl = quadratic(at, centre, 2.5).value();
  for (Index row = 0; row < 2; ++row)
    CHECK(energy.value()(row) == doctest::Approx(rest.value()(row) + bowl(row)).epsilon(1e-13));
  for (Index p = 0; p < y.size(); ++p)
    CHECK(g.value().data()[p] ==
          doctest::Approx(rest_g.value().data()[p] + 5 * (y.data()[p] - centre.data()[p % 30])).epsilon(1e-12));
  CHECK_NOTHROW(check_grads<double>([&](const std::vector<Var<double>>& v) { return sum(whole(v[0])); }, {y}));
}

TEST_CASE("quadratic: a fully connected energy has it too, with the derivatives of both parts") {
  const MlpEnergyOptions options{.widths = {4, 6}, .quadratic = 2.5};
  MlpEnergyOptions plain = options;
  plain.quadratic = 0;
  const Tensor<double> centre = random_uniform<double>({4}, Key(3)), y = random_normal<double>({3, 2, 2}, Key(4));
  const MlpEnergy<double> whole(options, Key(1), centre), network(plain, Key(1));
  CHECK(test::same_parameters(whole, network));
  CHECK(network.centre.size() == 0);
  const Var<double> at(y);
  const auto [energy, g] = energy_and_gradient(whole, at);
  const auto [rest, rest_g] = energy_and_gradient(network, at);
  const Tensor<double> h = hessian(whole, at), rest_h = hessian(network, at);
  for (Index row = 0; row < 3; ++row) {
    double squares = 0;
    for (Index p = 0; p < 4; ++p) {
      const double offset = y.data()[row * 4 + p] - centre.data()[p];
      squares += offset * offset;
      CHECK(g.value().data()[row * 4 + p] == doctest::Approx(rest_g.value().data()[row * 4 + p] + 5 * offset));
      for (Index q = 0; q < 4; ++q)
        CHECK(h.data()[(row * 4 + p) * 4 + q] ==
              doctest::Approx(rest_h.data()[(row * 4 + p) * 4 + q] + (p == q ? 5 : 0)));
    }
    CHECK(energy.value()(row) == doctest::Approx(rest.value()(row) + 2.5 * squares).epsilon(1e-13));
  }
  CHECK_NOTHROW(check_grads<double>([&](const std::vector<Var<double>>& v) { return sum(whole(v[0])); }, {y}));
}

TEST_CASE("quadratic: one point is learned exactly by it alone, and so are Gaussian data") {
  const Tensor<double> x = random_uniform<double>(image, Key(5));
  Tensor<double> copies({50, 6, 5, 1});
  for (Index i = 0; i < copies.size(); ++i) copies.mutable_data()[i] = x.data()[i % 30];
  CHECK(denoising_error(without_network(exact_quadratic(s), x), copies, s, Key(6)) < 1e-25);
  // A wrong sign pushes y away from the point by as much as it should have been pulled back: twice the noise is left.
  const auto wrong = [&](const Var<double>& y) { return quadratic(y, x, -exact_quadratic(s)); };
  CHECK(denoising_error(wrong, copies, s, Key(6)) > 30 * s * s);

  constexpr double v = 0.5;  // x ~ N(0, v I), so y ~ N(0, (v + s^2) I)
  const Tensor<double> normal =
      reshape(Var<double>::constant(test::normal_samples<double>(4000, 30, v, Key(7))), {4000, 6, 5, 1}).value();
  CHECK(denoising_error(without_network<double>(0.5 / (v + s * s), {}), normal, s, Key(8)) ==
        doctest::Approx(30 * v * s * s / (v + s * s)).epsilon(0.02));
}

TEST_CASE("quadratic: from |y| = 1000 an energy that has it comes back to the data, and a plain one does not") {
  const Tensor<double> centre = Tensor<double>::full(image, 0.1);
  const ConvEnergy<double> plain(architecture(0), Key(1)), whole(architecture(exact_quadratic(s)), Key(1), centre);
  CHECK(length_after(whole, 60) < 3);
  CHECK(length_after(plain, 60) > 900);
  // The wrong sign, had the energy it, would go on climbing.
  const auto wrong = [&](const Var<double>& y) { return plain(y) - quadratic(y, centre, exact_quadratic(s)); };
  CHECK(length_after(wrong, 60) > 1e6);

  const MlpEnergy<double> flat({.widths = {30, 8}}, Key(1)),
      bowl({.widths = {30, 8}, .quadratic = exact_quadratic(s)}, Key(1));
  const ConvexEnergy<double> convex({.image = image, .channels = {3}, .quadratic = exact_quadratic(s)}, Key(1));
  CHECK(length_after(bowl, 60) < 3);
  CHECK(length_after(convex, 60) < 3);
  CHECK(length_after(flat, 60) > 900);
}

TEST_CASE("quadratic: its coefficient is not negative, and its centre is one sample") {
  const auto error = [](double coefficient, const Tensor<double>& centre) {
    return message_of<Error>([&] { ConvEnergy<double>(architecture(coefficient), Key(1), centre); });
  };
  CHECK(error(-1, {}).find("ConvEnergy: the coefficient of the quadratic part is not negative, got -1") == 0);
  CHECK(error(std::nan(""), {}).find("ConvEnergy: the coefficient") == 0);
  CHECK(error(HUGE_VAL, {}).find("ConvEnergy: the coefficient") == 0);
  CHECK(error(1, Tensor<double>::zeros({5, 6, 1})) ==
        "ConvEnergy: the centre of the quadratic part is one sample   [centre: (5, 6, 1), sample: (6, 5, 1)]");
  CHECK(error(1, {}) == "");
  CHECK(ConvEnergy<double>(architecture(1), Key(1)).centre.shape() == image);
  CHECK(paper_energy().quadratic == 0);

  CHECK(message_of<Error>([] {
          MlpEnergy<double>({.widths = {2, 3}, .quadratic = -1}, Key(1));
        }).find("MlpEnergy: the coefficient") == 0);
  CHECK(message_of<Error>([] {
          MlpEnergy<double>({.widths = {2, 3}, .quadratic = 1}, Key(1), Tensor<double>({3}));
        }).find("MlpEnergy: the centre of the quadratic part is one sample") == 0);
  CHECK(MlpEnergyOptions{}.quadratic == 0);
}
