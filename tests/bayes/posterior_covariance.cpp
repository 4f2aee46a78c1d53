// What the jump does not know, and the eigenvalues that it is told by: Lanczos, the dense solver, and posteriors in closed form.
#include "neb/bayes/posterior_covariance.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>

#include "bayes/closed_forms.hpp"
#include "neb/core/parallel.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/convex_energy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::GaussianEnergy;
using neb::test::message_of;
using neb::test::same_bits;

namespace {

/// Random symmetric matrices (n, d, d).
Tensor<double> symmetric(Index n, Index d, const Key& key) {
  Tensor<double> a = random_normal<double>({n, d, d}, key);
  double* const data = a.mutable_data();
  for (Index row = 0; row < n; ++row)
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j < i; ++j) data[(row * d + i) * d + j] = data[(row * d + j) * d + i];
  return a;
}

/// A v, row by row, by plain loops.
Tensor<double> times(const Tensor<double>& a, const Tensor<double>& v) {
  const Index n = a.shape()[0], d = a.shape()[1];
  Tensor<double> out = Tensor<double>::zeros(v.shape());
  for (Index row = 0; row < n; ++row)
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j < d; ++j)
        out.mutable_data()[row * d + i] += a.data()[(row * d + i) * d + j] * v.data()[row * d + j];
  return out;
}

double dot(Index d, const double* a, const double* b) {
  double sum = 0;
  for (Index i = 0; i < d; ++i) sum += a[i] * b[i];
  return sum;
}

/// The largest element of V V^T - 1 over all rows, for vectors (n, k, ...).
double skewness_of_basis(const Tensor<double>& vectors) {
  const Index n = vectors.shape()[0], k = vectors.shape()[1], d = vectors.shape().stride(1);
  double worst = 0;
  for (Index row = 0; row < n; ++row)
    for (Index i = 0; i < k; ++i)
      for (Index j = 0; j <= i; ++j) {
        const double *a = vectors.data() + (row * k + i) * d, *b = vectors.data() + (row * k + j) * d;
        worst = std::max(worst, std::abs(dot(d, a, b) - (i == j ? 1 : 0)));
      }
  return worst;
}

/// The posterior over samples of a KDE: weights softmax(-|y - X_i|^2 / (2 s^2)), the mean, and central moments along v.
struct Posterior {
  std::vector<double> weights, mean;
  const Tensor<double>& samples;

  Posterior(const Tensor<double>& x, const double* y, double s)
      : mean(static_cast<std::size_t>(x.shape()[1]), 0.0), samples(x) {
    const Index n = x.shape()[0], d = x.shape()[1];
    double total = 0;
    for (Index i = 0; i < n; ++i) {
      double squares = 0;
      for (Index p = 0; p < d; ++p) squares += std::pow(y[p] - x(i, p), 2);
      weights.push_back(std::exp(-squares / (2 * s * s)));
      total += weights.back();
    }
    for (double& w : weights) w /= total;
    for (Index i = 0; i < n; ++i)
      for (Index p = 0; p < d; ++p) mean[static_cast<std::size_t>(p)] += weights[static_cast<std::size_t>(i)] * x(i, p);
  }
  double covariance(Index p, Index q) const {
    double sum = 0;
    for (Index i = 0; i < samples.shape()[0]; ++i)
      sum += weights[static_cast<std::size_t>(i)] * (samples(i, p) - mean[static_cast<std::size_t>(p)]) *
             (samples(i, q) - mean[static_cast<std::size_t>(q)]);
    return sum;
  }
  double moment(const double* v, int order) const {
    const Index d = samples.shape()[1];
    double sum = 0;
    for (Index i = 0; i < samples.shape()[0]; ++i)
      sum += weights[static_cast<std::size_t>(i)] *
             std::pow(dot(d, samples.data() + i * d, v) - dot(d, mean.data(), v), order);
    return sum;
  }
};

constexpr double s = 0.7;
const Tensor<double> samples = random_normal<double>({9, 5}, Key(1)), points = random_normal<double>({3, 5}, Key(2));

}  // namespace

TEST_CASE("symmetric eigenvalues: second differences have 2 + 2 cos(k pi / (d + 1)), whatever the basis") {
  for (const Index d : {1, 2, 3, 10, 37}) {
    CAPTURE(d);
    // Conjugated by the reflection 1 - 2 u u', which keeps eigenvalues and fills the matrix.
    const Tensor<double> u = random_normal<double>({d}, Key(3));
    const auto reflected = [&](Tensor<double> v) {
      const double along = 2 * dot(d, u.data(), v.data()) / dot(d, u.data(), u.data());
      for (Index i = 0; i < d; ++i) v.mutable_data()[i] -= along * u.data()[i];
      return v;
    };
    Tensor<double> a({1, d, d});
    for (Index column = 0; column < d; ++column) {
      Tensor<double> unit = Tensor<double>::zeros({d}), v({d});
      unit.mutable_data()[column] = 1;
      unit = reflected(unit);
      for (Index i = 0; i < d; ++i)
        v.mutable_data()[i] =
            2 * unit.data()[i] - (i > 0 ? unit.data()[i - 1] : 0) - (i + 1 < d ? unit.data()[i + 1] : 0);
      const Tensor<double> image = reflected(v);
      for (Index i = 0; i < d; ++i) a.mutable_data()[i * d + column] = image.data()[i];
    }
    const Eigenpairs found = symmetric_eigenpairs(a);
    const Tensor<double> values = symmetric_eigenvalues(a);
    REQUIRE(found.vectors.shape() == Shape{1, d, d});
    for (Index k = 0; k < d; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(k + 1) / static_cast<double>(d + 1);
      CHECK(std::abs(found.values(0, k) - (2 + 2 * std::cos(angle))) < 1e-13);
      CHECK(std::abs(values(0, k) - found.values(0, k)) < 1e-13);
      CHECK(found.residuals(0, k) < 1e-13);
    }
    CHECK(skewness_of_basis(found.vectors) < 1e-13);
  }
}

TEST_CASE("symmetric eigenvalues: zeros, diagonals, multiples and far scales are no special cases") {
  const Tensor<double> zero = Tensor<double>::zeros({1, 6, 6});
  const Tensor<double> none = symmetric_eigenvalues(zero);
  for (const double value : none.span()) CHECK(value == 0);
  CHECK(skewness_of_basis(symmetric_eigenpairs(zero).vectors) < 1e-14);

  Tensor<double> graded = zero;
  for (Index i = 0; i < 6; ++i) graded.mutable_data()[7 * i] = std::pow(10, -3.0 * static_cast<double>(i));
  for (Index i = 0; i < 6; ++i)
    CHECK(symmetric_eigenvalues(graded)(0, i) == doctest::Approx(std::pow(10, -3.0 * static_cast<double>(i))));

  Tensor<double> ones = Tensor<double>::ones({1, 6, 6});  // 6, and 0 five times
  const Eigenpairs found = symmetric_eigenpairs(ones);
  CHECK(found.values(0, 0) == doctest::Approx(6));
  for (Index k = 1; k < 6; ++k) CHECK(std::abs(found.values(0, k)) < 1e-14);
  CHECK(skewness_of_basis(found.vectors) < 1e-13);
  CHECK(message_of<ShapeError>([] {
          symmetric_eigenvalues(Tensor<double>({2, 3, 4}));
        }) == "symmetric_eigen: expects square matrices (N, d, d)   [matrices: (2, 3, 4)]");
  Tensor<double> broken = ones;
  broken.mutable_data()[1] = std::nan("");
  CHECK(message_of<ValueError>([&] { symmetric_eigenvalues(broken); }) ==
        "symmetric_eigen: an element of the matrices is not finite");
}

TEST_CASE("lanczos: the largest eigenpairs are those of the dense solver, and residuals are what they are said to be") {
  constexpr Index n = 3, d = 60, count = 5;
  const Tensor<double> a = symmetric(n, d, Key(4));
  const auto apply = [&](const Tensor<double>& v) { return times(a, v); };
  const Eigenpairs found = lanczos(apply, {n, d}, count, Key(5)), exact = symmetric_eigenpairs(a);
  CHECK(found.vectors.shape() == Shape{n, count, d});
  CHECK(found.products < d + count);
  for (Index row = 0; row < n; ++row)
    for (Index k = 0; k < count; ++k) {
      CHECK(found.values(row, k) == doctest::Approx(exact.values(row, k)).epsilon(1e-12));
      CHECK(found.residuals(row, k) < 1e-9 * exact.values(row, 0));
      const double* const v = found.vectors.data() + (row * count + k) * d;
      CHECK(std::abs(dot(d, v, exact.vectors.data() + (row * d + k) * d)) == doctest::Approx(1).epsilon(1e-12));
    }
  CHECK(skewness_of_basis(found.vectors) < 1e-12);

  // Ended too early, it says so: the residuals still bound the distance to an eigenvalue.
  const Eigenpairs early = lanczos(apply, {n, d}, count, Key(5), {.max_steps = 12});
  CHECK(early.products == 12 + count);
  CHECK(early.residuals(0, 4) > 1e-3);
  for (Index row = 0; row < n; ++row)
    for (Index k = 0; k < count; ++k) {
      double nearest = HUGE_VAL;
      for (Index i = 0; i < d; ++i) nearest = std::min(nearest, std::abs(early.values(row, k) - exact.values(row, i)));
      CHECK(nearest <= early.residuals(row, k));
    }
}

TEST_CASE("lanczos: a row is what it is alone, at any number of threads") {
  const Tensor<double> a = symmetric(4, 30, Key(6));
  const auto of = [&](const Tensor<double>& some) {
    return lanczos([&](const Tensor<double>& v) { return times(some, v); }, {some.shape()[0], 30}, 3, Key(7),
                   {.max_steps = 20});
  };
  const Eigenpairs all = of(a);
  CHECK(same_bits(of(a.rows(0, 1)).vectors, all.vectors.rows(0, 1)));
  CHECK(same_bits(of(a.rows(0, 2)).residuals, all.residuals.rows(0, 2)));
  const int before = threads();
  set_threads(3);
  CHECK(same_bits(of(a).vectors, all.vectors));
  set_threads(before);
}

TEST_CASE("lanczos: where the products of one vector span little, others begin beside it") {
  const Eigenpairs none =
      lanczos([](const Tensor<double>& v) { return Tensor<double>::zeros(v.shape()); }, {2, 7}, 3, Key(8));
  for (const double value : none.values.span()) CHECK(value == 0);
  CHECK(skewness_of_basis(none.vectors) < 1e-14);

  // 3, 3, 2, 2 and 1 ten times: all of it comes to light in as many steps as there are elements.
  Tensor<double> diagonal = Tensor<double>::zeros({1, 14, 14});
  for (Index i = 0; i < 14; ++i) diagonal.mutable_data()[15 * i] = i < 2 ? 3 : i < 4 ? 2 : 1;
  const Eigenpairs found = lanczos([&](const Tensor<double>& v) { return times(diagonal, v); }, {1, 14}, 14, Key(9));
  for (Index i = 0; i < 14; ++i) CHECK(found.values(0, i) == doctest::Approx(i < 2 ? 3 : i < 4 ? 2 : 1).epsilon(1e-12));
  CHECK(skewness_of_basis(found.vectors) < 1e-12);
}

TEST_CASE("lanczos: what it cannot do is refused") {
  const auto apply = [](const Tensor<double>& v) { return v; };
  CHECK(message_of<ShapeError>([&] { lanczos(apply, {5}, 1, Key(1)); }) ==
        "lanczos: expects vectors (N, ...) of at least one operator   [shape: (5,)]");
  CHECK(message_of<ValueError>([&] {
          lanczos(apply, {2, 5}, 6, Key(1));
        }) == "lanczos: count is from 1 to the 5 elements of a vector, got 6");
  CHECK(message_of<ShapeError>([&] {
          lanczos([](const Tensor<double>& v) { return v.rows(0, 1); }, {2, 5}, 1, Key(1));
        }) == "lanczos: apply gives what it is given, (2, 5)   [apply(v): (1, 5)]");
  CHECK(message_of<ValueError>([&] {
          lanczos([](const Tensor<double>& v) { return Tensor<double>::full(v.shape(), HUGE_VAL); }, {2, 5}, 1, Key(1));
        }) == "lanczos: apply(v) is not finite");
}

TEST_CASE(
    "posterior covariance: of a KDE it is the weighted covariance of the samples, whole, as an operator, by eigenpairs") {
  const PosteriorCovariance c = posterior_covariance(KdeEnergy<double>(samples, s), points, s);
  const Tensor<double> whole = c.matrix(), v = random_normal<double>(points.shape(), Key(10)), product = c(v);
  const Tensor<double> xhat = c.xhat();
  Tensor<double> expected(whole.shape());
  for (Index row = 0; row < 3; ++row) {
    const Posterior posterior(samples, points.data() + row * 5, s);
    for (Index p = 0; p < 5; ++p) {
      CHECK(xhat(row, p) == doctest::Approx(posterior.mean[static_cast<std::size_t>(p)]).epsilon(1e-12));
      for (Index q = 0; q < 5; ++q) expected.mutable_data()[(row * 5 + p) * 5 + q] = posterior.covariance(p, q);
    }
  }
  CHECK(test::relative_difference(whole, expected) < 1e-12);
  CHECK(test::relative_difference(product, times(expected, v)) < 1e-12);
  const Eigenpairs leading = leading_eigenpairs(c, 2, Key(11)), all = eigenpairs(c);
  const Tensor<double> values = eigenvalues(c), known = symmetric_eigenvalues(expected);
  for (Index row = 0; row < 3; ++row)
    for (Index k = 0; k < 5; ++k) {
      CHECK(std::abs(all.values(row, k) - known(row, k)) < 1e-13);
      CHECK(std::abs(values(row, k) - known(row, k)) < 1e-13);
      if (k < 2) CHECK(std::abs(leading.values(row, k) - known(row, k)) < 1e-13);
    }
  CHECK(all.vectors.shape() == Shape{3, 5, 5});
}

TEST_CASE("posterior covariance: cumulants along a direction are those of the weighted samples") {
  const Tensor<double> v = random_normal<double>(points.shape(), Key(12));
  const PosteriorCumulants found = posterior_cumulants(KdeEnergy<double>(samples, s), points, v, s);
  for (Index row = 0; row < 3; ++row) {
    const Posterior posterior(samples, points.data() + row * 5, s);
    const double* const along = v.data() + row * 5;
    const double second = posterior.moment(along, 2);
    CHECK(found.mean(row) == doctest::Approx(dot(5, posterior.mean.data(), along)).epsilon(1e-11));
    CHECK(found.variance(row) == doctest::Approx(second).epsilon(1e-11));
    CHECK(found.third(row) == doctest::Approx(posterior.moment(along, 3)).epsilon(1e-10));
    CHECK(found.fourth(row) == doctest::Approx(posterior.moment(along, 4) - 3 * second * second).epsilon(1e-10));
  }
}

TEST_CASE("posterior covariance: of one sample there is nothing to be unsure of") {
  const KdeEnergy<double> phi(samples.rows(0, 1), s);
  const PosteriorCovariance c = posterior_covariance(phi, points, s);
  const Tensor<double> matrix = c.matrix();
  for (const double element : matrix.span()) CHECK(std::abs(element) < 1e-15);
  const Tensor<double> leading = leading_eigenpairs(c, 2, Key(13)).values;
  for (const double value : leading.span()) CHECK(std::abs(value) < 1e-15);
  const PosteriorCumulants found = posterior_cumulants(phi, points, points, s);
  for (const auto* cumulant : {&found.variance, &found.third, &found.fourth})
    for (const double value : cumulant->span()) CHECK(std::abs(value) < 1e-11);
}

TEST_CASE("posterior covariance: of Gaussian data of variance v it is v s^2 / (v + s^2), and nothing is skew") {
  constexpr double v = 2;
  const GaussianEnergy<double> phi{v + s * s};
  const PosteriorCovariance c = posterior_covariance(phi, points, s);
  const Tensor<double> spectrum = eigenvalues(c);
  for (const double value : spectrum.span()) CHECK(value == doctest::Approx(v * s * s / (v + s * s)));
  const Tensor<double> leading = leading_eigenpairs(c, 3, Key(14)).values;
  for (const double value : leading.span()) CHECK(value == doctest::Approx(v * s * s / (v + s * s)));
  const PosteriorCumulants found = posterior_cumulants(phi, points, Tensor<double>::ones(points.shape()), s);
  for (Index row = 0; row < 3; ++row) {
    CHECK(found.variance(row) == doctest::Approx(5 * v * s * s / (v + s * s)));
    CHECK(found.third(row) == 0);
    CHECK(found.fourth(row) == 0);
  }
}

TEST_CASE(
    "posterior covariance: leading eigenpairs of images are the exact ones, and of a convex energy none is negative") {
  constexpr Index count = 4, d = 64;
  const Tensor<double> y = random_normal<double>({3, 8, 8, 1}, Key(15));
  const ConvEnergy<double> phi({.image = {8, 8, 1}, .channels = {4, 6}, .stride = {2}, .padding = 1, .bottleneck = 4},
                               Key(16));
  const PosteriorCovariance c = posterior_covariance(phi, y, s);
  const Eigenpairs leading = leading_eigenpairs(c, count, Key(17)), exact = eigenpairs(c);
  CHECK(leading.vectors.shape() == Shape{3, count, 8, 8, 1});
  CHECK(exact.products == d);
  for (Index row = 0; row < 3; ++row) {
    double residual = 0, outside = 0;
    for (Index k = 0; k < count; ++k) {
      CHECK(std::abs(leading.values(row, k) - exact.values(row, k)) < 1e-6 * s * s);
      CHECK(leading.residuals(row, k) < 1e-8 * s * s);
      residual = std::hypot(residual, leading.residuals(row, k));
      // What the exact vector has outside of the space of those found.
      std::vector<double> rest(exact.vectors.data() + (row * d + k) * d, exact.vectors.data() + (row * d + k + 1) * d);
      for (Index j = 0; j < count; ++j) {
        const double* const u = leading.vectors.data() + (row * count + j) * d;
        const double shared = dot(d, rest.data(), u);
        for (Index i = 0; i < d; ++i) rest[static_cast<std::size_t>(i)] -= shared * u[i];
      }
      outside = std::hypot(outside, std::sqrt(dot(d, rest.data(), rest.data())));
    }
    const double gap = exact.values(row, count - 1) - exact.values(row, count);
    CHECK(outside <= residual / gap + 1e-13);  // Davis & Kahan 1970
  }
  const ConvexEnergy<double> convex({.image = {8, 8, 1}, .channels = {4}, .quadratic = exact_quadratic(s)}, Key(18));
  const Tensor<double> of_convex = eigenvalues(posterior_covariance(convex, y, s));
  for (const double value : of_convex.span()) CHECK(value > -1e-15);
}

TEST_CASE("posterior covariance: what it cannot be is refused") {
  const GaussianEnergy<double> phi{1};
  CHECK(message_of<ShapeError>([&] { posterior_covariance(phi, points.rows(0, 0), s); }) ==
        "posterior_covariance: expects points (N, ...)   [y: (0, 5)]");
  CHECK(message_of<ValueError>([&] { posterior_covariance(phi, points, 0); }) ==
        "posterior_covariance: sigma is a positive noise level in data units, from 1e-6 to 1e6, got 0.000000");
  CHECK_THROWS_AS(posterior_covariance(phi, points, s)(points.rows(0, 1)), ShapeError);
  CHECK(message_of<ShapeError>([&] { posterior_cumulants(phi, points, points.rows(0, 1), s); }) ==
        "posterior_cumulants: expects a direction for each point (N, ...)   [y: (3, 5), v: (1, 5)]");
}
