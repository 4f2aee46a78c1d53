/// The first program: a gradient is what a function returns.
///
/// It differentiates f(x) = sum of x^2 exp(-x), compares with the derivative by hand, and rolls downhill to the square
/// root of 2, the minimum of (x^2 - 2)^2.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <neb/neb.hpp>

using namespace neb;

int main() {
  // A variable holds a tensor, and remembers how it was computed. This one was computed from nothing: a leaf.
  const Var<double> x{Tensor<double>({3}, {0.5, 1.0, 3.0})};

  // Computing is writing the formula. y is a variable too, of rank 0, whose history leads back to x.
  const Var<double> y = sum(square(x) * exp(-x));

  // The gradient of a scalar with respect to x has the shape of x. Nothing was stored in x: gradients are values.
  const Var<double> slope = grad(y, x);

  std::printf("f(x) = sum x^2 exp(-x) = %.6f\n", y.item());
  double worst = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double at = x.value()(i);
    const double by_hand = (2 * at - at * at) * std::exp(-at);
    std::printf("  df/dx at %.1f: %9.6f   by hand %9.6f\n", at, slope.value()(i), by_hand);
    worst = std::max(worst, std::abs(slope.value()(i) - by_hand));
  }
  std::printf("they differ by at most %.1e\n", worst);

  // Gradient descent is a loop around grad(). Every step makes a new leaf, so that the old steps can be forgotten: values
  // are never changed behind a graph's back.
  Var<double> root{Tensor<double>::scalar(1.0)};
  for (int step = 0; step < 50; ++step) {
    const Var<double> loss = square(square(root) - 2.0);
    root = Var<double>((root - 0.05 * grad(loss, root)).value());
  }
  std::printf("downhill on (x^2 - 2)^2: x = %.12f, the square root of 2 is %.12f\n", root.item(), std::sqrt(2.0));
}
