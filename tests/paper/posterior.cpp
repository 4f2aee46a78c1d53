#include "paper/posterior.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "bayes/closed_forms.hpp"
#include "neb/bayes/audit_verdict.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/energy/kde_energy.hpp"
#include "paper/audits.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

constexpr double s = 0.4;

}  // namespace

TEST_CASE("Lanczos and the dense solver agree on leading directions, as far as residuals say") {
  const Tensor<double> x = random_uniform<double>({12, 4, 4, 1}, Key(1));
  const PosteriorCovariance c(KdeEnergy<double>(x, s), smooth(x.rows(0, 3), s, Key(2)), s);
  const LanczosCheck check = check_lanczos(c, 4, Key(3));
  CHECK(check.difference < 1e-12);
  CHECK(check.residual < 1e-10);
  CHECK(check.outside < 1e-9);
  CHECK(check.spectra.shape() == Shape{3, 16});
  CHECK(check.leading.values.shape() == Shape{3, 4});
}

TEST_CASE("along leading directions the clean image is as far from the jump as C says, and not with a wrong C") {
  constexpr double v = 0.5;
  constexpr Index n = 4000;
  const Tensor<double> x = normal_samples<double>(n, 6, v, Key(4)), y = smooth(x, s, Key(5));
  const auto spread = [&](double variance) {
    const PosteriorCovariance c(GaussianEnergy<double>{variance}, y, s);
    return spread_along(c, leading_eigenpairs(c, 2, Key(6)), x);
  };
  for (const double one : spread(v + s * s)) CHECK(std::abs(one - 1) < 4 * std::sqrt(2.0 / n));
  for (const double one : spread(0.3)) CHECK(std::abs(one - 1) > 4 * std::sqrt(2.0 / n));
  for (const double one : spread(s * s / 2)) CHECK(std::isnan(one));  // C is negative
}

TEST_CASE("audits: an energy that is broken on purpose is found out, and the verdict names what was done to it") {
  // Where the noise is larger than the data, as in an image's directions of no ink.
  const auto gaussian = [](double sigma) {
    return examples::DoubleEnergy{GaussianEnergy<double>{0.01 + sigma * sigma}, sigma, Shape{6}};
  };
  const Tensor<double> x = normal_samples<double>(4000, 6, 0.01, Key(7));
  const std::vector<BrokenEnergy> broken = broken_energies(gaussian(0.3), gaussian(0.2));
  const auto verdict_on = [&](const BrokenEnergy& one) {
    const Tensor<double> y = smooth(x, one.noise, Key(8));
    return verdict(audit(one.energy.phi, x, y, one.energy.sigma, Key(9), {.spectra = 0, .profiled = 0}));
  };
  REQUIRE(broken.size() == 4);
  CHECK(verdict_on(broken[0]).wrong_sign);
  CHECK(verdict_on(broken[1]).scale.front().fault == Fault::missing_variance);
  CHECK(verdict_on(broken[2]).scale.front().fault == Fault::energy_of_sigma);
  CHECK(verdict_on(broken[3]).noise.front().fault == Fault::data_of_sigma);
  CHECK(verdict_on({"sound", gaussian(0.3), 0.3, ""}).sound());
}

}  // namespace neb::test
