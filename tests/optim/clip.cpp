#include "neb/optim/clip.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace neb;

namespace {

Var<double> row(Index size, double value) { return Var<double>(Tensor<double>::full({size}, value)); }

}  // namespace

TEST_CASE("clip: gradients that are too long are shortened together, by hand") {
  const std::vector<Var<double>> gradients{row(6, 3), row(2, 3)};                  // a length of sqrt(72)
  const std::vector<Tensor<double>> second{row(6, 1).value(), row(2, 1).value()};  // a running length of sqrt(8)
  CHECK(optim::shortening(gradients, second, 2) == doctest::Approx(2.0 / 3).epsilon(1e-14));
  CHECK(optim::shortening(gradients, second, 0.5) == doctest::Approx(0.5 / 3).epsilon(1e-14));
  CHECK(optim::shortening(gradients, second, 3.1) == 1);
}

TEST_CASE("clip: where nothing was before, or nothing is, nothing is shortened") {
  CHECK(optim::shortening<double>({row(3, 5)}, {row(3, 0).value()}, 2) == 1);
  CHECK(optim::shortening<double>({row(3, 0)}, {row(3, 1).value()}, 2) == 1);
}

TEST_CASE("clip: sums of squares are whole where the values are, at sizes around a tile's") {
  for (const Index size : {0, 1, 15, 17, 8191, 8192, 8193, 40000}) {
    Tensor<float> x(Shape{size});
    double sum = 0;
    for (Index k = 0; k < size; ++k) {
      const Index value = k % 7 - 3;
      x.mutable_data()[k] = static_cast<float>(value);
      sum += static_cast<double>(value * value);
    }
    CHECK(optim::sum_of(x, [](double value) { return value * value; }) == sum);
  }
}
