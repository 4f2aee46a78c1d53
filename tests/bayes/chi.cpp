#include "neb/bayes/chi.hpp"

#include <doctest/doctest.h>

#include "neb/core/random.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;

TEST_CASE_TEMPLATE("chi: half the distance of two points, in units of sqrt d", T, float, double) {
  const T a[] = {1, 2, 3, 4}, b[] = {1, 5, 3, 8};
  CHECK(chi(4, a, b) == 5.0 / 4);  // |a - b| = 5, 2 sqrt 4 = 4
  CHECK(chi(4, b, a) == chi(4, a, b));
  CHECK(chi(4, a, a) == 0);
  CHECK(chi(1, a, b + 1) == 2);
}

TEST_CASE("chi: of two batches, row by row") {
  const Tensor<double> a = random_normal<double>({5, 2, 3}, Key(1)), b = random_normal<double>({5, 2, 3}, Key(2));
  const std::vector<double> all = chi(a, b);
  REQUIRE(all.size() == 5);
  for (Index row = 0; row < 5; ++row) {
    double squares = 0;
    for (Index i = 0; i < 6; ++i) squares += std::pow(a.data()[row * 6 + i] - b.data()[row * 6 + i], 2);
    CHECK(all[static_cast<std::size_t>(row)] ==
          doctest::Approx(std::sqrt(squares) / (2 * std::sqrt(6.0))).epsilon(1e-13));
  }
  CHECK(chi(Tensor<float>({0, 3}), Tensor<float>({0, 3})).empty());
}

TEST_CASE("chi: squares are summed in double, so that those of large floats do not overflow") {
  CHECK(chi(Tensor<float>({1, 1}, {3e38F}), Tensor<float>({1, 1}, {0.0F}))[0] == doctest::Approx(1.5e38));
}

TEST_CASE("chi: batches of two shapes, or of rows without a number, are refused") {
  const auto error = [](const Shape& a, const Shape& b) {
    return message_of<ShapeError>([&] { chi(Tensor<float>::zeros(a), Tensor<float>::zeros(b)); });
  };
  CHECK(error({2, 3}, {3, 2}) == "chi: expects two batches of one shape (N, ...)   [a: (2, 3), b: (3, 2)]");
  CHECK(error({}, {}) == "chi: expects two batches of one shape (N, ...)   [a: (), b: ()]");
  CHECK(error({2, 0}, {2, 0}) == "chi: expects two batches of one shape (N, ...)   [a: (2, 0), b: (2, 0)]");
}
