#include "neb/kernels/reduce.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// Any array, seen from the axis that is reduced.
struct Extents {
  Index outer, reduced, inner;
};

const auto add = [](auto a, auto b) { return a + b; };
const auto larger = [](auto a, auto b) { return a < b ? b : a; };

template <class T, class Combine>
std::vector<T> fold(const Extents& e, const std::vector<T>& x, T identity, Combine combine) {
  auto y = unwritten<T>(e.outer * e.inner);
  kernels::reduce_axis(e.outer, e.reduced, e.inner, x.data(), y.data(), identity, combine);
  return y;
}

template <class T, class Combine>
std::vector<T> fold_plainly(const Extents& e, const std::vector<T>& x, T identity, Combine combine) {
  std::vector<T> y(static_cast<std::size_t>(e.outer * e.inner), identity);
  for (Index o = 0; o < e.outer; ++o)
    for (Index r = 0; r < e.reduced; ++r)
      for (Index i = 0; i < e.inner; ++i) {
        T& to = y[static_cast<std::size_t>(o * e.inner + i)];
        to = combine(to, x[static_cast<std::size_t>((o * e.reduced + r) * e.inner + i)]);
      }
  return y;
}

const Extents larger_than_a_tile[] = {{1, 8192, 1},    {1, 8193, 1},    {1, 100'000, 1}, {3, 20'000, 1}, {1, 5000, 3},
                                      {2, 1000, 64},   {1, 40, 700},    {1, 2, 5000},    {2, 3, 8192},   {1, 17, 8193},
                                      {1, 40, 20'000}, {5000, 2, 2},    {20'000, 3, 1},  {1, 70'000, 4}, {1, 1, 30'000},
                                      {3, 0, 9000},    {1, 300'000, 1}, {4, 4096, 2},    {1, 16, 512},   {1, 17, 512}};

}  // namespace

TEST_CASE("sums of integers are exact, on random small shapes with axes of extent 0 and 1 among them") {
  std::mt19937 generator(1);
  for (int i = 0; i < 500; ++i) {
    const auto extent = [&](unsigned largest) { return static_cast<Index>(generator() % (largest + 1)); };
    const Extents e{extent(5), extent(40), extent(20)};
    CAPTURE(e.outer);
    CAPTURE(e.reduced);
    CAPTURE(e.inner);
    const auto x = integers<float>(e.outer * e.reduced * e.inner, 2);
    CHECK((fold(e, x, 0.0f, add) == fold_plainly(e, x, 0.0f, add)));
  }
}

TEST_CASE("sums of integers are exact, on shapes larger than a tile along any axis") {
  for (const Extents& e : larger_than_a_tile) {
    CAPTURE(e.outer);
    CAPTURE(e.reduced);
    CAPTURE(e.inner);
    const auto x = integers<float>(e.outer * e.reduced * e.inner, 2);
    CHECK((fold(e, x, 0.0f, add) == fold_plainly(e, x, 0.0f, add)));
  }
}

TEST_CASE("maxima agree with a plain loop, and the maximum of nothing is the identity") {
  constexpr double lowest = -std::numeric_limits<double>::infinity();
  for (const Extents& e : larger_than_a_tile) {
    const auto x = reals<double>(e.outer * e.reduced * e.inner, 3);
    CHECK((fold(e, x, lowest, larger) == fold_plainly(e, x, lowest, larger)));
  }
  CHECK((fold({2, 0, 3}, std::vector<double>{}, lowest, larger) == std::vector<double>(6, lowest)));
}

TEST_CASE("sums are the same bits at any thread count") {
  for (const Extents& e : larger_than_a_tile) {
    const auto x = reals<float>(e.outer * e.reduced * e.inner, 4);
    const auto expected = [&] {
      const WithThreads one(1);
      return fold(e, x, 0.0f, add);
    }();
    for (int count = 2; count <= 4; ++count) {
      const WithThreads several(count);
      CHECK(same_bits(fold(e, x, 0.0f, add), expected));
    }
  }
}

TEST_CASE("a long sum in float loses a few roundings, not one for every element") {
  const Index n = 3'000'000;
  const std::vector<float> x(static_cast<std::size_t>(n), 0.1f);
  const double exact = static_cast<double>(n) * double{0.1f};
  // Added one after the other, they are off by one part in a hundred.
  CHECK(std::abs(double{fold({1, n, 1}, x, 0.0f, add)[0]} / exact - 1) < 1e-5);
}

TEST_CASE("a NaN or an infinity anywhere reaches the sum") {
  for (const Index at : {0, 15, 16, 8191, 8192, 19'999}) {
    auto x = integers<double>(20'000, 5);
    x[static_cast<std::size_t>(at)] = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(fold({1, 20'000, 1}, x, 0.0, add)[0]));
    x[static_cast<std::size_t>(at)] = std::numeric_limits<double>::infinity();
    CHECK(fold({1, 20'000, 1}, x, 0.0, add)[0] == std::numeric_limits<double>::infinity());
  }
}
