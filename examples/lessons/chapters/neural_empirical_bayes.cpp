/// Chapter 6, docs/06-neural-empirical-bayes.md. Given a path, draws a picture there.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <utility>

#include <neb/autodiff/transforms.hpp>
#include <neb/bayes/deen.hpp>
#include <neb/bayes/sphere_overlap.hpp>
#include <neb/draw/canvas.hpp>
#include <neb/draw/points.hpp>
#include <neb/energy/kde_energy.hpp>
#include <neb/flow/gradient_flow.hpp>
#include <neb/ops/activation.hpp>
#include <neb/sampling/langevin.hpp>

using namespace neb;

namespace {

const Tensor<double> data({2, 1}, {-1.0, 1.0});  // all that there is in this world: two points on a line

void jump() {
  const KdeEnergy<double> phi(data, 1.0);
  const Tensor<double> y({3, 1}, {0.0, 0.5, 2.0});
  const Tensor<double> xhat = robbins_jump(phi, y, 1.0);
  for (Index i = 0; i < 3; ++i)
    std::printf("y = %.1f   xhat = %.6f   tanh y = %.6f\n", y(i, 0), xhat(i, 0), std::tanh(y(i, 0)));
}

void certainty() {
  const KdeEnergy<double> phi(data, 1.0);
  const Var<double> y{Tensor<double>({2, 1}, {0.0, 2.0})};
  const auto one = Var<double>::constant(Tensor<double>::ones({2, 1}));
  const Tensor<double> curvature = hvp(sum(phi(y)), y, one).value();
  for (Index i = 0; i < 2; ++i)
    std::printf("y = %.1f   H = %.4f   Var(X | y) = %.4f\n", y.value()(i, 0), curvature(i, 0), 1 - curvature(i, 0));
}

/// phi(y) = y^2 / 2 - log cosh(b y), for y: (N, 1). With sigma = 1 and b = 1 it is the closed form of the two points.
struct OneParameter {
  Var<double> b;
  Var<double> operator()(const Var<double>& y) const {
    const Var<double> u = b * y;
    return sum(0.5 * square(y) - (u + softplus(-2 * u)), 1);  // log cosh u = u + softplus(-2 u) - log 2
  }
};

void learning() {
  OneParameter phi{Var<double>(Tensor<double>::scalar(0.2))};
  const Key key(2019);
  for (std::uint64_t step = 0; step < 300; ++step) {
    const auto signs = random_uniform<double>({1000, 1}, key.fold("data").at(step), -1.0, 1.0);
    const auto x = Var<double>::constant(pointwise(signs, [](double u) { return u < 0 ? -1.0 : 1.0; }));
    const Var<double> y = smooth(x, 1.0, key.at(step));  // X -> Y
    const Var<double> loss = deen_loss(phi, x, y, 1.0);  // how far the jump lands from x
    phi.b = Var<double>((phi.b - 0.5 * grad(loss, phi.b)).value());
  }
  std::printf("learned b = %.1f\n", phi.b.item());
}

void walk() {
  const KdeEnergy<double> phi(data, 1.0);
  const Tensor<double> y = langevin_walk(phi, Tensor<double>::zeros({20000, 1}), {.delta = 0.1, .steps = 400}, Key(1));
  std::printf("mean of y^2 over 20000 walkers: %.1f\n", mean(square(Var<double>::constant(y))).item());
}

void memories() {
  for (const Index d : {1, 784}) {
    Tensor<double> pair = Tensor<double>::zeros({2, d});  // -1 and 1 on the first axis
    pair.mutable_data()[0] = -1;
    pair.mutable_data()[d] = 1;
    std::printf("d = %td: spheres overlap from sigma = %.4f\n", d, sphere_overlap(pair).max);
    for (const double sigma : {0.9, 1.1}) {
      const Flow<double> flow = gradient_flow(KdeEnergy<double>(pair, sigma), pair, sigma, {.tolerance = 1e-6});
      std::printf("  sigma = %.1f: memories %.3f apart\n", sigma, std::abs(flow.y(1, 0) - flow.y(0, 0)));
    }
  }
}

/// |y|^4 / (4 sigma^4 d) for y: (N, d). Its slope on the sphere |y|^2 = sigma^2 d is that of |y|^2 / (2 sigma^2).
struct Crater {
  double sigma;
  Var<double> operator()(const Var<double>& y) const {
    const double d = static_cast<double>(y.shape()[1]);
    return square(sum(square(y), 1)) * (1 / (4 * std::pow(sigma, 4) * d));
  }
};

void inside() {
  constexpr double sigma = 0.3;
  constexpr Index d = 784;
  const KdeEnergy<double> bowl(Tensor<double>::zeros({1, d}), sigma);
  const Crater crater{sigma};
  const Tensor<double> x = Tensor<double>::zeros({1000, d});
  std::printf("loss: bowl %.2f, crater %.2f\n", denoising_error(bowl, x, sigma, Key(5)),
              denoising_error(crater, x, sigma, Key(5)));
  const auto lost = [&](const auto& phi, double r) {  // sigma^2 |grad phi|^2 at |y| = r sigma sqrt(d)
    const auto y = Var<double>::constant(Tensor<double>::full({1, d}, r * sigma));
    return sigma * sigma * sum(square(energy_and_gradient(phi, y).gradient)).item();
  };
  for (const double r : {1.0, 0.75, 0.5, 0.25})
    std::printf("r = %.2f: bowl %3.0f, crater %3.0f\n", r, lost(bowl, r), lost(crater, r));
}

void settling() {
  constexpr double sigma = 1.02;
  Tensor<double> pair = Tensor<double>::zeros({2, 784}), y0 = Tensor<double>::full({1, 784}, sigma);
  pair.mutable_data()[0] = y0.mutable_data()[0] = -1;
  pair.mutable_data()[784] = 1;
  const Flow<double> flow = gradient_flow(KdeEnergy<double>(pair, sigma), y0, sigma);
  std::printf("settled at t = %.1f, where y is %.2f\n", flow.settled[0].time[0], flow.settled[0].y(0, 0));
  std::printf("at rest at t = %.0f, where y is %.2f\n", flow.time[0], flow.y(0, 0));
}

constexpr Index size = 320;
constexpr Bounds bounds{-2, 2, -2, 2};

Tensor<double> landscape(const KdeEnergy<double>& phi) {
  const auto plane = Var<double>::constant(pixel_centres<double>(bounds, size, size));
  const Tensor<double> field = phi(plane).value().reshaped({size, size});
  const double lowest = finite_range(field).low;
  return colour_map(field, {lowest, lowest + 6});
}

void draw(const char* path) {
  Tensor<double> points({5, 2});  // a pentagon
  for (Index i = 0; i < 5; ++i) {
    points.mutable_data()[2 * i] = std::sin(0.4 * std::numbers::pi * static_cast<double>(i));
    points.mutable_data()[2 * i + 1] = std::cos(0.4 * std::numbers::pi * static_cast<double>(i));
  }
  Canvas canvas(size + 44, 3 * size + 48);
  const auto panel = [&](Index number, const char* name, const Tensor<double>& picture) {
    canvas.text(12, 12 + number * (size + 12), name);
    canvas.image(36, 12 + number * (size + 12), picture);
  };
  const KdeEnergy<double> phi(points, 0.4);
  const Tensor<double> y = langevin_walk(phi, Tensor<double>::zeros({200, 2}), {.delta = 0.04, .steps = 1000}, Key(3));
  Tensor<double> picture = draw_points(landscape(phi), y, bounds, {1, 1, 1}, 1.5);
  panel(0, "walk and jump", draw_points(picture, robbins_jump(phi, y, 0.4), bounds, {1, 0.5, 0}, 2));

  const Tensor<double> y0 = random_uniform<double>({40, 2}, Key(4), -2.0, 2.0);
  const double sigmas[] = {0.4, 0.8};
  const char* const names[] = {"flow, sigma = 0.4", "flow, sigma = 0.8"};
  for (Index k = 0; k < 2; ++k) {
    const KdeEnergy<double> energy(points, sigmas[k]);
    picture = landscape(energy);
    Tensor<double> at = y0;
    for (int step = 0; step < 1500; ++step) {
      picture = draw_points(std::move(picture), at, bounds, {1, 1, 1}, 0.5);
      const Var<double> slope = energy_and_gradient(energy, Var<double>::constant(at)).gradient;
      at = (Var<double>::constant(at) - 0.005 * slope).value();
    }
    panel(k + 1, names[k], draw_points(std::move(picture), at, bounds, {1, 0.2, 0.2}, 4));
  }
  canvas.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  jump();
  certainty();
  learning();
  walk();
  memories();
  inside();
  settling();
  if (argc > 1) draw(argv[1]);
}
