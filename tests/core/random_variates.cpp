#include "neb/core/random_variates.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace neb;

namespace {

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0;
}

/// Pearson's statistic of counts against their probabilities, as a normal number (Wilson & Hilferty 1931): 3.1 is
/// exceeded by one sample in a thousand. Neighbouring counts are one bin until 20 are expected in it; the last one has
/// all the rest.
template <class T>
double chi_squared(const Tensor<T>& counts, const std::function<double(double)>& probability) {
  const double n = static_cast<double>(counts.size());
  std::map<double, double> seen;
  for (const T count : counts.span()) seen[static_cast<double>(count)] += 1;
  double statistic = 0, bins = 0, observed = 0, expected = 0, observed_rest = n, expected_rest = n;
  const auto close = [&] {
    statistic += std::pow(observed - expected, 2) / expected;
    observed_rest -= observed;
    expected_rest -= expected;
    observed = expected = 0;
    ++bins;
  };
  for (double count = 0; expected_rest - expected > 20; ++count) {
    observed += seen[count];
    expected += n * probability(count);
    if (expected > 20 && expected_rest - expected > 20) close();
  }
  observed = observed_rest;
  expected = expected_rest;
  close();
  const double degrees = bins - 1, scale = 2 / (9 * degrees);
  return (std::cbrt(statistic / degrees) - (1 - scale)) / std::sqrt(scale);
}

/// The largest distance between the distribution of x and `cdf` (Kolmogorov's statistic), times sqrt(n); 1.95 is
/// exceeded by one sample in a thousand.
template <class T>
double kolmogorov(const Tensor<T>& x, const std::function<double(double)>& cdf) {
  std::vector<double> sorted(x.span().begin(), x.span().end());
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = cdf(sorted[i]);
    distance = std::max({distance, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
  }
  return distance * std::sqrt(n);
}

template <class T>
double mean(const Tensor<T>& x) {
  double sum = 0;
  for (const T value : x.span()) sum += static_cast<double>(value);
  return sum / static_cast<double>(x.size());
}

template <class T>
double variance(const Tensor<T>& x) {
  const double middle = mean(x);
  double sum = 0;
  for (const T value : x.span()) sum += std::pow(static_cast<double>(value) - middle, 2);
  return sum / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("log n! is the sum of logarithms") {
  double sum = 0;
  for (int n = 1; n <= 3000; ++n) {
    sum += std::log(n);
    if (n < 40 || n % 500 == 0) CHECK(log_factorial(n) == doctest::Approx(sum).epsilon(1e-14));
  }
  CHECK(log_factorial(0) == 0);
  CHECK(log_factorial(1e6) == doctest::Approx(std::lgamma(1e6 + 1)).epsilon(1e-15));
}

TEST_CASE_TEMPLATE("Poisson counts have their probabilities", T, float, double) {
  for (const double rate : {0.03, 0.7, 1.0, 4.0, 12.5, 200.0, 5000.0}) {
    CAPTURE(rate);
    const Index n = 1 << 16;
    const Tensor<T> y = random_poisson(Tensor<T>::full({n}, static_cast<T>(rate)), Key(1).fold("poisson"));
    const double exact = static_cast<double>(static_cast<T>(rate));
    CHECK(chi_squared(y, [&](double k) { return std::exp(k * std::log(exact) - exact - std::lgamma(k + 1)); }) < 3.1);
    CHECK(std::abs(mean(y) - rate) < 4 * std::sqrt(rate / n));
    // The fourth central moment is rate (1 + 3 rate).
    CHECK(std::abs(variance(y) - rate) < 4 * std::sqrt((rate + 2 * rate * rate) / n));
  }
}

TEST_CASE("Poisson counts of the largest mean are where they must be, and those of mean 0 are 0") {
  const Tensor<float> y = random_poisson(Tensor<float>::full({2000}, 0x1p23f), Key(1));
  CHECK(std::abs(mean(y) - 0x1p23) < 4 * std::sqrt(0x1p23 / 2000));
  CHECK(std::abs(variance(y) / 0x1p23 - 1) < 4 * std::sqrt(2.0 / 2000));
  const Tensor<double> zeros = random_poisson(Tensor<double>::zeros({5, 3}), Key(1));
  for (const double zero : zeros.span()) CHECK(zero == 0);
}

TEST_CASE("a Poisson count is what inversion gives at both ends of the uniform number") {
  CHECK(detail::poisson_count(0, 0.5) == 0);
  CHECK(detail::poisson_count(std::exp(-0.5), 0.5) == 1);
  CHECK(detail::poisson_count(0, 9.3) == 9);  // terms are taken from the mode on
  for (const double rate : {1e-300, 0.5, 10.0, 1e4}) {
    const double last = detail::poisson_count(1 - 0x1p-53, rate);
    CHECK(std::abs(last - rate) <= 10 * std::sqrt(rate) + 20);
  }
}

TEST_CASE("geometric counts have their probabilities") {
  for (const double x : {0.01, 0.5, 0.9, 0.999}) {
    CAPTURE(x);
    const Index n = 1 << 16;
    const Tensor<double> y = random_geometric(Tensor<double>::full({n}, x), Key(2));
    CHECK(chi_squared(y, [&](double k) { return (1 - x) * std::pow(x, k); }) < 3.1);
    const double expected = x / (1 - x);
    CHECK(std::abs(mean(y) - expected) < 4 * std::sqrt(expected / (1 - x) / n));
  }
  const Tensor<float> zeros = random_geometric(Tensor<float>::zeros({7}), Key(2));
  for (const float zero : zeros.span()) CHECK(zero == 0);
}

TEST_CASE_TEMPLATE("gamma numbers have the distribution of their law", T, float, double) {
  const Index n = 1 << 15;
  const auto half = [](double y) { return std::erf(std::sqrt(y)); };  // shape 1/2; one more shape by parts
  const std::vector<std::pair<double, std::function<double(double)>>> laws{
      {0.5, half},
      {1, [](double y) { return 1 - std::exp(-y); }},
      {1.5, [&](double y) { return half(y) - std::sqrt(y) * std::exp(-y) / std::tgamma(1.5); }},
      {3, [](double y) { return 1 - std::exp(-y) * (1 + y + y * y / 2); }}};
  for (const auto& law : laws) {
    CAPTURE(law.first);
    CHECK(kolmogorov(random_gamma<T>({n}, law.first, Key(3)), law.second) < 1.95);
  }
  for (const double shape : {0.2, 7.0, 400.0}) {
    CAPTURE(shape);
    const Tensor<T> y = random_gamma<T>({n}, shape, Key(4));
    CHECK(*std::min_element(y.span().begin(), y.span().end()) > 0);
    CHECK(std::abs(mean(y) - shape) < 4 * std::sqrt(shape / n));
    CHECK(std::abs(variance(y) - shape) < 4 * std::sqrt((2 * shape * shape + 6 * shape) / n));
  }
  // u^(1 / shape) is 0 for most u in double, but no number of the law is.
  const Tensor<T> small = random_gamma<T>({100}, 1e-4, Key(5));
  for (const T value : small.span()) CHECK(value > 0);
}

TEST_CASE_TEMPLATE("Laplace numbers have the distribution of Laplace's law", T, float, double) {
  const Tensor<T> y = random_laplace<T>({1 << 16}, Key(6));
  CHECK(kolmogorov(y, [](double v) { return v < 0 ? 0.5 * std::exp(v) : 1 - 0.5 * std::exp(-v); }) < 1.95);
  CHECK(std::abs(variance(y) - 2) < 4 * std::sqrt(20.0 / (1 << 16)));
}

TEST_CASE("neighbours are uncorrelated") {
  const Index n = 1 << 14;
  for (const Tensor<double>& y : {random_poisson(Tensor<double>::full({n}, 3.0), Key(7)),
                                  random_geometric(Tensor<double>::full({n}, 0.4), Key(7)),
                                  random_gamma<double>({n}, 2, Key(7)), random_laplace<double>({n}, Key(7))})
    for (const Index lag : {1, 2, 4}) {
      const double middle = mean(y);
      double sum = 0;
      for (Index i = 0; i + lag < n; ++i) sum += (y(i) - middle) * (y(i + lag) - middle);
      CHECK(std::abs(sum) < 4 * variance(y) * std::sqrt(static_cast<double>(n)));
    }
}

TEST_CASE("variates depend on the key, their place and their parameter alone, at any thread count") {
  const Shape shape{3, 5003};
  const Tensor<float> rates = random_uniform<float>(shape, Key(8), 0.0f, 0.99f);
  const auto draw = [&](const Tensor<float>& x) {
    return std::vector<Tensor<float>>{random_poisson(x, Key(9)), random_geometric(x, Key(9)),
                                      random_gamma<float>(x.shape(), 0.7, Key(9)),
                                      random_laplace<float>(x.shape(), Key(9))};
  };
  const int saved = threads();
  set_threads(1);
  const auto expected = draw(rates);
  set_threads(3);
  const auto threaded = draw(rates), fewer = draw(rates.rows(0, 2));
  set_threads(saved);
  Tensor<float> changed = rates;
  changed.mutable_data()[4097] = 0.5f;
  const auto with_change = draw(changed);
  for (std::size_t law = 0; law < 4; ++law) {
    CHECK(same_bits(threaded[law], expected[law]));
    CHECK(same_bits(fewer[law], expected[law].rows(0, 2)));
    CHECK_FALSE(same_bits(expected[law].rows(0, 1), expected[law].rows(1, 2)));
    for (Index i = 0; i < rates.size(); ++i)
      if (i != 4097) REQUIRE(with_change[law].data()[i] == expected[law].data()[i]);
  }
}

TEST_CASE("variates of any rank, empty ones included") {
  CHECK(random_poisson(Tensor<double>::full({}, 1e3), Key(1)).item() > 500);
  CHECK(random_geometric(Tensor<double>::zeros({0, 3}), Key(1)).shape() == Shape{0, 3});
  CHECK(random_gamma<double>({3, 0}, 1, Key(1)).shape() == Shape{3, 0});
  CHECK(random_laplace<double>({2, 2, 3}, Key(1)).shape() == Shape{2, 2, 3});
}

TEST_CASE("variates: parameters are checked") {
  const auto of = [](double value) { return Tensor<double>::full({2}, value); };
  CHECK_THROWS_WITH_AS(random_poisson(of(-1), Key(1)), "random_poisson: a mean is in [0, 2^23], got -1.000000",
                       ValueError);
  for (const double bad : {std::nan(""), 1e8, HUGE_VAL}) CHECK_THROWS_AS(random_poisson(of(bad), Key(1)), ValueError);
  CHECK_THROWS_WITH_AS(random_geometric(of(1), Key(1)), "random_geometric: x is a probability in [0, 1), got 1.000000",
                       ValueError);
  for (const double bad : {std::nan(""), -0.1, 2.0}) CHECK_THROWS_AS(random_geometric(of(bad), Key(1)), ValueError);
  CHECK_THROWS_WITH_AS(random_gamma<double>({2}, 0, Key(1)),
                       "random_gamma: the shape of the law is positive, got 0.000000", ValueError);
  for (const double bad : {std::nan(""), -1.0, HUGE_VAL})
    CHECK_THROWS_AS(random_gamma<double>({2}, bad, Key(1)), ValueError);
}
