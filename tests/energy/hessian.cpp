// The Hessian of every energy, by all the ways that there are to it.
#include <doctest/doctest.h>

#include "neb/autodiff/transforms.hpp"
#include "neb/core/random.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/convex_energy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::relative_difference;

namespace {

Tensor<double> unit(const Shape& shape, Index column) {
  Tensor<double> e = Tensor<double>::zeros(shape);
  const Index n = shape.stride(0);
  for (Index row = 0; row < shape[0]; ++row) e.mutable_data()[row * n + column] = 1;
  return e;
}

/// The Hessians (N, n, n) at the rows of y, by one Hessian-vector product for each column.
template <class Phi>
Tensor<double> by_products(const Phi& phi, const Var<double>& y) {
  const Index batch = y.shape()[0], n = y.shape().stride(0);
  Tensor<double> h(Shape{batch, n, n});
  for (Index column = 0; column < n; ++column) {
    const Tensor<double> hv = hvp(sum(phi(y)), y, Var<double>::constant(unit(y.shape(), column))).value();
    for (Index row = 0; row < batch; ++row)
      for (Index i = 0; i < n; ++i) h.mutable_data()[(row * n + i) * n + column] = hv.data()[row * n + i];
  }
  return h;
}

double asymmetry(const Tensor<double>& h) {
  double worst = 0, scale = 0;
  for (Index row = 0; row < h.shape()[0]; ++row)
    for (Index i = 0; i < h.shape()[1]; ++i)
      for (Index j = 0; j < i; ++j) {
        worst = std::max(worst, std::abs(h(row, i, j) - h(row, j, i)));
        scale = std::max(scale, std::abs(h(row, i, j)));
      }
  return worst / scale;
}

/// Central differences of the gradient, five points.
template <class Phi>
Tensor<double> by_differences(const Phi& phi, const Tensor<double>& y) {
  const Index batch = y.shape()[0], n = y.shape().stride(0);
  Tensor<double> h(Shape{batch, n, n});
  const double step = 1e-3;
  const auto gradient = [&](Index column, double t) {
    const auto moved = Var<double>::constant(y) + t * Var<double>::constant(unit(y.shape(), column));
    return energy_and_gradient(phi, moved).gradient.value();
  };
  for (Index column = 0; column < n; ++column) {
    const auto a = gradient(column, step), b = gradient(column, -step), c = gradient(column, 2 * step),
               d = gradient(column, -2 * step);
    for (Index k = 0; k < batch * n; ++k)
      h.mutable_data()[k * n + column] = (8 * (a.data()[k] - b.data()[k]) - (c.data()[k] - d.data()[k])) / (12 * step);
  }
  return h;
}

template <class Phi>
Tensor<double> check_hessian(const Phi& phi, const Tensor<double>& points) {
  const Var<double> y(points);
  const Tensor<double> h = hessian(phi, y, {.rows = 7});
  const auto gradient = [&](const Var<double>& x) {
    return energy_and_gradient(phi, x, {.create_graph = true}).gradient;
  };
  CHECK(relative_difference(jacobian(gradient, y), h) < 1e-12);
  CHECK(relative_difference(by_products(phi, y), h) < 1e-12);
  CHECK(relative_difference(by_differences(phi, points), h) < 1e-8);
  CHECK(asymmetry(h) < 1e-12);
  return h;
}

}  // namespace

TEST_CASE("Hessian of a fully connected energy: Jacobian of the gradient, products and differences agree") {
  check_hessian(MlpEnergy<double>({.widths = {5, 9, 7}, .beta = 2}, Key(1)), random_normal<double>({3, 5}, Key(2)));
}

TEST_CASE("Hessian of a convolutional energy: Jacobian of the gradient, products and differences agree") {
  const ConvEnergyOptions options{
      .image = {5, 4, 2}, .channels = {3, 4}, .stride = {2}, .padding = 1, .bottleneck = 3, .beta = 1.5};
  check_hessian(ConvEnergy<double>(options, Key(3)), random_normal<double>({2, 5, 4, 2}, Key(4)));
}

TEST_CASE("Hessian of a convex energy: Jacobian of the gradient, products and differences agree") {
  const ConvexEnergyOptions options{.image = {5, 4, 2}, .channels = {3, 4}, .kernel = 3, .padding = 1, .pool = 3};
  check_hessian(ConvexEnergy<double>(options, Key(3)), random_normal<double>({2, 5, 4, 2}, Key(4)));
}

TEST_CASE("Hessian of a one-layer energy: it is W diag(v f'') W^T") {
  const MlpEnergy<double> phi({.widths = {4, 6}}, Key(5));
  const Tensor<double> y = random_normal<double>({1, 4}, Key(6));
  const auto tensors = state(phi);
  const Tensor<double>&w = tensors.at("network.layers.0.weight"), &b = tensors.at("network.layers.0.bias"),
        &v = tensors.at("network.layers.1.weight");
  REQUIRE(w.shape() == Shape{4, 6});
  REQUIRE(v.shape() == Shape{6, 1});
  Tensor<double> expected = Tensor<double>::zeros({1, 4, 4});
  for (Index k = 0; k < 6; ++k) {
    double z = b(k);
    for (Index p = 0; p < 4; ++p) z += y(0, p) * w(p, k);
    const double t = 1 / (1 + std::exp(-z));  // the smooth ReLU at beta = 1 is z t
    const double curvature = t * (1 - t) * (2 + z * (1 - 2 * t));
    for (Index i = 0; i < 4; ++i)
      for (Index j = 0; j < 4; ++j) expected.mutable_data()[i * 4 + j] += w(i, k) * w(j, k) * v(k, 0) * curvature;
  }
  CHECK(relative_difference(check_hessian(phi, y), expected) < 1e-10);
}

TEST_CASE("Hessian of the closed-form energy: it is I / sigma^2 - Cov / sigma^4") {
  constexpr double sigma = 0.7;
  constexpr Index n = 6, d = 4, count = 3;
  const Tensor<double> samples = random_normal<double>({n, d}, Key(7)), y = random_normal<double>({count, d}, Key(8));
  const Tensor<double> h = check_hessian(KdeEnergy<double>(samples, sigma), y);
  Tensor<double> expected(h.shape());
  for (Index row = 0; row < count; ++row) {
    double w[n], total = 0, mean[d] = {};
    for (Index i = 0; i < n; ++i) {
      double squares = 0;
      for (Index p = 0; p < d; ++p) squares += std::pow(y(row, p) - samples(i, p), 2);
      total += w[i] = std::exp(-squares / (2 * sigma * sigma));
    }
    for (Index i = 0; i < n; ++i)
      for (Index p = 0; p < d; ++p) mean[p] += w[i] / total * samples(i, p);
    for (Index p = 0; p < d; ++p)
      for (Index q = 0; q < d; ++q) {
        double covariance = 0;
        for (Index i = 0; i < n; ++i)
          covariance += w[i] / total * (samples(i, p) - mean[p]) * (samples(i, q) - mean[q]);
        expected.mutable_data()[(row * d + p) * d + q] =
            (p == q ? 1 / (sigma * sigma) : 0) - covariance / std::pow(sigma, 4);
      }
  }
  CHECK(relative_difference(h, expected) < 1e-10);
}

TEST_CASE("Hessian of an image's energy: 784 rows in few passes") {
  const ConvEnergy<float> phi({.image = {28, 28, 1}, .channels = {2, 3}, .stride = {2}, .bottleneck = 4}, Key(9));
  int passes = 0;
  const auto counted = [&](const Var<float>& y) {
    ++passes;
    return phi(y);
  };
  const Tensor<float> h = hessian(counted, Var<float>(random_normal<float>({1, 28, 28, 1}, Key(10))), {.rows = 200});
  CHECK(h.shape() == Shape{1, 784, 784});
  CHECK(passes == 1 + 4);
  CHECK(asymmetry(h.to<double>()) < 1e-4);
}
