#include "neb/sampling/diagnostics.hpp"

#include <doctest/doctest.h>

#include <cstdint>

#include "energy/fixture.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;

namespace {

/// Four chains of 250 draws of x = coefficient x + (u1 + u2 + u3 - 1.5), with the numbers u of a linear congruence. The
/// values expected of it are those of Stan.
Tensor<double> reference_series(double coefficient) {
  std::uint64_t state = 20191903;
  const auto uniform = [&] { return static_cast<double>(state = 16807 * state % 2147483647) / 2147483647; };
  Tensor<double> series({4, 250});
  double* out = series.mutable_data();
  for (int chain = 0; chain < 4; ++chain) {
    double x = 0;
    for (int draw = 0; draw < 250; ++draw) {
      const double first = uniform(), second = uniform(), third = uniform();
      *out++ = x = coefficient * x + (first + second + third - 1.5);
    }
  }
  return series;
}

template <class F>
Tensor<double> mapped(Tensor<double> series, const F& f) {
  for (Index i = 0; i < series.size(); ++i)
    series.mutable_data()[i] = f(series.data()[i], static_cast<double>(i / series.shape()[1]));
  return series;
}

struct Reference {
  double r_hat_bulk, r_hat_tail, ess_bulk, ess_tail;
};

void check_reference(const Tensor<double>& series, const Reference& expected) {
  const RHat found = r_hat(series);
  CHECK(found.bulk == doctest::Approx(expected.r_hat_bulk).epsilon(1e-8));
  CHECK(found.tail == doctest::Approx(expected.r_hat_tail).epsilon(1e-8));
  CHECK(found.larger() == std::max(found.bulk, found.tail));
  CHECK(bulk_ess(series) == doctest::Approx(expected.ess_bulk).epsilon(1e-8));
  CHECK(tail_ess(series) == doctest::Approx(expected.ess_tail).epsilon(1e-8));
}

/// x_t = r x_(t-1) + sqrt(1 - r^2) e_t, stationary from the first draw on, of variance 1.
Tensor<double> autoregression(Index chains, Index draws, double r, std::uint64_t seed) {
  Tensor<double> x = random_normal<double>({chains, draws}, Key(seed));
  for (Index i = 0; i < x.size(); ++i)
    if (i % draws != 0) x.mutable_data()[i] = r * x.data()[i - 1] + std::sqrt(1 - r * r) * x.data()[i];
  return x;
}

void says_nothing(const Tensor<double>& series) {
  CHECK(std::isnan(r_hat(series).larger()));
  CHECK(std::isnan(bulk_ess(series)));
  CHECK(std::isnan(tail_ess(series)));
  CHECK(std::isnan(mean_ess(series)));
  CHECK(autocorrelations(series).empty());
  const Diagnosis found = diagnose(series);
  for (const double number : {found.error, found.r_hat, found.bulk_ess, found.tail_ess, found.autocorrelation_time})
    CHECK(std::isnan(number));
}

}  // namespace

TEST_CASE("diagnostics: R-hat and effective sample sizes are Stan's") {
  const Tensor<double> series = reference_series(0.7);
  CHECK(series(0, 0) == doctest::Approx(-0.839643850615).epsilon(1e-12));
  check_reference(series, {1.0219251169, 1.0034757860, 141.58318257, 307.34048038});
  check_reference(mapped(series, [](double x, double) { return std::nearbyint(10 * x) / 10; }),
                  {1.0218763435, 1.0028391386, 142.16309049, 263.23025442});
  check_reference(mapped(series, [](double x, double chain) { return x + 0.3 * chain; }),
                  {1.0438909007, 1.0127632621, 119.56067211, 287.86804020});
}

TEST_CASE("diagnostics: chains that swing to and fro are worth at most draws * log10(draws)") {
  CHECK(bulk_ess(reference_series(-0.9)) == doctest::Approx(3000).epsilon(1e-12));
}

TEST_CASE("diagnostics: they are ArviZ's") {
  const SafeTensors fixture = test::fixture("diagnostics");
  int count = 0;
  for (const auto& entry : fixture.entries()) {
    const std::string& name = entry.first;
    if (!name.ends_with(".series")) continue;
    CAPTURE(name);
    const Tensor<double> series = fixture.get<double>(name);
    const Tensor<double> expected = fixture.get<double>(name.substr(0, name.size() - 6) + "arviz", {6});
    const RHat found = r_hat(series);
    const double numbers[] = {found.bulk,       found.tail,       bulk_ess(series),
                              tail_ess(series), mean_ess(series), diagnose(series).error};
    for (Index i = 0; i < 6; ++i) CHECK(numbers[i] == doctest::Approx(expected(i)).epsilon(1e-10));
    ++count;
  }
  CHECK(count == 13);
}

TEST_CASE("diagnostics: of an autoregression x' = r x + e the autocorrelation time is (1 + r) / (1 - r)") {
  for (const double r : {0.0, 0.6, 0.9, -0.5}) {
    CAPTURE(r);
    const Tensor<double> series = autoregression(8, 10000, r, 5);
    const Diagnosis found = diagnose(series);
    CHECK(found.autocorrelation_time == doctest::Approx((1 + r) / (1 - r)).epsilon(0.1));
    CHECK(found.error == doctest::Approx(std::sqrt((1 + r) / (1 - r) / 80000)).epsilon(0.05));
    CHECK(std::abs(found.mean) < 4 * found.error);
    CHECK(found.r_hat < 1.01);
    const std::vector<double> rho = autocorrelations(series);
    CHECK(rho.size() == 5000);
    for (const std::size_t t : {0U, 1U, 2U, 5U}) CHECK(std::abs(rho[t] - std::pow(r, static_cast<double>(t))) < 0.03);
  }
}

TEST_CASE("diagnostics: the shortest chains are those of 4 draws") {
  const Tensor<double> four({1, 4}, {1, 3, 2, 5});
  // The cap: no pair of lags is left to look at.
  CHECK(mean_ess(four) == doctest::Approx(4 * std::log10(4.0)));
  // The halves have means 2 and 3.5, and variances 2 and 4.5.
  CHECK(sampling::r_hat(sampling::split(four, "")) == doctest::Approx(std::sqrt(1.125 / 3.25 + 0.5)));
  says_nothing(Tensor<double>({1, 3}, {1, 3, 2}));
  says_nothing(Tensor<double>({2, 0}));
}

TEST_CASE("diagnostics: the middle of an odd chain counts for its mean alone") {
  Tensor<double> odd = autoregression(3, 101, 0.5, 6);
  const double before = bulk_ess(odd), r = r_hat(odd).larger();
  for (Index chain = 0; chain < 3; ++chain) odd.mutable_data()[chain * 101 + 50] += 7;
  CHECK(bulk_ess(odd) == before);
  CHECK(r_hat(odd).larger() == r);
  CHECK(std::isnan(bulk_ess(Tensor<double>({1, 5}, {2, 2, 7, 2, 2}))));
}

TEST_CASE("diagnostics: nothing is said of a series that is constant or not finite") {
  says_nothing(Tensor<double>::full({4, 100}, 0.1));
  CHECK(diagnose(Tensor<double>::full({4, 128}, 0.125)).mean == 0.125);
  for (const double wrong : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    for (const Index draw : {0, 50, 100}) {  // in the first half, in the middle and in the last half
      Tensor<double> series = autoregression(2, 101, 0.5, 7);
      series.mutable_data()[draw] = wrong;
      says_nothing(series);
    }
}

TEST_CASE("diagnostics: chains that have not mixed are told from those that have") {
  const Tensor<double> good = autoregression(4, 500, 0.3, 8);
  CHECK(r_hat(good).larger() < 1.01);
  const Tensor<double> apart = mapped(good, [](double x, double chain) { return x + chain; });
  CHECK(r_hat(apart).bulk > 1.3);
  CHECK(bulk_ess(apart) < 12);
  const Tensor<double> wide = mapped(good, [](double x, double chain) { return x * (1 + 2 * chain); });
  CHECK(r_hat(wide).bulk < 1.01);
  CHECK(r_hat(wide).tail > 1.1);
  Tensor<double> drift = good.rows(0, 1);  // one chain is enough to see that it drifts
  for (Index t = 0; t < 500; ++t) drift.mutable_data()[t] += 0.01 * static_cast<double>(t);
  CHECK(r_hat(drift).larger() > 1.3);
}

TEST_CASE("diagnostics: an indicator has a bulk, and no tail that it would lack") {
  const Tensor<double> series =
      mapped(autoregression(4, 500, 0.3, 9), [](double x, double) { return x > 0 ? 1.0 : 0.0; });
  CHECK(r_hat(series).larger() < 1.01);
  CHECK(bulk_ess(series) > 500);
  CHECK(std::isnan(tail_ess(series)));
  // Chains that never leave their class: between them is all the variance.
  const Tensor<double> stuck = mapped(series, [](double, double chain) { return chain < 2 ? 0.0 : 1.0; });
  CHECK(r_hat(stuck).larger() > 1e6);
  CHECK(bulk_ess(stuck) < 10);
}

TEST_CASE("diagnostics: a series has chains and draws") {
  for (const auto& operation : {std::function<void(const Tensor<double>&)>([](const auto& x) { r_hat(x); }),
                                {[](const auto& x) { bulk_ess(x); }},
                                {[](const auto& x) { tail_ess(x); }},
                                {[](const auto& x) { mean_ess(x); }},
                                {[](const auto& x) { autocorrelations(x); }},
                                {[](const auto& x) { diagnose(x); }}})
    for (const Shape& shape : {Shape{5}, Shape{0, 5}, Shape{2, 3, 4}, Shape{}})
      CHECK_THROWS_AS(operation(Tensor<double>::zeros(shape)), ShapeError);
  CHECK(message_of<ShapeError>([] { bulk_ess(Tensor<double>::zeros({5})); }) ==
        "bulk_ess: expects a series (chains, draws) of at least one chain   [series: (5,)]");
}
