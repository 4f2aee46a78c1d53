#include "neb/ops/pooling.hpp"

#include <doctest/doctest.h>

#include "neb/ops/arithmetic.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

Tensor<double> pooled_by_index(const Tensor<double>& x, Index window, Index stride) {
  const Shape& s = x.shape();
  return tabulate({s[0], (s[1] - window) / stride + 1, (s[2] - window) / stride + 1, s[3]}, [&](const Indices& i) {
    double sum = 0;
    for (Index h = 0; h < window; ++h)
      for (Index w = 0; w < window; ++w) sum += x(i[0], i[1] * stride + h, i[2] * stride + w, i[3]);
    return sum / static_cast<double>(window * window);
  });
}

}  // namespace

TEST_CASE("average_pool2d agrees with a loop over indices, for windows that tile, overlap and leave gaps") {
  const auto x = random_tensor({2, 7, 8, 3}, 1);
  for (const Index window : {1, 2, 3, 7})
    for (const Index stride : {1, 2, 3, 4}) {
      CAPTURE(window);
      CAPTURE(stride);
      CHECK(difference(average_pool2d<double>(x, {.window = window, .stride = stride}).value(),
                       pooled_by_index(x, window, stride)) < 1e-15);
    }
  CHECK(difference(average_pool2d<double>(x).value(), pooled_by_index(x, 2, 2)) < 1e-15);
  CHECK(difference(average_pool2d<double>(x, {.window = 3}).value(), pooled_by_index(x, 3, 3)) < 1e-15);
}

TEST_CASE("a constant image stays constant, and an empty batch empty") {
  CHECK(difference(average_pool2d<double>(Tensor<double>::full({1, 6, 6, 2}, 3.5), {.window = 3}).value(),
                   Tensor<double>::full({1, 2, 2, 2}, 3.5)) < 1e-15);
  CHECK(average_pool2d<double>(Tensor<double>({0, 4, 4, 2})).shape() == Shape{0, 2, 2, 2});
  CHECK(average_pool2d<double>(Tensor<double>({2, 4, 4, 0})).shape() == Shape{2, 2, 2, 0});
}

TEST_CASE("the vjp of pooling is its adjoint: <pool x, y> = <x, vjp y>") {
  for (const Index window : {1, 2, 3})
    for (const Index stride : {1, 2, 5}) {
      CAPTURE(window);
      CAPTURE(stride);
      const Var<double> x = random_tensor({2, 6, 7, 3}, 1);
      const Var<double> pooled = average_pool2d(x, {.window = window, .stride = stride});
      const Var<double> y = random_tensor(pooled.shape(), 2);
      CHECK(sum(pooled * y).item() == doctest::Approx(sum(x * vjp(pooled, x, y)).item()).epsilon(1e-13));
    }
}
