/// Chapter 2, docs/02-reverse-mode.md. Given a path, draws a picture there.
#include <cstdio>
#include <utility>
#include <vector>

#include <neb/autodiff/grad.hpp>
#include <neb/draw/points.hpp>
#include <neb/ops/elementary.hpp>
#include <neb/ops/movement.hpp>

using namespace neb;

namespace {

void by_hand() {
  const Var<double> a{Tensor<double>::scalar(2)}, b{Tensor<double>::scalar(3)};
  const Var<double> f = (a + b) * b;
  const std::vector<Var<double>> gradients = grad(f, std::vector{a, b});
  std::printf("f = %g, df/da = %g, df/db = %g\n", f.item(), gradients[0].item(), gradients[1].item());
}

void shared() {
  const Var<double> x{Tensor<double>::scalar(1)};
  Var<double> y = x;
  for (int step = 0; step < 20; ++step) y = y + y;
  std::printf("dy/dx = %.0f after 20 additions\n", grad(y, x).item());
}

void many_inputs() {
  const Var<double> x{Tensor<double>::full({1000000}, 0.5)};
  const Var<double> f = sum(square(x) * x);
  const Var<double> slope = grad(f, x);
  std::printf("a million derivatives in one sweep, each %g\n", slope.value()(123456));
}

void cotangent() {
  const Var<double> x{Tensor<double>({2}, {1.0, 2.0})};
  const Var<double> y = square(x);
  const auto g = Var<double>::constant(Tensor<double>({2}, {10.0, 100.0}));
  const Tensor<double> product = vjp(y, x, g).value();
  std::printf("(%g, %g)\n", product(0), product(1));
}

/// (u^2 + v - 1)^2 + (u + v^2 - 1)^2 of each row (u, v) of x: (N, 2) -> (N, 1). Four minima, where both parabolas meet.
Var<double> parabolas(const Var<double>& x) {
  const Var<double> u = slice(x, 1, 0, 1), v = slice(x, 1, 1, 2);
  return square(square(u) + v - 1) + square(u + square(v) - 1);
}

/// One step downhill from every row at once: row i of the gradient of the sum is the gradient at row i.
Tensor<double> downhill(const Tensor<double>& points, double rate) {
  const Var<double> x{points};
  return (x - rate * grad(sum(parabolas(x)), x)).value();
}

void descent() {
  Tensor<double> x({1, 2}, {-1.0, -1.0});
  for (int step = 0; step < 100; ++step) x = downhill(x, 0.05);
  std::printf("from (-1, -1) down to (%.4f, %.4f)\n", x(0, 0), x(0, 1));
}

void draw(const char* path) {
  const Bounds bounds{-2.2, 2.2, -2.2, 2.2};
  const Index size = 420;
  const Var<double> plane = Var<double>::constant(pixel_centres<double>(bounds, size, size));
  const Tensor<double> height = log(parabolas(plane) + 0.05).value().reshaped({size, size});
  Tensor<double> picture = colour_map(height, finite_range(height));
  Tensor<double> x({16, 2});
  for (Index i = 0; i < 16; ++i) {
    x.mutable_data()[2 * i] = 0.55 * static_cast<double>(i % 4) - 0.8;
    x.mutable_data()[2 * i + 1] = 0.55 * static_cast<double>(i / 4) - 0.8;
  }
  for (int step = 0; step < 2000; ++step) {
    picture = draw_points(std::move(picture), x, bounds, step == 0 ? Colour{1, 0.4, 0} : Colour{1, 1, 1},
                          step == 0 ? 4 : 0.7);
    x = downhill(x, 0.002);
  }
  write_image(path, picture);
}

}  // namespace

int main(int argc, char** argv) {
  by_hand();
  shared();
  many_inputs();
  cotangent();
  descent();
  if (argc > 1) draw(argv[1]);
}
