// Covariances, and noise that has them.
#include "neb/bayes/gaussian_noise.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "bayes/covariances.hpp"
#include "kernels/support.hpp"
#include "neb/autodiff/check_grads.hpp"
#include "neb/core/memory.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// Of rows of this many numbers.
constexpr Index d = 4;

/// Rows of x with a multiple of one row added.
Tensor<double> shifted(Tensor<double> x, const Tensor<double>& by, double factor = 1) {
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] += factor * by.data()[i % by.size()];
  return x;
}

}  // namespace

TEST_CASE("covariance: products are with the matrix, and those with a root and its transpose as well") {
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const Tensor<double> v = random_normal<double>({5, d}, Key(2));
    CHECK(relative_difference(kind.covariance.times(v), product(v, kind.matrix)) < 1e-14);
    CHECK(relative_difference(kind.covariance.times(v.reshaped({5, 2, 2, 1})).reshaped({5, d}),
                              kind.covariance.times(v)) == 0);
    const Tensor<double> root = kind.covariance.root_times(identity(kind.covariance.root_width(d)));  // L'
    CHECK(relative_difference(product(transposed(root), root), kind.matrix) < 1e-14);
  }
}

TEST_CASE("covariance: of low rank, no product forms the matrix") {
  constexpr Index n = 3, size = 2000, rank = 2;
  const auto low = Covariance<float>::low_rank(Tensor<float>::ones({size}), random_normal<float>({size, rank}, Key(1)));
  const Tensor<float> v = random_normal<float>({n, size}, Key(2));
  const auto before = memory_stats().live;
  reset_peak_memory();
  const Tensor<float> product = low.times(v), noise = low.draw({n, size}, Key(3));
  CHECK(product.shape() == noise.shape());
  CHECK(memory_stats().peak - before < size * size * sizeof(float) / 20);
}

TEST_CASE("covariance: what is no covariance is refused") {
  using C = Covariance<double>;
  using X = Tensor<double>;
  const auto value = [](auto&& call) { return message_of<ValueError>(call); };
  const auto shape = [](auto&& call) { return message_of<ShapeError>(call); };
  CHECK(value([] { C::isotropic(0); }) == "Covariance: standard deviations are positive, got 0.000000");
  CHECK(value([] {
          C::diagonal(X({2}, {1.0, -1.0}));
        }) == "Covariance: standard deviations are positive, got -1.000000");
  CHECK(value([] { C::diagonal(X({1}, {std::nan("")})); }) == "Covariance: standard deviations are positive, got nan");
  CHECK(value([] { C::diagonal(X()); }) == "Covariance: standard deviations are positive, got 0.000000");
  CHECK(shape([] {
          C::low_rank(X::ones({2}), X::ones({3, 1}));
        }) == "Covariance: the factor has a row for each deviation, or is square   [deviations: (2,), factor: (3, 1)]");
  CHECK(shape([] { C::full(X::ones({2, 3})); }) == "Covariance: expects a square matrix   [matrix: (2, 3)]");
  CHECK(value([] {
          C::full(X({2, 2}, {1.0, 0.5, 0.4, 1.0}));
        }) ==
        "Covariance: the matrix is symmetric, but element (1, 0) is 0.400000 and its mirror image 0.500000   [matrix: "
        "(2, 2)]");
  CHECK(value([] {
          C::full(X({2, 2}, {1.0, 2.0, 2.0, 1.0}));
        }) == "Covariance: the matrix is positive definite, but this one has no Cholesky factor   [matrix: (2, 2)]");
  CHECK(value([] {
          C::full(X({2, 2}, {1.0, std::nan(""), std::nan(""), 1.0}));
        }) == "Covariance: an element of the matrix is not finite   [matrix: (2, 2)]");
  for (const NamedCovariance& kind : covariances(d)) {
    if (kind.covariance.is_isotropic()) continue;
    CHECK(shape([&] {
            smooth(X::zeros({2, 3}), kind.covariance, Key(1));
          }) == "Covariance: expects rows of 4 numbers   [noise: (2, 3)]");
    CHECK(shape([&] {
            kind.covariance.times(X::zeros({2, 3}));
          }) == "Covariance: expects rows of 4 numbers   [v: (2, 3)]");
  }
}

TEST_CASE("gaussian noise: isotropic noise has the bits of noise of a sigma") {
  constexpr float sigma = 0.3F;
  const auto noise = Covariance<float>::isotropic(sigma);
  const MlpEnergy<float> phi({.widths = {6, 8}}, Key(1));
  const Tensor<float> x = random_uniform<float>({7, 6}, Key(2));
  const Var<float> clean = Var<float>::constant(x);
  CHECK(same_bits(smooth(x, noise, Key(3)), smooth(x, sigma, Key(3))));
  const Var<float> y = smooth(clean, sigma, Key(3));
  CHECK(same_bits(smooth(clean, noise, Key(3)).value(), y.value()));
  CHECK(same_bits(robbins_jump(phi, y.value(), noise), robbins_jump(phi, y.value(), sigma)));
  CHECK(deen_loss(phi, clean, y, noise).item() == deen_loss(phi, clean, y, sigma).item());
  const auto slopes = grad(deen_loss(phi, clean, y, noise), phi), others = grad(deen_loss(phi, clean, y, sigma), phi);
  for (std::size_t i = 0; i < slopes.size(); ++i) CHECK(same_bits(slopes[i].value(), others[i].value()));
  CHECK(denoising_error(phi, x, noise, Key(3)) == denoising_error(phi, x, sigma, Key(3)));
}

TEST_CASE("gaussian noise: its covariance is the one that was asked for") {
  constexpr Index n = 40000;
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const Tensor<double> x = random_uniform<double>({n, d}, Key(1)), y = smooth(x, kind.covariance, Key(2));
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j <= i; ++j) {
        Estimate found;
        for (Index row = 0; row < n; ++row) found.add((y(row, i) - x(row, i)) * (y(row, j) - x(row, j)));
        CHECK(std::abs(found.mean() - kind.matrix(i, j)) < 5 * found.error());
      }
  }
}

TEST_CASE("gaussian noise: row i depends on the key and i alone, whatever the number of threads") {
  const Tensor<double> x = random_uniform<double>({6, 2, 2, 1}, Key(1));
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const Tensor<double> all = smooth(x, kind.covariance, Key(2));
    CHECK(relative_difference(smooth(x.rows(0, 4), kind.covariance, Key(2)), all.rows(0, 4)) < 1e-15);
    CHECK(relative_difference(smooth(Var<double>(x), kind.covariance, Key(2)).value(), all) < 1e-15);
    CHECK_FALSE(same_bits(smooth(x, kind.covariance, Key(3)), all));
    const WithThreads three(3);
    CHECK(same_bits(smooth(x, kind.covariance, Key(2)), all));
  }
}

TEST_CASE(
    "gaussian noise: of Gaussian data the jump is m + S (S + Sigma)^-1 (y - m), its error tr(S - S (S + Sigma)^-1 S)") {
  constexpr Index n = 20000;
  const Tensor<double> m({d}, {0.5, -1.0, 0.0, 2.0}), prior = some_covariance(d, Key(5));
  const Tensor<double> x = shifted(Covariance<double>::full(prior).draw({n, d}, Key(6)), m);
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const NormalEnergy phi{m, inverse(plus(prior, kind.matrix))};
    const Tensor<double> y = random_normal<double>({3, d}, Key(7));
    const Tensor<double> expected = shifted(product(shifted(y, m, -1), product(phi.precision, prior)), m);
    CHECK(relative_difference(robbins_jump(phi, y, kind.covariance), expected) < 1e-13);

    const Tensor<double> posterior = plus(prior, product(prior, product(phi.precision, prior)), -1);
    const Tensor<double> v = random_normal<double>({3, d}, Key(8));
    CHECK(relative_difference(posterior_covariance_times(phi, y, kind.covariance, v), product(v, posterior)) < 1e-12);

    double trace = 0, squares = 0;
    for (Index i = 0; i < d; ++i) trace += posterior(i, i);
    for (const double c : posterior.span()) squares += c * c;
    // The error of one sample is a sum of squares of N(0, C), whose variance is 2 tr C^2.
    CHECK(std::abs(denoising_error(phi, x, kind.covariance, Key(9)) - trace) <
          5 * std::sqrt(2 * squares / static_cast<double>(n)));
  }
}

TEST_CASE(
    "gaussian noise: of points the jump is their mean, weighted by what noise of each pixel's deviation makes of them") {
  const Tensor<double> points = random_uniform<double>({5, 2, 2}, Key(1)), s({2, 2}, {0.2, 0.4, 0.7, 0.3});
  const auto noise = Covariance<double>::diagonal(s);
  Tensor<double> scaled = points;
  for (Index i = 0; i < scaled.size(); ++i) scaled.mutable_data()[i] /= s.data()[i % d];
  const KdeEnergy<double> round(scaled, 1.0);
  const auto phi = [&](const Var<double>& y) { return round(y / Var<double>::constant(s)); };
  const Tensor<double> y = random_uniform<double>({3, 2, 2}, Key(2)), v = random_normal<double>({3, 2, 2}, Key(3));
  const Tensor<double> xhat = robbins_jump(phi, y, noise), spread = posterior_covariance_times(phi, y, noise, v);
  for (Index row = 0; row < 3; ++row) {
    std::vector<double> weights(5);
    double total = 0;
    for (Index i = 0; i < 5; ++i) {
      double exponent = 0;
      for (Index p = 0; p < d; ++p)
        exponent -= std::pow((y.data()[row * d + p] - points.data()[i * d + p]) / s.data()[p], 2) / 2;
      total += weights[static_cast<std::size_t>(i)] = std::exp(exponent);
    }
    Tensor<double> centre = Tensor<double>::zeros({d}), along = centre;
    double projection = 0;
    for (Index p = 0; p < d; ++p)
      for (Index i = 0; i < 5; ++i)
        centre.mutable_data()[p] += weights[static_cast<std::size_t>(i)] / total * points.data()[i * d + p];
    for (Index i = 0; i < 5; ++i) {
      projection = 0;
      for (Index p = 0; p < d; ++p) projection += (points.data()[i * d + p] - centre(p)) * v.data()[row * d + p];
      for (Index p = 0; p < d; ++p)
        along.mutable_data()[p] +=
            weights[static_cast<std::size_t>(i)] / total * (points.data()[i * d + p] - centre(p)) * projection;
    }
    CHECK(relative_difference(xhat.rows(row, row + 1).reshaped({d}), centre) < 1e-13);
    CHECK(relative_difference(spread.rows(row, row + 1).reshaped({d}), along) < 1e-12);
  }
}

TEST_CASE("gaussian noise: parameter gradients of the loss agree with finite differences") {
  const auto x = Var<double>::constant(random_uniform<double>({3, d}, Key(1)));
  for (const NamedCovariance& kind : covariances(d)) {
    CAPTURE(kind.name);
    const MlpEnergy<double> phi({.widths = {d, 5}}, Key(2));
    const Var<double> y = smooth(x, kind.covariance, Key(3));
    std::vector<Tensor<double>> values;
    for (const Var<double>& parameter : parameters(phi)) values.push_back(parameter.value());
    const Function<double> loss = [&](const std::vector<Var<double>>& v) {
      MlpEnergy<double> moved = phi;
      std::size_t i = 0;
      visit_parameters(moved, [&](const std::string&, Var<double>& parameter) { parameter = v[i++]; });
      return deen_loss(moved, x, y, kind.covariance);
    };
    CHECK_NOTHROW(check_grads<double>(loss, values, {.order = 1, .tolerance = 1e-7}));
  }
}

TEST_CASE("gaussian noise: shapes of the loss are checked") {
  const auto zeros = [](const Shape& shape) { return Var<double>::constant(Tensor<double>::zeros(shape)); };
  const GaussianEnergy<double> phi{1};
  const auto noise = Covariance<double>::diagonal(Tensor<double>::ones({2}));
  CHECK(message_of<ShapeError>([&] {
          deen_loss(phi, zeros({2, 3}), zeros({2, 2}), noise);
        }) == "deen_loss: x and y have one shape   [x: (2, 3), y: (2, 2)]");
  CHECK(message_of<ShapeError>([&] {
          deen_loss(phi, zeros({2, 3}), zeros({2, 3}), noise);
        }) == "Covariance: expects rows of 2 numbers   [v: (2, 3)]");
}
