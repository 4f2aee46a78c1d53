/// Chapter 11, docs/11-noise-that-is-not-gaussian.md. Given a path, draws a picture there.
#include <cmath>
#include <cstdio>
#include <vector>

#include <neb/bayes/continuous_noise.hpp>
#include <neb/bayes/count_noise.hpp>
#include <neb/data/sample.hpp>
#include <neb/draw/chart.hpp>
#include <neb/ops/extrema.hpp>
#include <neb/optim/adam.hpp>

using namespace neb;

namespace {

/// -log f of counts y: (N, 1), of things that shine with 1 or with 4, half of the time each.
Var<double> two_lamps(const Var<double>& y) {
  Tensor<double> phi({y.shape()[0]});
  for (Index i = 0; i < phi.size(); ++i) {
    const double count = y.value()(i, 0);
    phi.mutable_data()[i] = log_factorial(count) - std::log(std::exp(-1) / 2 + std::exp(-4) * std::pow(4, count) / 2);
  }
  return Var<double>::constant(phi);
}

void photons() {
  const PoissonNoise noise{.exposure = 1};
  const Tensor<double> y({4, 1}, {0, 1, 2, 5});
  const Tensor<double> xhat = noise.xhat(two_lamps, y), variance = noise.variance(two_lamps, y);
  for (Index i = 0; i < 4; ++i)
    std::printf("%.0f counted: x is %.3f, give or take %.3f\n", y(i, 0), xhat(i, 0), std::sqrt(variance(i, 0)));
}

/// An energy that is a table of numbers, one for each count.
struct Table {
  using value_type = double;
  Var<double> numbers{Tensor<double>::zeros({40})};
  static void visit(auto& self, auto&& f) { f("numbers", self.numbers); }

  Var<double> operator()(const Var<double>& y) const {
    std::vector<Index> counts;
    for (const double count : y.value().span()) counts.push_back(static_cast<Index>(count));
    return gather_rows(numbers, counts);
  }
};

void learn() {
  const PoissonNoise noise{.exposure = 1};
  const Tensor<double> lamps({2, 1}, {1, 4});
  Table phi;
  Adam<double> adam{{.learning_rate = 0.02}};
  for (std::uint64_t step = 0; step < 1000; ++step) {
    const Key key = Key(11).at(step);
    const Tensor<double> x = sample_rows(lamps, 500, key), y = noise.draw(x, key);
    adam.step(phi, grad(noise.objective(phi, x, y), phi));
  }
  const Tensor<double> y({4, 1}, {0, 1, 2, 5}), xhat = noise.xhat(phi, y), exact = noise.xhat(two_lamps, y);
  for (Index i = 0; i < 4; ++i)
    std::printf("%.0f counted: learned %.1f, exact %.1f\n", y(i, 0), xhat(i, 0), exact(i, 0));
}

void runs() {
  // f(y) = (1 - x) x^y for x = 0.2 or 0.8, half of the time each.
  const auto phi = [](const Var<double>& y) {
    return -log(sum(0.4 * exp(std::log(0.2) * y) + 0.1 * exp(std::log(0.8) * y), 1));
  };
  const Tensor<double> y({3, 1}, {0, 2, 6}), xhat = GeometricNoise{}.xhat(phi, y);
  for (Index i = 0; i < 3; ++i) std::printf("%.0f in a row: the chance is %.3f\n", y(i, 0), xhat(i, 0));
}

/// phi(y) = -(k - 1) log y - log(1^k e^-y + 3^k e^-3y) for k = 3: rates of 1 or of 3, half of the time each.
Var<double> two_rates(const Var<double>& y) { return sum(-2.0 * log(y) - log(exp(-y) + 27.0 * exp(-3.0 * y)), 1); }

void speckle() {
  const Tensor<double> y({3, 1}, {0.5, 1.5, 3}), xhat = GammaNoise{.shape = 3}.xhat(two_rates, y);
  for (Index i = 0; i < 3; ++i) std::printf("y = %.1f: the rate is %.3f\n", y(i, 0), xhat(i, 0));
}

/// A point on the left of weight w, one at 1 of weight 1, and Laplace noise of scale 1 around both.
struct TwoPoints {
  double left, weight;

  Var<double> operator()(const Var<double>& y) const {
    return -sum(log(weight * exp(-abs(y - left)) + exp(-abs(y - 1.0))), 1);
  }
  double posterior_mean(double y) const {
    const double here = weight * std::exp(-std::abs(y - left)), there = std::exp(-std::abs(y - 1));
    return (here * left + there) / (here + there);
  }
};

void laplace() {
  const Var<double> y{Tensor<double>({2, 1}, {0.0, 0.3})};
  for (const TwoPoints& phi : {TwoPoints{-1, 1}, TwoPoints{-2, std::exp(1)}}) {
    const Tensor<double> energy = phi(y).value(), slope = grad(sum(phi(y)), y).value();
    std::printf("points at %.0f and 1: phi(0.3) - phi(0) = %.3f, phi'(0.3) = %.3f, E[X | 0.3] = %.3f\n", phi.left,
                energy(1) - energy(0), slope(1, 0), phi.posterior_mean(0.3));
  }
}

/// The jump of counts from 0 to 9, what was counted, and what the lamps are.
void draw(const char* path) {
  const PoissonNoise noise{.exposure = 1};
  constexpr Index counts = 10;
  Tensor<double> y({counts, 1});
  for (Index i = 0; i < counts; ++i) y.mutable_data()[i] = static_cast<double>(i);
  const Tensor<double> xhat = noise.xhat(two_lamps, y), variance = noise.variance(two_lamps, y);
  const auto line = [&](auto&& value) {
    Tensor<float> points({counts, 2});
    for (Index i = 0; i < counts; ++i) {
      points.mutable_data()[2 * i] = static_cast<float>(i);
      points.mutable_data()[2 * i + 1] = static_cast<float>(value(i));
    }
    return points;
  };
  constexpr Colour grey{0.6, 0.6, 0.6}, blue{0.1, 0.35, 0.8}, pale{0.55, 0.7, 0.95};
  Chart chart({-0.3, 9.3, -0.3, 6.3}, 340, 620);
  chart.label_axes("photons counted", "x");
  chart.line(line([](Index i) { return i; }), grey, "counted");
  chart.line(line([&](Index i) { return xhat(i, 0) + std::sqrt(variance(i, 0)); }), pale);
  chart.line(line([&](Index i) { return xhat(i, 0) - std::sqrt(variance(i, 0)); }), pale);
  chart.line(line([&](Index i) { return xhat(i, 0); }), blue, "the jump");
  chart.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  photons();
  learn();
  runs();
  speckle();
  laplace();
  if (argc > 1) draw(argv[1]);
}
