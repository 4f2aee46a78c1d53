/// Gradients of gradients: grad() records what it computes, so what it returns can be differentiated again.
///
/// The last part is neural empirical Bayes in one dimension, a loss that contains a gradient. Data are x ~ N(0, v), noisy
/// data y = x + sigma e, and the energy phi(y) = a y^2 / 2 has one parameter. What minimises over a the mean of
/// (x - (y - sigma^2 dphi/dy))^2 is known: a = 1 / (v + sigma^2).
#include <cmath>
#include <cstdio>
#include <neb/neb.hpp>

using namespace neb;

int main() {
  // 1. With create_graph the gradient is a variable with a history. Six times around gives the sixth derivative.
  const Var<double> x{Tensor<double>::scalar(0.5)};
  Var<double> f = exp(-0.5 * square(x));
  std::printf("exp(-x^2 / 2) at 0.5 and its derivatives:");
  for (int order = 0; order <= 6; ++order) {
    std::printf(" %.4f", f.item());
    f = grad(f, x, {.create_graph = true});
  }

  // 2. A Hessian times a vector costs two gradients, and no Hessian. For |p|^4 / 4 it is |p|^2 v + 2 (p.v) p.
  const Var<double> p{Tensor<double>({2}, {1.0, 2.0})}, v{Tensor<double>({2}, {1.0, 0.0})};
  const Tensor<double> product = hvp(0.25 * square(sum(square(p))), p, v).value();
  std::printf("\nHessian of |p|^4 / 4 at (1, 2) times (1, 0): (%g, %g)\n", product(0), product(1));

  // 3. A loss that contains a gradient: the inner one with respect to y, the outer one with respect to a.
  const double sigma = 0.5, variance = 2;
  const Key key = Key(0).fold("grad_of_grad");
  const auto data = Var<double>::constant(random_normal<double>({1000000, 1}, key)) * std::sqrt(variance);
  const Var<double> y{smooth(data, sigma, key).value()};
  Var<double> a{Tensor<double>::scalar(1.0)};
  for (int step = 0; step < 30; ++step) {
    const Var<double> energy = 0.5 * a * square(y);
    const Var<double> slope = grad(sum(energy), y, {.create_graph = true});
    const Var<double> loss = mean(square(data - (y - sigma * sigma * slope)));
    a = Var<double>((a - 2.0 * grad(loss, a)).value());
  }
  std::printf("learned a = %.4f, the answer is 1 / (v + sigma^2) = %.4f\n", a.item(), 1 / (variance + sigma * sigma));
}
