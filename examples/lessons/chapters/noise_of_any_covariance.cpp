/// Chapter 10, docs/10-noise-of-any-covariance.md. Given a path, draws a picture there.
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <neb/bayes/gaussian_noise.hpp>
#include <neb/bayes/measurements.hpp>
#include <neb/data/sample.hpp>
#include <neb/data/toy.hpp>
#include <neb/draw/canvas.hpp>
#include <neb/draw/points.hpp>
#include <neb/energy/kde_energy.hpp>
#include <neb/energy/mlp_energy.hpp>
#include <neb/optim/adam.hpp>
#include <neb/sampling/langevin.hpp>
#include <neb/sampling/mala.hpp>
#include <neb/sampling/preconditioned_langevin.hpp>

using namespace neb;

namespace {

const Key key(10);

/// A good sensor and a bad one.
const auto noise = Covariance<double>::diagonal(Tensor<double>({2}, {0.5, 2.0}));

/// Both see t, which is N(0, 1): y is normal with the covariance (1.25, 1; 1, 5), whose determinant is 5.25.
Var<double> two_sensors(const Var<double>& y) {
  const auto inverse = Var<double>::constant(Tensor<double>({2, 2}, {5 / 5.25, -1 / 5.25, -1 / 5.25, 1.25 / 5.25}));
  return 0.5 * sum(y * matmul(y, inverse), 1);
}

void jump() {
  const Tensor<double> y({1, 2}, {1.0, -1.0});
  const Tensor<double> xhat = robbins_jump(two_sensors, y, noise);
  std::printf("xhat = (%.4f, %.4f)\n", xhat(0, 0), xhat(0, 1));
  const Tensor<double> column = posterior_covariance_times(two_sensors, y, noise, Tensor<double>({1, 2}, {1.0, 0.0}));
  std::printf("first column of the covariance: (%.4f, %.4f)\n", column(0, 0), column(0, 1));
}

void kinds() {
  const Tensor<double> s = Tensor<double>::full({784}, 0.1);
  const Tensor<double> lamp = Tensor<double>::full({784, 1}, 0.3);  // one column: all pixels go together
  const auto flicker = Covariance<double>::low_rank(s, lamp);
  const Tensor<double> e = flicker.draw({5000, 784}, key);
  double squares = 0, together = 0;
  for (Index row = 0; row < 5000; ++row) {
    squares += e(row, 0) * e(row, 0) / 5000;
    together += e(row, 0) * e(row, 783) / 5000;
  }
  std::printf("variance of a pixel %.2f, covariance of two %.2f\n", squares, together);
}

void learning() {
  const auto moons = two_moons<float>(1024, key);
  const auto wide = Covariance<float>::diagonal(Tensor<float>({2}, {0.1f, 0.6f}));
  const auto round = Covariance<float>::isotropic(std::sqrt((0.01f + 0.36f) / 2));  // the same variance in the mean
  const auto learned = [&](const Covariance<float>& sigma) {
    MlpEnergy<float> phi({.widths = {2, 64, 64}}, key);
    Adam<float> adam{{.learning_rate = 2e-3}};
    for (std::uint64_t step = 0; step < 600; ++step) {
      const auto x = Var<float>::constant(sample_rows(moons, 128, key.at(step)));
      const auto y = smooth(x, sigma, key.at(step));
      adam.step(phi, grad(deen_loss(phi, x, y, sigma), phi));
    }
    return phi;
  };
  const auto fresh = two_moons<float>(4096, key.fold("fresh"));
  const auto y = smooth(fresh, wide, key);
  const auto error = [&](const Tensor<float>& xhat) {
    return sum(square(Var<float>::constant(fresh) - Var<float>::constant(xhat))).item() / 4096;
  };
  std::printf("squared error: noise %.2f, after a jump that knows it %.2f, that takes it for round %.2f\n", error(y),
              error(robbins_jump(learned(wide), y, wide)), error(robbins_jump(learned(round), y, round)));
}

/// N(0, 1) in one direction and N(0, 100^2) in the other.
Var<double> valley(const Var<double>& y) {
  return 0.5 * sum(square(y / Var<double>::constant(Tensor<double>({2}, {1.0, 100.0}))), 1);
}

void walk_in_other_units() {
  const Tensor<double> y0 = Tensor<double>::zeros({20000, 2});
  const auto shape = Covariance<double>::diagonal(Tensor<double>({2}, {1.0, 100.0}));
  const auto plain = walk(valley, Langevin<double>{.y = y0, .delta = 0.4}, 50, key);
  const auto better =
      walk(valley, PreconditionedLangevin<double>{.y = y0, .delta = 0.4, .preconditioner = shape}, 50, key);
  const auto variances = [](const Tensor<double>& y) {
    double across = 0, along = 0;
    for (Index row = 0; row < 20000; ++row) {
      across += y(row, 0) * y(row, 0) / 20000;
      along += y(row, 1) * y(row, 1) / 20000 / 1e4;
    }
    std::printf("variance over the true one: across %.1f, along %.1f\n", across, along);
  };
  variances(plain.y);
  variances(better.y);
}

void measurements() {
  const KdeEnergy<double> phi(Tensor<double>({2, 1}, {-1.0, 1.0}), 1.0);
  const Var<double> y{Tensor<double>({1, 4, 1}, {3.0, -1.0, 0.5, -0.5})};  // four of noise 2, whose mean is 0.5
  const Tensor<double> slope = grad(sum(measurements_energy(phi, y, 2.0)), y).value();
  for (Index m = 0; m < 4; ++m) std::printf("%.4f ", y.value()(0, m, 0) - 4 * slope(0, m, 0));
  std::printf("  tanh 0.5 = %.4f\n", std::tanh(0.5));
}

void sequence() {
  const Tensor<double> points({2, 1}, {-1.0, 1.0});
  const KdeEnergy<double> one(points, 2.0), sixteen(points, 0.5);  // noise 2 / sqrt(16)
  const auto first =
      walk(one, Mala<double>{.y = Tensor<double>::zeros({4000, 1}), .delta = 1.0}, 60, key.fold("first"));
  const auto given = [&](const Var<double>& z) { return energy_given(sixteen, z, 0.5, first.y, 2.0); };
  const auto all = walk(given, Mala<double>{.y = first.y, .delta = 0.4}, 200, key.fold("all"));
  const auto sure = [](const Tensor<double>& xhat) {
    double sum = 0;
    for (const double x : xhat.span()) sum += std::abs(x) / 4000;
    return sum;
  };
  std::printf("mean of |xhat|: one measurement %.1f, sixteen %.1f\n", sure(robbins_jump(one, first.y, 2.0)),
              sure(robbins_jump(sixteen, all.y, 0.5)));
}

void draw(const char* path) {
  constexpr Index size = 300;
  constexpr Bounds bounds{-2, 3, -2, 2.5};
  constexpr Colour grey{0.75, 0.75, 0.75}, blue{0.1, 0.35, 0.8};
  const Tensor<double> moons = two_moons<double>(400, key), s({2}, {0.1, 0.6});
  const auto wide = Covariance<double>::diagonal(s);
  const double mean = std::sqrt((0.01 + 0.36) / 2);
  const Tensor<double> y = smooth(moons, wide, key);
  Tensor<double> scaled = moons;
  for (Index i = 0; i < scaled.size(); ++i) scaled.mutable_data()[i] /= s(i % 2);
  const KdeEnergy<double> in_units_of_s(scaled, 1.0), round(moons, mean);
  const auto phi = [&](const Var<double>& at) { return in_units_of_s(at / Var<double>::constant(s)); };
  Canvas canvas(size + 44, 3 * size + 48);
  const auto panel = [&](Index number, const char* name, const Tensor<double>& points) {
    Tensor<double> picture = Tensor<double>::ones({size, size, 3});
    picture = draw_points(draw_points(std::move(picture), moons, bounds, grey, 1.5), points, bounds, blue, 1.5);
    canvas.text(12, 12 + number * (size + 12), name);
    canvas.image(36, 12 + number * (size + 12), picture);
  };
  panel(0, "noise of 0.1 and 0.6", y);
  panel(1, "a jump that knows it", robbins_jump(phi, y, wide));
  panel(2, "that takes it for round", robbins_jump(round, y, mean));
  canvas.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  jump();
  kinds();
  learning();
  walk_in_other_units();
  measurements();
  sequence();
  if (argc > 1) draw(argv[1]);
}
