// What operations make of zeros of either sign, infinities, NaN, and the largest and smallest numbers: values and gradients
// against the standard library's functions and the formulas that their documents name.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "neb/ops/activation.hpp"
#include "neb/ops/extrema.hpp"
#include "neb/ops/power.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using Limits = std::numeric_limits<double>;

const std::vector<double> edges{0,
                                -0.0,
                                infinity,
                                -infinity,
                                quiet,
                                Limits::max(),
                                Limits::min(),
                                -Limits::max(),
                                Limits::denorm_min(),
                                -Limits::denorm_min(),
                                1,
                                -2.5};

/// Equal, both NaN, or a few roundings apart; 0 and -0 are equal.
bool agree(double got, double expected) {
  if (std::isnan(expected)) return std::isnan(got);
  return got == expected || std::abs(got - expected) <= 1e-14 * std::abs(expected) + 8 * Limits::denorm_min();
}

Var<double> scalar(double x) { return Tensor<double>(Shape{1}, {x}); }
Var<double> one_row(const std::vector<double>& x) {
  return Tensor<double>(Shape{1, std::ssize(x)}, std::span<const double>(x));
}

struct Unary {
  const char* name;
  Var<double> (*f)(const Var<double>&);
  double (*value)(double);
  double (*slope)(double);
};

double logistic(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double step(double x) { return x > 0 ? 1 : 0; }
double signum(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

const Unary unary[] = {
    {"exp", exp, std::exp, std::exp},
    {"log", log, std::log, [](double x) { return 1 / x; }},
    {"sqrt", sqrt, std::sqrt, [](double x) { return 0.5 / std::sqrt(x); }},
    {"square", square, [](double x) { return x * x; }, [](double x) { return 2 * x; }},
    {"sin", sin, std::sin, std::cos},
    {"cos", cos, std::cos, [](double x) { return -std::sin(x); }},
    {"tanh", tanh, std::tanh, [](double x) { return 1 - std::tanh(x) * std::tanh(x); }},
    {"sigmoid", sigmoid, logistic, [](double x) { return logistic(x) * (1 - logistic(x)); }},
    {"softplus", softplus, [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); },
     logistic},
    {"relu", relu, [](double x) { return x < 0 ? 0 : x; }, step},
    {"abs", abs, [](double x) { return std::abs(x); }, signum},
    {"clamp", [](const Var<double>& x) { return clamp(x, -1, 1); },
     [](double x) { return x < -1  ? -1
                           : x > 1 ? 1
                                   : x; }, [](double x) { return x < -1 || x > 1 ? 0.0 : 1.0; }},
    {"x^2", [](const Var<double>& x) { return pow(x, 2); }, [](double x) { return x * x; },
     [](double x) { return 2 * x; }},
    {"x^0", [](const Var<double>& x) { return pow(x, 0); }, [](double) { return 1.0; }, [](double) { return 0.0; }},
    {"x^-1", [](const Var<double>& x) { return pow(x, -1); }, [](double x) { return 1 / x; },
     [](double x) { return -std::pow(x, -2); }},
};

struct Binary {
  const char* name;
  Var<double> (*f)(const Var<double>&, const Var<double>&);
  double (*value)(double, double);
  double (*left)(double, double);
  double (*right)(double, double);
};

double larger_share(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) ? (std::isnan(b) ? 0.5 : 1) : 0;
  return a == b ? 0.5 : a > b;
}

const Binary binary[] = {
    {"a + b", [](const Var<double>& a, const Var<double>& b) { return a + b; },
     [](double a, double b) { return a + b; }, [](double, double) { return 1.0; }, [](double, double) { return 1.0; }},
    {"a - b", [](const Var<double>& a, const Var<double>& b) { return a - b; },
     [](double a, double b) { return a - b; }, [](double, double) { return 1.0; }, [](double, double) { return -1.0; }},
    {"a b", [](const Var<double>& a, const Var<double>& b) { return a * b; }, [](double a, double b) { return a * b; },
     [](double, double b) { return b; }, [](double a, double) { return a; }},
    {"a / b", [](const Var<double>& a, const Var<double>& b) { return a / b; },
     [](double a, double b) { return a / b; }, [](double, double b) { return 1 / b; },
     [](double a, double b) { return -(a / b / b); }},
    {"maximum", [](const Var<double>& a, const Var<double>& b) { return maximum(a, b); },
     [](double a, double b) { return std::isnan(a) || std::isnan(b) ? quiet : std::max(a, b); }, larger_share,
     [](double a, double b) { return larger_share(b, a); }},
    {"minimum", [](const Var<double>& a, const Var<double>& b) { return minimum(a, b); },
     [](double a, double b) { return std::isnan(a) || std::isnan(b) ? quiet : std::min(a, b); },
     [](double a, double b) { return larger_share(-a, -b); }, [](double a, double b) { return larger_share(-b, -a); }},
};

}  // namespace

TEST_CASE("functions of one number, and their slopes, are those of the standard library at every edge") {
  for (const Unary& op : unary)
    for (const double x : edges) {
      CAPTURE(op.name);
      CAPTURE(x);
      const Var<double> at = scalar(x), y = op.f(at);
      CHECK_MESSAGE(agree(y.value()(0), op.value(x)), y.value()(0), " for ", op.value(x));
      const double slope = grad(sum(y), at).value()(0);
      CHECK_MESSAGE(agree(slope, op.slope(x)), "slope ", slope, " for ", op.slope(x));
    }
}

TEST_CASE("functions of two numbers, and their slopes, are those of the standard library at every pair of edges") {
  for (const Binary& op : binary)
    for (const double a : edges)
      for (const double b : edges) {
        CAPTURE(op.name);
        CAPTURE(a);
        CAPTURE(b);
        const Var<double> left = scalar(a), right = scalar(b), y = op.f(left, right);
        CHECK_MESSAGE(agree(y.value()(0), op.value(a, b)), y.value()(0), " for ", op.value(a, b));
        const auto slopes = grad(sum(y), std::vector<Var<double>>{left, right});
        CHECK_MESSAGE(agree(slopes[0].value()(0), op.left(a, b)), "left ", slopes[0].value()(0));
        CHECK_MESSAGE(agree(slopes[1].value()(0), op.right(a, b)), "right ", slopes[1].value()(0));
      }
}

TEST_CASE("comparisons of edges are the language's own, and sign is 0 at NaN") {
  for (const double a : edges) {
    CHECK(sign(scalar(a)).value()(0) == signum(a));
    for (const double b : edges) {
      CHECK(less(scalar(a), scalar(b)).value()(0) == (a < b));
      CHECK(greater(scalar(a), scalar(b)).value()(0) == (a > b));
      CHECK(equal(scalar(a), scalar(b)).value()(0) == (a == b));
    }
  }
}

TEST_CASE("what an operation does not choose gets 0 of an infinite cotangent") {
  struct Choice {
    const char* name;
    Var<double> (*f)(const Var<double>&);
    std::vector<double> chosen;  // of -1, 0.25 and 2
  };
  const Choice choices[] = {
      {"clamp", [](const Var<double>& x) { return clamp(x, 0, 1); }, {0, 1, 0}},
      {"maximum", [](const Var<double>& x) { return maximum(x, 1); }, {0, 0, 1}},
      {"minimum", [](const Var<double>& x) { return minimum(x, 1); }, {1, 1, 0}},
      {"where", [](const Var<double>& x) { return where(less(x, 1), x, 0.0); }, {1, 1, 0}},
      {"relu", relu, {0, 1, 1}},
      {"max", [](const Var<double>& x) { return max(x, 1); }, {0, 0, 1}},
      {"min", [](const Var<double>& x) { return min(x, 1); }, {1, 0, 0}},
  };
  for (const Choice& choice : choices) {
    CAPTURE(choice.name);
    const Var<double> x = one_row({-1, 0.25, 2});
    const std::vector<double> got = elements(grad(sum(infinity * choice.f(x)), x));
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == (choice.chosen[i] == 1 ? infinity : 0));
  }
  const Var<double> zero = scalar(0), one = scalar(1);
  CHECK(grad(sum(infinity * abs(zero)), zero).value()(0) == 0);
  CHECK(grad(sum(infinity * pow(zero, one)), one).value()(0) == 0);
  CHECK(grad(infinity * norm(zero), zero).value()(0) == 0);
}

TEST_CASE("logsumexp of edges is SciPy's, and impossible states get the derivative 0") {
  for (const double a : edges)
    for (const double b : edges) {
      CAPTURE(a);
      CAPTURE(b);
      const double largest = std::isnan(a) || std::isnan(b) ? quiet : std::max(a, b);
      const double total = std::exp(a - largest) + std::exp(b - largest);
      const double expected = std::isinf(largest) ? largest : largest + std::log(total);
      const Var<double> x = one_row({a, b}), y = logsumexp(x);
      CHECK(agree(y.value()(0), expected));
      const Tensor<double> g = grad(sum(y), x).value();
      if (largest == -infinity) CHECK((g(0, 0) == 0 && g(0, 1) == 0));
      if (largest == infinity)
        CHECK((std::isnan(g(0, 0)) == (a == infinity) && std::isnan(g(0, 1)) == (b == infinity)));
      if (!std::isinf(largest)) CHECK(agree(g(0, 0), std::exp(a - largest) / total));
      const Tensor<double> shares = softmax(x).value();
      if (std::isinf(largest)) CHECK((std::isnan(shares(0, 0)) && std::isnan(shares(0, 1))));
    }
}

TEST_CASE("a norm neither over- nor underflows, and its gradient is the direction") {
  for (const double a : edges)
    for (const double b : edges) {
      CAPTURE(a);
      CAPTURE(b);
      const Var<double> x = one_row({a, b}), y = norm(x, 1);
      const double expected = std::isnan(a) || std::isnan(b) ? quiet : std::hypot(a, b);  // also of an infinity and NaN
      CHECK(agree(y.value()(0), expected));
      const double slope = grad(sum(y), x).value()(0, 0);
      if (expected == 0) CHECK(slope == 0);
      if (expected >= Limits::min() && expected < infinity) CHECK(std::abs(slope - a / expected) <= 1e-15);
    }
  const Tensor<float> thin(Shape{2}, {3e-30F, 4e-30F}), thick(Shape{2}, {3e30F, 4e30F});
  for (const Tensor<float>& x : {thin, thick}) {
    const Var<float> v(x), length = norm(v);
    CHECK(length.item() == doctest::Approx(x(1) * 1.25F).epsilon(1e-6));
    CHECK(grad(length, v).value()(0) == doctest::Approx(0.6).epsilon(1e-6));
  }
}

TEST_CASE("the variance of large numbers is that of their deviations") {
  Tensor<float> x({1000});
  for (Index i = 0; i < 1000; ++i) x.mutable_data()[i] = 1e6F + static_cast<float>(i % 2);
  CHECK(variance(Var<float>(x)).item() == doctest::Approx(0.25).epsilon(1e-5));
}
