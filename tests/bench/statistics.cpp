/// Medians and quartiles of numbers that are known.
#include "bench/statistics.hpp"

#include <doctest/doctest.h>

using namespace bench;

TEST_CASE("quartiles lie between sorted values, in proportion") {
  const Spread five = spread({50, 10, 40, 20, 30});
  CHECK(five.low == 20);
  CHECK(five.median == 30);
  CHECK(five.high == 40);
  const Spread four = spread({4, 1, 3, 2});
  CHECK(four.low == 1.75);
  CHECK(four.median == 2.5);
  CHECK(four.high == 3.25);
  CHECK(quantile({7, 3}, 0) == 3);
  CHECK(quantile({7, 3}, 1) == 7);
}

TEST_CASE("one value is its own median and quartiles") {
  const Spread one = spread({3});
  CHECK(one.low == 3);
  CHECK(one.median == 3);
  CHECK(one.high == 3);
}
