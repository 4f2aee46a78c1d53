#include "neb/ops/matmul.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("matrix products agree with three plain loops, for every choice of transposes") {
  for (const auto [rows, depth, columns] : {std::array<Index, 3>{2, 3, 4},
                                            {1, 1, 1},
                                            {5, 1, 7},
                                            {1, 9, 1},
                                            {17, 33, 9},
                                            {3, 500, 2},
                                            {0, 3, 2},
                                            {2, 3, 0},
                                            {2, 0, 3}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const auto a = random_tensor(ta ? Shape{depth, rows} : Shape{rows, depth}, 1);
        const auto b = random_tensor(tb ? Shape{columns, depth} : Shape{depth, columns}, 2);
        const auto expected = tabulate({rows, columns}, [&, d = depth](const Indices& i) {
          double sum = 0;
          for (Index k = 0; k < d; ++k) sum += (ta ? a(k, i[0]) : a(i[0], k)) * (tb ? b(i[1], k) : b(k, i[1]));
          return sum;
        });
        CAPTURE(a.shape().to_string());
        CAPTURE(b.shape().to_string());
        CHECK(difference(matmul<double>(a, b, {ta, tb}).value(), expected) < 1e-13);
      }
}

TEST_CASE("the trilinear form of a product has one value, whichever argument it is a gradient of") {
  const Var<double> a = random_tensor({4, 6}, 1), b = random_tensor({6, 5}, 2), g = random_tensor({4, 5}, 3);
  const auto dot = [](const Var<double>& p, const Var<double>& q) {
    double total = 0;
    for (Index i = 0; i < p.size(); ++i) total += p.value().data()[i] * q.value().data()[i];
    return total;
  };
  const auto y = matmul(a, b);
  const auto cotangents = vjp<double>(y, std::vector{a, b}, g);
  CHECK(dot(a, cotangents[0]) == doctest::Approx(dot(y, g)).epsilon(1e-13));
  CHECK(dot(b, cotangents[1]) == doctest::Approx(dot(y, g)).epsilon(1e-13));
}
