#include "neb/kernels/squared_distances.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using neb::Index;
using neb::kernels::squared_distances;
using namespace neb::test;

namespace {

template <class T>
std::vector<T> by_loops(Index m, Index n, Index d, const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> distances;
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) {
      T sum = 0;
      for (Index p = 0; p < d; ++p) {
        const T difference = a[static_cast<std::size_t>(i * d + p)] - b[static_cast<std::size_t>(j * d + p)];
        sum += difference * difference;
      }
      distances.push_back(sum);
    }
  return distances;
}

template <class T>
void check_table() {
  struct Sizes {
    Index m, n, d;
  };
  for (const Sizes& sizes : {Sizes{0, 3, 4},
                             {3, 0, 4},
                             {3, 4, 0},
                             {1, 1, 1},
                             {2, 3, 15},
                             {3, 4, 16},
                             {4, 5, 17},
                             {7, 33, 31},
                             {49, 34, 9},
                             {97, 65, 3}}) {
    const Index m = sizes.m, n = sizes.n, d = sizes.d;
    const auto a = integers<T>(m * d, 1), b = integers<T>(n * d, 2);
    auto out = unwritten<T>(m * n);
    squared_distances(m, n, d, a.data(), b.data(), out.data());
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(d);
    CHECK((out == by_loops(m, n, d, a, b)));
  }
}

}  // namespace

TEST_CASE("squared distances of integers are those of plain loops, at every edge of a tile") {
  check_table<float>();
  check_table<double>();
  check_table<long double>();
}

TEST_CASE("a squared distance has the same bits among few points and among many, at any number of threads") {
  constexpr Index m = 100, n = 70, d = 45;
  const auto a = reals<float>(m * d, 3), b = reals<float>(n * d, 4);
  auto all = unwritten<float>(m * n);
  squared_distances(m, n, d, a.data(), b.data(), all.data());
  {
    const WithThreads three(3);
    auto shared = unwritten<float>(m * n);
    squared_distances(m, n, d, a.data(), b.data(), shared.data());
    CHECK(same_bits(shared, all));
  }
  for (const Index rows : {1, 2, 3, 5, 50})
    for (const Index columns : {1, 4, 7, 40}) {
      auto part = unwritten<float>(rows * columns), expected = part;
      squared_distances(rows, columns, d, a.data() + 11 * d, b.data() + 5 * d, part.data());
      for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < columns; ++j)
          expected[static_cast<std::size_t>(i * columns + j)] = all[static_cast<std::size_t>((11 + i) * n + 5 + j)];
      CAPTURE(rows);
      CAPTURE(columns);
      CHECK(same_bits(part, expected));
    }
}

TEST_CASE("a squared distance keeps its digits far from the origin") {
  constexpr Index d = 50;
  // Multiples of 1/8 around 10 000, which float holds exactly: what is left is the rounding of the sums.
  std::vector<float> a = integers<float>(d, 5), b = integers<float>(d, 6);
  double expected = 0;
  for (std::size_t p = 0; p < d; ++p) {
    a[p] = 10000 + a[p] / 8;
    b[p] = 10000 + b[p] / 8;
    expected += std::pow(static_cast<double>(a[p]) - static_cast<double>(b[p]), 2);
  }
  float out = 0;
  squared_distances(1, 1, d, a.data(), b.data(), &out);
  CHECK(static_cast<double>(out) == doctest::Approx(expected).epsilon(1e-6));
}
