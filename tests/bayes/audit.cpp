// Audits of energies that are right, and of each that is wrong in its own way.
#include "neb/bayes/audit.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "neb/bayes/audit_verdict.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/ops/activation.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::GaussianEnergy;
using neb::test::message_of;

namespace {

constexpr double s = 0.3;
constexpr Index n = 600, d = 8;
const Tensor<double> points = random_uniform<double>({12, d}, Key(1));

/// Clean data of which KdeEnergy(points) is the optimal energy at every noise level: points, drawn at random.
Tensor<double> drawn() {
  Tensor<double> x({n, d});
  for (Index i = 0; i < n; ++i)
    std::copy_n(points.data() + random_index(12, Key(2), i) * d, d, x.mutable_data() + i * d);
  return x;
}
const Tensor<double> x = drawn(), y = smooth(x, s, Key(3));
const KdeEnergy<double> right(points, s), wide(points, 0.45);
const Key key(4);

/// The energy, multiplied.
auto times(double factor) {
  return [factor](const Var<double>& at) { return factor * right(at); };
}

bool names(const std::vector<Explanation>& found, Fault fault) {
  return std::any_of(found.begin(), found.end(), [&](const Explanation& one) { return one.fault == fault; });
}

/// The noise level of the fault among those found; NaN where it is not.
double level_of(const std::vector<Explanation>& found, Fault fault) {
  for (const Explanation& one : found)
    if (one.fault == fault) return one.sigma;
  return std::nan("");
}

bool near(const SampleMean& mean, double value) { return std::abs(mean.value - value) < 4 * mean.error; }

}  // namespace

TEST_CASE("audit: its numbers are those of their formulas, where all are known") {
  constexpr double w = 0.8;  // phi = |y|^2 / (2 w): g = y / w, H = 1 / w, which random signs know exactly
  const Audit found = audit(GaussianEnergy<double>{w}, x, y, s, key, {.spectra = 5});
  double squares = 0, loss = 0, difference = 0;
  for (Index i = 0; i < n; ++i) {
    double square = 0, error = 0;
    for (Index p = 0; p < d; ++p) {
      square += std::pow(y(i, p), 2) / (w * w);
      error += std::pow(x(i, p) - y(i, p) * (1 - s * s / w), 2);
    }
    squares += square / n;
    loss += error / n;
    difference += (d * s * s + s * s * s * s * (square - 2 * d / w) - error) / n;
  }
  CHECK(found.samples == n);
  CHECK(found.dimensions == d);
  CHECK(found.slope.value == doctest::Approx(d / w / squares));
  CHECK(found.square == doctest::Approx(s * s * s * s * squares));
  CHECK(found.trace.value == doctest::Approx(s * s * d * (1 - s * s / w)));
  CHECK(found.trace.error < 1e-12);
  REQUIRE(found.clean);
  CHECK(found.clean->loss.value == doctest::Approx(loss));
  CHECK(found.clean->sure_minus_loss.value == doctest::Approx(difference));
  CHECK(found.sure.value == doctest::Approx(loss + difference));
  CHECK(found.spectra.shape() == Shape{5, d});
  for (const double value : found.spectra.span()) CHECK(value == doctest::Approx(s * s / w));
  CHECK(found.share_above_one == 0);
  CHECK(found.negative_trace == 0);
  CHECK(found.positive_trace == doctest::Approx(found.trace.value));
}

TEST_CASE("audit: of the optimal energy the slope is 1, SURE is the loss, and C knows the error, decile by decile") {
  const Audit found = audit(right, x, y, s, key);
  CHECK(near(found.slope, 1));
  CHECK(found.slope.error < 0.03);
  CHECK(near(found.clean->sure_minus_loss, 0));
  CHECK(found.clean->sure_minus_loss.error < 0.15 * found.sure.value);
  CHECK(near(found.trace, found.clean->loss.value));
  CHECK(found.share_above_one == 0);
  REQUIRE(found.clean->deciles.size() == 10);
  for (const Decile& tenth : found.clean->deciles)
    CHECK(std::abs(tenth.error.value - tenth.predicted) < 5 * tenth.error.error);
  CHECK(found.clean->deciles[9].predicted > 3 * found.clean->deciles[0].predicted);
  CHECK(near(found.clean->noise, s));
  CHECK(found.clean->profile.radius.size() == 5);
  const AuditVerdict says = verdict(found);
  CHECK(says.sound());
  CHECK_FALSE(says.flat_inside);
  CHECK(verdict(audit(right, y, s, key)).sound());
}

TEST_CASE("audit: a wrong sign is a slope of -1") {
  const Audit found = audit(times(-1), y, s, key);
  CHECK(near(found.slope, -1));
  const AuditVerdict says = verdict(found);
  CHECK(says.wrong_sign);
  CHECK(says.scale.empty());
  // The identity of SURE holds for it as for any other: it tests the energy never.
  CHECK(near(audit(times(-1), x, y, s, key).clean->sure_minus_loss, 0));
  CHECK(verdict(audit(times(-1), x, y, s, key)).noise.empty());
}

TEST_CASE("audit: a missing sigma^2 is a slope of 1 / sigma^2, which an energy of sigma 1 has as well") {
  const Audit found = audit(times(s * s), y, s, key);
  CHECK(near(found.slope, 1 / (s * s)));
  const AuditVerdict says = verdict(found);
  CHECK_FALSE(says.wrong_sign);
  CHECK(names(says.scale, Fault::missing_variance));
  CHECK(level_of(says.scale, Fault::energy_of_sigma) == doctest::Approx(1).epsilon(0.05));
  const AuditVerdict both = verdict(audit(times(-s * s), y, s, key));
  CHECK(both.wrong_sign);
  CHECK(names(both.scale, Fault::missing_variance));
}

TEST_CASE(
    "audit: an energy of 0.45 used at 0.3 has a slope of about (0.45 / 0.3)^2, and data of 0.2 would explain it too") {
  const Audit found = audit(wide, y, s, key);
  CHECK(found.slope.value == doctest::Approx(2.25).epsilon(0.25));
  const AuditVerdict says = verdict(found);
  CHECK_FALSE(says.wrong_sign);
  REQUIRE(says.scale.size() == 2);
  CHECK(level_of(says.scale, Fault::energy_of_sigma) == doctest::Approx(0.45).epsilon(0.12));
  CHECK(level_of(says.scale, Fault::data_of_sigma) == doctest::Approx(0.2).epsilon(0.12));
  // Clean data show that the noise is what it is said to be.
  const AuditVerdict sure = verdict(audit(wide, x, y, s, key));
  CHECK(sure.noise.empty());
  REQUIRE(sure.scale.size() == 1);
  CHECK(sure.scale[0].fault == Fault::energy_of_sigma);
}

TEST_CASE("audit: data of 0.3 claimed as 0.45 are found out by SURE minus loss, and measured") {
  for (const bool claimed : {true, false}) {  // an energy of the level that is claimed, or of the one that is there
    CAPTURE(claimed);
    const Audit found = audit(claimed ? wide : right, x, y, 0.45, key);
    CHECK_FALSE(near(found.clean->sure_minus_loss, 0));
    const AuditVerdict says = verdict(found);
    REQUIRE(says.noise.size() == 1);
    CHECK(says.noise[0].fault == Fault::data_of_sigma);
    CHECK(says.noise[0].sigma == doctest::Approx(s).epsilon(0.02));
    CHECK(says.scale.empty());  // each energy is sound at a level of its own
    CHECK_FALSE(says.wrong_sign);
  }
}

TEST_CASE("audit: without clean data, a level that is too high for the data makes the covariance negative") {
  const Tensor<double> alone = smooth(Tensor<double>::zeros({n, d}), s, Key(5));
  const Audit found = audit(KdeEnergy<double>(Tensor<double>::zeros({1, d}), s), alone, 0.45, key);
  CHECK(near(found.slope, 1));
  CHECK(found.trace.value < 0);
  const AuditVerdict says = verdict(found);
  CHECK(says.scale.empty());
  CHECK(level_of(says.noise, Fault::data_of_sigma) == doctest::Approx(s).epsilon(1e-9));
}

TEST_CASE("audit: noise of the right size that is the same in all elements is not white") {
  Tensor<double> same = x;
  const Tensor<double> e = random_normal<double>({n, 1}, Key(6));
  for (Index i = 0; i < x.size(); ++i) same.mutable_data()[i] += s * e.data()[i / d];
  const AuditVerdict says = verdict(audit(right, x, same, s, key));
  REQUIRE(says.noise.size() == 1);
  CHECK(says.noise[0].fault == Fault::not_white);
}

TEST_CASE("audit: an energy that is flat inside the spheres is told, and is no fault") {
  // Around the origin: the energy of one sample from r^2 = 1/2 on, and a floor within.
  const auto crater = [](const Var<double>& at) {
    return d / 100.0 * softplus(50.0 * (sum(square(at), 1) / (s * s * d) - 0.5));
  };
  const Tensor<double> zeros = Tensor<double>::zeros({n, d});
  const Audit found = audit(crater, zeros, smooth(zeros, s, Key(8)), s, key, {.spectra = 0});
  CHECK(verdict(found).flat_inside);
  CHECK(found.spectra.size() == 0);
}

TEST_CASE("audit: its numbers do not depend on the batch, and it tells its progress and stops") {
  const AuditOptions options{.spectra = 12, .profiled = 30};
  test::ProgressRecord record;
  const Audit found = audit(right, x, y, s, key, options, record.until());
  CHECK(record.complete());
  AuditOptions narrow = options;
  narrow.batch = 7;
  const Audit other = audit(right, x, y, s, key, narrow);
  CHECK(other.slope.value == doctest::Approx(found.slope.value).epsilon(1e-12));
  CHECK(other.clean->sure_minus_loss.value == doctest::Approx(found.clean->sure_minus_loss.value).epsilon(1e-9));
  CHECK(other.negative_trace == doctest::Approx(found.negative_trace));

  test::ProgressRecord stopped;
  const Audit part = audit(right, x, y, s, key, options, stopped.until(2));
  CHECK(part.samples == 100);
  CHECK(part.spectra.size() == 0);
  CHECK(part.clean->profile.radius.empty());
}

TEST_CASE("audit: what it cannot look at is refused") {
  CHECK(message_of<ShapeError>([&] { audit(right, y.rows(0, 1), s, key); }) ==
        "audit: expects at least two noisy samples (N, ...)   [y: (1, 8)]");
  CHECK(message_of<ShapeError>([&] { audit(right, x.rows(0, 2), y, s, key); }) ==
        "audit: x and y have one shape   [x: (2, 8), y: (600, 8)]");
  CHECK(message_of<ValueError>([&] { audit(right, y, -1, key); }) ==
        "audit: sigma is a positive noise level in data units, from 1e-6 to 1e6, got -1.000000");
  CHECK(message_of<ValueError>([&] { audit(right, y, s, key, {.probes = 3}); }) ==
        "audit: probes is an even number of at least 2, got 3");
  CHECK(message_of<ValueError>([&] { audit(right, y, s, key, {.batch = 0}); }) == "audit: batch is at least 1, got 0");
  Tensor<double> lost = y;
  lost.mutable_data()[3 * d] = HUGE_VAL;
  CHECK(message_of<ValueError>([&] { audit(GaussianEnergy<double>{1}, lost, s, key); }) ==
        "audit: the energy's gradient or Hessian is not finite at sample 3");
}

TEST_CASE("audit: spectra are counted where C is negative, its traces apart, and kept as those of sigma^2 H") {
  Audit audit;
  audit.sigma = 0.5;
  bayes::summarise_spectra(audit, Tensor<double>({2, 4}, {0.25, 0.125, -0.0625, 0, 0.5, -0.125, -0.25, 0.0625}));
  CHECK(audit.share_above_one == 3.0 / 8);
  CHECK(audit.negative_trace == -0.4375 / 2);
  CHECK(audit.positive_trace == 0.9375 / 2);
  CHECK(audit.spectra(0, 0) == 0);
  CHECK(audit.spectra(0, 2) == 1.25);
  CHECK(audit.spectra(1, 0) == -1);
}
