/// Chapter 7, docs/07-add-an-operation.md. Given a path, draws a picture there.
#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

#include <neb/autodiff/check_grads.hpp>
#include <neb/draw/chart.hpp>
#include <neb/ops/activation.hpp>

using namespace neb;

namespace {

/// log cosh x, element by element: x^2 / 2 near zero, |x| - log 2 far away.
template <Scalar T>
struct LogCosh {
  static constexpr const char* name = "log_cosh";

  Tensor<T> forward(const Tensor<T>& x) const {
    // cosh x overflows for large x; this form has only e^-2|x|.
    return pointwise(
        x, [](T v) { return std::abs(v) + std::log1p(std::exp(T(-2) * std::abs(v))) - std::numbers::ln2_v<T>; });
  }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g * tanh(x); }
};

/// log cosh of each element of x; finite for every finite x.
template <Scalar T>
Var<T> log_cosh(const Var<T>& x) {
  return apply(LogCosh<T>{}, x);
}

void by_hand() {
  const Var<double> x{Tensor<double>({3}, {0.0, 1.0, 1000.0})};
  const Tensor<double> y = log_cosh(x).value();
  const Tensor<double> slope = grad(sum(log_cosh(x)), x).value();
  for (Index i = 0; i < 3; ++i) std::printf("x %6.1f   log cosh %10.6f   slope %.6f\n", x.value()(i), y(i), slope(i));
}

void check() {
  const Function<double> f = [](const std::vector<Var<double>>& in) { return log_cosh(in[0]); };
  const Tensor<double> points = random_uniform<double>({2, 3}, Key(7), -2.0, 2.0);
  const double worst = check_grads<double>(f, {points}, {.order = 3});
  std::printf("three orders agree with finite differences: %s\n", worst < 1e-7 ? "yes" : "no");
}

/// The same with a slip: x where tanh(x) should be, which is right near zero only.
template <Scalar T>
struct Slip : LogCosh<T> {
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g * x; }
};

void slip() {
  const Function<double> f = [](const std::vector<Var<double>>& in) { return apply(Slip<double>{}, in[0]); };
  try {
    check_grads<double>(f, {Tensor<double>({1}, {2.0})}, {.seed = 1});
  } catch (const GraphError& error) {
    std::printf("%s\n", error.what());
  }
}

/// The rule broken: a part of vjp is not recorded. First derivatives are right, and that is the trap.
template <Scalar T>
struct Unrecorded : LogCosh<T> {
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& x) const { return g * tanh(x.detach()); }
};

void unrecorded() {
  const Function<double> f = [](const std::vector<Var<double>>& in) { return apply(Unrecorded<double>{}, in[0]); };
  const Tensor<double> point({1}, {0.5});
  std::printf("first order passes: %s\n", check_grads<double>(f, {point}, {.order = 1}) < 1e-7 ? "yes" : "no");
  try {
    check_grads<double>(f, {point}, {.order = 2});
  } catch (const GraphError&) {
    std::printf("second order: an error\n");
  }
}

void draw(const char* path) {
  Chart chart({-4, 4, -1.2, 3});
  const auto derivative = [](double x, int order) {
    const Var<double> point{Tensor<double>::scalar(x)};
    Var<double> f = log_cosh(point);
    for (int k = 0; k < order; ++k) f = grad(f, point, {.create_graph = true});
    return f.item();
  };
  chart.curve([](double x) { return x * x / 2; }, {0.8, 0.8, 0.8}, "x x / 2");
  chart.curve([&](double x) { return derivative(x, 0); }, {0.1, 0.1, 0.1}, "log cosh");
  chart.curve([&](double x) { return derivative(x, 1); }, {0.1, 0.4, 0.7}, "first");
  chart.curve([&](double x) { return derivative(x, 2); }, {0.8, 0.2, 0.1}, "second");
  chart.curve([&](double x) { return derivative(x, 3); }, {0.2, 0.6, 0.2}, "third derivative");
  chart.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  by_hand();
  check();
  slip();
  unrecorded();
  if (argc > 1) draw(argv[1]);
}
