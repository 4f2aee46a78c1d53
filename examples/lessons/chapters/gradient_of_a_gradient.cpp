/// Chapter 3, docs/03-gradient-of-a-gradient.md. Given a path, draws a picture there.
#include <cstdio>

#include <neb/autodiff/profile.hpp>
#include <neb/autodiff/trace.hpp>
#include <neb/autodiff/transforms.hpp>
#include <neb/bayes/deen.hpp>
#include <neb/draw/chart.hpp>
#include <neb/energy/mlp_energy.hpp>
#include <neb/ops/activation.hpp>

using namespace neb;

namespace {

void cube() {
  const Var<double> x{Tensor<double>::scalar(2)};
  Var<double> f = x * x * x;
  std::printf("x^3 and its derivatives at 2: %g", f.item());
  for (int order = 1; order <= 3; ++order) {
    f = grad(f, x, {.create_graph = true});
    std::printf(", %g", f.item());
  }
  std::printf("\n");
}

void steps() {
  const Var<double> x{Tensor<double>::scalar(2)};
  const Var<double> y = x * square(x);
  const Var<double> dy = grad(y, x, {.create_graph = true});
  std::printf("%s", trace<double>({y, dy}, {{x, "x"}, {y, "y"}, {dy, "dy"}}).c_str());
}

void forgetful() {
  const Var<double> x{Tensor<double>::scalar(2)};
  const Var<double> slope = grad(x * x * x, x);
  std::printf("without create_graph the slope is %g and %s\n", slope.item(), slope.tracked() ? "tracked" : "constant");
}

void objective() {
  const double sigma = 0.5;
  const auto x = Var<double>::constant(Tensor<double>::scalar(1));
  const Var<double> y{Tensor<double>::scalar(2)};
  const Var<double> a{Tensor<double>::scalar(0.5)};

  const Var<double> energy = 0.5 * a * square(y);
  const Var<double> slope = grad(energy, y, {.create_graph = true});
  const Var<double> xhat = y - sigma * sigma * slope;
  const Var<double> loss = square(x - xhat);
  std::printf("slope %g, xhat %g, loss %g, d loss / d a = %g\n", slope.item(), xhat.item(), loss.item(),
              grad(loss, a).item());
}

void hessian_times_vector() {
  const Var<double> p{Tensor<double>({2}, {1.0, 2.0})};
  const Var<double> f = 0.25 * square(sum(square(p)));
  const auto v = Var<double>::constant(Tensor<double>({2}, {1.0, 0.0}));
  const Tensor<double> product = hvp(f, p, v).value();
  std::printf("H v = (%g, %g)\n", product(0), product(1));
}

template <class Activation>
double bias_derivative(Activation activation) {
  const Var<double> y{Tensor<double>::scalar(1)}, b{Tensor<double>::scalar(0.5)};
  const Var<double> energy = activation(y + b);
  const Var<double> slope = grad(energy, y, {.create_graph = true});
  return grad(square(slope), b, {.unreached_is_zero = true}).item();
}

void which_activation() {
  const double smooth = bias_derivative([](const Var<double>& z) { return smooth_relu(z); });
  const double sharp = bias_derivative([](const Var<double>& z) { return relu(z); });
  std::printf("d slope^2 / d b: %.4f with the smooth ReLU, %g with ReLU\n", smooth, sharp);
}

void cost() {
  MlpEnergy<double> phi({.widths = {100, 200, 200}}, Key(1));
  const Tensor<double> x = random_normal<double>({50, 100}, Key(2));
  const Var<double> clean = Var<double>::constant(x), y{smooth(x, 0.3, Key(3))};
  double energy = 0;
  {
    const Profile profile;
    phi(y);
    energy = profile.orders().at(0).flops;
  }
  const Profile profile;
  grad(deen_loss(phi, clean, y, 0.3), phi);
  double total = 0;
  for (const auto& [order, sum] : profile.orders()) {
    std::printf("order %d: %.1f\n", order, sum.flops / energy);
    total += sum.flops / energy;
  }
  std::printf("in all: %.1f\n", total);
}

/// The derivative of `order` of the smooth ReLU at x, by asking for the gradient `order` times.
double derivative(double x, int order) {
  const Var<double> point{Tensor<double>::scalar(x)};
  Var<double> f = smooth_relu(point);
  for (int k = 0; k < order; ++k) f = grad(f, point, {.create_graph = true});
  return f.item();
}

void draw(const char* path) {
  Chart chart({-6, 6, -0.6, 2.4});
  const Colour colours[] = {{0.1, 0.1, 0.1}, {0.1, 0.4, 0.7}, {0.8, 0.2, 0.1}, {0.2, 0.6, 0.2}};
  const char* const names[] = {"smooth relu", "first", "second", "third derivative"};
  for (int order = 0; order <= 3; ++order)
    chart.curve([order](double x) { return derivative(x, order); }, colours[order], names[order]);
  chart.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  cube();
  steps();
  forgetful();
  objective();
  hessian_times_vector();
  which_activation();
  cost();
  if (argc > 1) draw(argv[1]);
}
