#include "neb/energy/convex_energy.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <string>

#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/bayes/deen.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/io/options.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;

namespace {

constexpr double s = 0.3;
const Shape image{5, 4, 1};
constexpr Index d = 20;
const ConvexEnergyOptions small{.image = image,
                                .channels = {3, 4},
                                .kernel = 3,
                                .stride = {2},
                                .padding = 1,
                                .pool = 3,
                                .sharpness = 4,
                                .quadratic = exact_quadratic(s)};

/// Weights far from the initial ones, of any sign where any is allowed: what holds for them holds by construction.
template <class Phi>
Phi strong(Phi phi, const Key& key) {
  std::uint64_t number = 0;
  visit_parameters(phi, [&](const std::string&, Var<double>& parameter) {
    parameter = Var<double>(scaled_normal<double>(parameter.shape(), 0.7, key.at(number++)));
  });
  return phi;
}

/// Rows of y minus x.
Tensor<double> difference(const Tensor<double>& y, const Tensor<double>& x) {
  return (Var<double>::constant(y) - Var<double>::constant(x)).value();
}

/// Rows of random length between 0.1 and 1 000.
Tensor<double> points(Index count, const Key& key) {
  Tensor<double> y = random_normal<double>({count, 5, 4, 1}, key.fold("direction"));
  const Tensor<double> decades = random_uniform<double>({count}, key.fold("length"), -1.7, 2.3);
  for (Index i = 0; i < y.size(); ++i) y.mutable_data()[i] *= std::pow(10, decades(i / d));
  return y;
}

/// On how many of `lines` random chords the function is above the chord at a random point of it.
template <class Function>
int violations(const Function& f, Index lines, const Key& key) {
  const Tensor<double> a = points(lines, key.fold("a")), b = points(lines, key.fold("b")),
                       t = random_uniform<double>({lines}, key.fold("t"));
  Tensor<double> between(a.shape());
  for (Index i = 0; i < a.size(); ++i)
    between.mutable_data()[i] = (1 - t(i / d)) * a.data()[i] + t(i / d) * b.data()[i];
  const auto values = [&](const Tensor<double>& v) { return f(Var<double>::constant(v)).value(); };
  const Tensor<double> at_a = values(a), at_b = values(b), inside = values(between);
  int above = 0;
  for (Index i = 0; i < lines; ++i) {
    const double chord = (1 - t(i)) * at_a(i) + t(i) * at_b(i);
    if (inside(i) > chord + 1e-12 * (1 + std::abs(at_a(i)) + std::abs(at_b(i)))) ++above;
  }
  return above;
}

/// The largest eigenvalue of sigma^2 H over rows of y: above 1 the covariance sigma^2 (1 - sigma^2 H) has a negative one.
template <class Phi>
double largest_curvature(const Phi& phi, const Tensor<double>& y) {
  const Tensor<double> h = hessian([&](const Var<double>& v) { return phi(v); }, Var<double>(y));
  double largest = -HUGE_VAL;
  for (Index row = 0; row < y.shape()[0]; ++row) {
    const Eigen::Map<const Eigen::Matrix<double, d, d>> matrix(h.data() + row * d * d);
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, d, d>> solver(s * s * matrix, Eigen::EigenvaluesOnly);
    largest = std::max(largest, solver.eigenvalues().maxCoeff());
  }
  return largest;
}

}  // namespace

TEST_CASE("convex energy: the network is convex along random lines, whatever its weights are") {
  const ConvEnergy<double> free({.image = image, .channels = {3, 4}, .stride = {2}, .padding = 1, .bottleneck = 4},
                                Key(1));
  CHECK(violations(free, 200, Key(2)) > 20);  // so the check can fail
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const ConvexEnergy<double> made(small, Key(seed)), changed = strong(made, Key(seed));
    CHECK(violations([&](const Var<double>& v) { return made.psi(v); }, 200, Key(2)) == 0);
    CHECK(violations([&](const Var<double>& v) { return changed.psi(v); }, 200, Key(2)) == 0);
    CHECK(violations([&](const Var<double>& v) { return -changed.psi(v); }, 200, Key(2)) > 150);
  }
}

TEST_CASE("convex energy: sigma^2 H is at most 1 at every point, so posterior covariances are positive semi-definite") {
  const Tensor<double> near = random_uniform<double>({12, 5, 4, 1}, Key(3), -0.5, 1.5), far = points(12, Key(4));
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const ConvexEnergy<double> phi = strong(ConvexEnergy<double>(small, Key(1)), Key(seed));
    CHECK(largest_curvature(phi, near) <= 1 + 1e-10);
    CHECK(largest_curvature(phi, far) <= 1 + 1e-10);
    CHECK(largest_curvature(phi, near) > 0.5);  // there are directions in which little is known
  }
  // A free network with the same quadratic knows no such bound.
  const ConvEnergyOptions options{.image = image,
                                  .channels = {3, 4},
                                  .stride = {2},
                                  .padding = 1,
                                  .bottleneck = 4,
                                  .quadratic = exact_quadratic(s)};
  CHECK(largest_curvature(strong(ConvEnergy<double>(options, Key(1)), Key(0)), near) > 1.01);
}

TEST_CASE("convex energy: with weights of zero the convex network is linear, with its slope") {
  ConvexEnergy<double> phi(small, Key(1));
  visit_parameters(phi, [](const std::string&, Var<double>& parameter) {
    parameter = Var<double>(Tensor<double>::zeros(parameter.shape()));
  });
  const Tensor<double> slope = random_normal<double>({d, 1}, Key(7)), v = random_normal<double>({2, 5, 4, 1}, Key(8));
  phi.slope = Var<double>(slope);
  const Tensor<double> psi = phi.psi(Var<double>::constant(v)).value();
  for (Index row = 0; row < 2; ++row) {
    double expected = 0;
    for (Index i = 0; i < d; ++i) expected += v.data()[row * d + i] * slope.data()[i];
    CHECK(psi(row) == doctest::Approx(expected).epsilon(1e-13));
  }
}

TEST_CASE("convex energy: the jump is the centre and the gradient of the convex network") {
  const Tensor<double> centre = random_uniform<double>(image, Key(5)), y = random_normal<double>({3, 5, 4, 1}, Key(6));
  const ConvexEnergy<double> phi(small, Key(1), centre);
  const Var<double> v(difference(y, centre));
  const Tensor<double> slope = grad(sum(phi.psi(v)), v).value(),
                       xhat = robbins_jump(phi, Var<double>::constant(y), s).value();
  for (Index i = 0; i < y.size(); ++i)
    CHECK(xhat.data()[i] == doctest::Approx(centre.data()[i % d] + slope.data()[i]).epsilon(1e-11));
}

TEST_CASE("convex energy: it is exact where the data are one or two points") {
  for (const Index count : {1, 2}) {
    // One channel, sigma^2 log(sum of exp((u.v - |u|^2 / 2) / sigma^2)) for u = x - centre: filters as large as the image.
    const ConvexEnergyOptions options{.image = {5, 5, 1},
                                      .channels = {1},
                                      .kernel = 5,
                                      .stride = {1},
                                      .padding = 0,
                                      .pool = count,
                                      .sharpness = 1 / (s * s),
                                      .quadratic = exact_quadratic(s)};
    const Tensor<double> samples = random_uniform<double>({count, 5, 5, 1}, Key(7)),
                         middle = random_uniform<double>({5, 5, 1}, Key(8));
    ConvexEnergy<double> phi(options, Key(1), middle);
    const Tensor<double> u = difference(samples, middle);
    Tensor<double> bias = Tensor<double>::zeros({count});
    for (Index i = 0; i < u.size(); ++i) bias.mutable_data()[i / 25] -= u.data()[i] * u.data()[i] / 2;
    phi.layers[0].filters = Var<double>(u);
    phi.layers[0].bias = Var<double>(bias);
    phi.readout_roots = Var<double>(Tensor<double>({1, 1}, {1.0}));

    const KdeEnergy<double> exact(samples, s);
    const Tensor<double> y = random_uniform<double>({8, 5, 5, 1}, Key(9), -0.5, 1.5);
    const auto [energy, g] = energy_and_gradient(phi, Var<double>::constant(y));
    const auto [expected, expected_g] = energy_and_gradient(exact, Var<double>::constant(y));
    CHECK(relative_difference(energy.value(), expected.value()) < 1e-12);
    CHECK(relative_difference(g.value(), expected_g.value()) < 1e-12);
  }
}

TEST_CASE("convex energy: differences of it and of its gradient are the derivatives, in y and in every weight") {
  const ConvexEnergy<double> phi(small, Key(1), random_uniform<double>(image, Key(5)));
  const Tensor<double> y = random_normal<double>({2, 5, 4, 1}, Key(6)),
                       x = random_uniform<double>({2, 5, 4, 1}, Key(7));
  CHECK_NOTHROW(check_grads<double>([&](const std::vector<Var<double>>& at) { return sum(phi(at[0])); }, {y}));

  std::vector<Tensor<double>> weights;
  for (const Var<double>& parameter : parameters(phi)) weights.push_back(parameter.value());
  REQUIRE(weights.size() == 7);
  const auto loss = [&](const std::vector<Var<double>>& at) {
    ConvexEnergy<double> changed = phi;
    std::size_t number = 0;
    visit_parameters(changed, [&](const std::string&, Var<double>& parameter) { parameter = at[number++]; });
    return deen_loss(changed, Var<double>::constant(x), Var<double>::constant(y), s);  // holds the gradient of phi
  };
  CHECK_NOTHROW(check_grads<double>(loss, weights));
}

TEST_CASE("convex energy: every layer sees the image through filters of its receptive field, whatever the stride") {
  for (const std::vector<Index>& stride : {std::vector<Index>{1}, {2}, {3}, {1, 2, 2}})
    for (const Index padding : {0, 1, 2}) {
      CAPTURE(option_text(stride));
      CAPTURE(padding);
      ConvexEnergyOptions options{
          .image = {23, 19, 2}, .channels = {2, 3, 2}, .kernel = 3, .stride = stride, .padding = padding, .pool = 2};
      if (stride[0] == 3 && padding == 0) options.channels.pop_back();  // nothing would be left of the image
      const ConvexEnergy<double> phi(options, Key(1));
      CHECK(phi(Var<double>::constant(Tensor<double>::zeros({3, 23, 19, 2}))).shape() == Shape{3});
    }
  const ConvexEnergyOptions three{.kernel = 5, .stride = {2}};
  CHECK(three.over_image(0).first == 5);
  CHECK(three.over_image(1).first == 13);
  CHECK(three.over_image(2).first == 29);
  CHECK(three.made_by(2) == Shape{1, 4, 4, 128});
}

TEST_CASE("convex energy: the key fixes the weights, and an energy depends on its own row alone") {
  const ConvexEnergy<double> phi(small, Key(1));
  CHECK(test::same_parameters(phi, ConvexEnergy<double>(small, Key(1))));
  CHECK_FALSE(test::same_parameters(phi, ConvexEnergy<double>(small, Key(2))));
  const Tensor<double> y = random_normal<double>({5, 5, 4, 1}, Key(2));
  CHECK(phi(Var<double>::constant(y.rows(3, 4))).value()(0) ==
        doctest::Approx(phi(Var<double>::constant(y)).value()(3)).epsilon(1e-13));
  CHECK(phi(Var<double>::constant(y.rows(0, 0))).shape() == Shape{0});
}

TEST_CASE("convex energy: architectures that cannot be and images of another size are refused") {
  const auto error = [](const ConvexEnergyOptions& options) {
    return message_of<Error>([&] { ConvexEnergy<float>(options, Key(1)); });
  };
  CHECK(error({.image = {28, 28}}) == "ConvexEnergy: the image has height, width and channels   [image: (28, 28)]");
  CHECK(error({.channels = {}}) == "ConvexEnergy: expects at least one layer, and pools of at least one filter");
  CHECK(error({.pool = 0}) == "ConvexEnergy: expects at least one layer, and pools of at least one filter");
  CHECK(error({.channels = {4, 0}}) == "ConvexEnergy: a layer has at least 1 channel, got 0");
  CHECK(error({.sharpness = 0}) == "ConvexEnergy: the sharpness is positive, got 0.000000");
  CHECK(error({.quadratic = 0}) == "ConvexEnergy: the coefficient of the quadratic part is positive");
  CHECK(error({.quadratic = -1}).find("ConvexEnergy: the coefficient of the quadratic part is not negative") == 0);
  CHECK(error({.image = {2, 2, 1}, .padding = 0}).find("ConvexEnergy: a kernel of 5 x 5 pixels does not fit") == 0);
  CHECK(error({.stride = {0}}).find("ConvexEnergy: stride is at least 1, got 0") == 0);
  CHECK(error({.stride = {1, 2}}) == "ConvexEnergy: expects one stride, or one for each of the 3 layers, got 2");
  for (const Index padding : {0, 1})
    CHECK(error({.kernel = 1, .stride = {16777216}, .padding = padding}) ==
          "ConvexEnergy: strides and paddings come to more than 2^24 pixels");
  CHECK(message_of<ShapeError>([] {
          ConvexEnergy<double>(small, Key(1))(Var<double>(Tensor<double>::zeros({2, 4, 5, 1})));
        }) == "ConvexEnergy: expects images (N, H, W, C) of (5, 4, 1)   [y: (2, 4, 5, 1)]");
}
