#include "neb/autodiff/trace.hpp"

#include <doctest/doctest.h>

#include "neb/ops/elementary.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("trace is a table of steps, each after its inputs, with shapes and orders of derivative") {
  const auto x = vector({1, 2, 3});
  const auto y = sum(square(x) * 0.5);
  CHECK(trace(y, {{x, "x"}, {y, "y"}}) ==
        "value  operation  inputs   shape  order\n"
        "x      leaf                (3,)   0\n"
        "%1     square     x        (3,)   0\n"
        "%2     multiply   %1, 0.5  (3,)   0\n"
        "y      sum_to     %2       ()     0\n");
  CHECK(trace(grad(y, x, {.create_graph = true})) ==
        "value  operation  inputs             shape  order\n"
        "%0     leaf                          (3,)   0\n"
        "%1     multiply   2, %0              (3,)   1\n"
        "%2     multiply   constant (3,), %1  (3,)   1\n");
}

TEST_CASE("trace lists what several outputs share once, and knows constants by name") {
  const auto x = scalar(2), c = Var<double>::constant(Tensor<double>::ones({2}));
  const auto shared = exp(x);
  CHECK(trace<double>({shared, shared * c, c}, {{c, "c"}}) ==
        "value  operation  inputs  shape  order\n"
        "%0     leaf               ()     0\n"
        "%1     exp        %0      ()     0\n"
        "%2     multiply   %1, c   (2,)   0\n"
        "c      constant           (2,)   0\n");
}
