#include "neb/ops/distance.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE(
    "squared_distances agrees with a loop over indices, and its gradient pulls each point to those of the other set") {
  const auto a = random_tensor({4, 3}, 1), b = random_tensor({5, 3}, 2), weights = random_tensor({4, 5}, 3);
  const Var<double> from(a), to(b);
  const Var<double> y = squared_distances(from, to);
  CHECK(difference(y.value(), tabulate({4, 5}, [&](const Indices& i) {
                     double sum = 0;
                     for (Index p = 0; p < 3; ++p) sum += std::pow(a(i[0], p) - b(i[1], p), 2);
                     return sum;
                   })) < 1e-14);

  const auto slopes = grad(sum(y * Var<double>::constant(weights)), std::vector{from, to});
  CHECK(difference(slopes[0].value(), tabulate(a.shape(), [&](const Indices& i) {
                     double sum = 0;
                     for (Index j = 0; j < 5; ++j) sum += 2 * weights(i[0], j) * (a(i[0], i[1]) - b(j, i[1]));
                     return sum;
                   })) < 1e-14);
  CHECK(difference(slopes[1].value(), tabulate(b.shape(), [&](const Indices& i) {
                     double sum = 0;
                     for (Index k = 0; k < 4; ++k) sum += 2 * weights(k, i[0]) * (b(i[0], i[1]) - a(k, i[1]));
                     return sum;
                   })) < 1e-14);
}

TEST_CASE(
    "squared_distances of a set to itself has zeros on its diagonal, and both sides get their share of the gradient") {
  const auto a = random_tensor({6, 4}, 4);
  const Var<double> points(a);
  const Var<double> y = squared_distances(points, points);
  for (Index i = 0; i < 6; ++i) CHECK(y.value()(i, i) == 0);
  // sum_ij |a_i - a_j|^2 = 2 n sum_i |a_i - mean|^2, whose gradient is 4 n (a_i - mean).
  const Tensor<double> slope = grad(sum(y), points).value();
  CHECK(difference(slope, tabulate(a.shape(), [&](const Indices& i) {
                     double mean = 0;
                     for (Index k = 0; k < 6; ++k) mean += a(k, i[1]) / 6;
                     return 24 * (a(i[0], i[1]) - mean);
                   })) < 1e-13);
}
