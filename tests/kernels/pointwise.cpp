#include "neb/kernels/pointwise.hpp"

#include <doctest/doctest.h>

#include <random>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// Shapes a and b that broadcast to out, with extents of 0, 1 and more.
struct BroadcastCase {
  Shape out, a, b;
};

BroadcastCase random_case(std::mt19937& generator, Index largest) {
  const auto below = [&](Index n) { return static_cast<Index>(generator() % static_cast<unsigned>(n)); };
  const Index rank = below(6);
  std::vector<Index> out, a, b;
  for (Index axis = 0; axis < rank; ++axis) {
    const Index extent = below(12) == 0 ? 0 : below(3) == 0 ? 1 : 1 + below(largest);
    out.push_back(extent);
    a.push_back(below(3) == 0 ? 1 : extent);
    b.push_back(below(3) == 0 || a.back() != extent ? extent : 1);
  }
  // Axes of extent 1 in front may be missing.
  const auto drop = [&](std::vector<Index>& extents) {
    while (!extents.empty() && extents[0] == 1 && below(2) == 0) extents.erase(extents.begin());
  };
  drop(a);
  drop(b);
  return {Shape(std::span<const Index>(out)), Shape(std::span<const Index>(a)), Shape(std::span<const Index>(b))};
}

/// Where element `flat` of `out` stands in an array of `shape` that is broadcast to it.
Index broadcast_offset(Index flat, const Shape& out, const Shape& shape) {
  Index offset = 0;
  for (Index axis = out.rank() - 1; axis >= 0; --axis) {
    const Index position = flat % out[axis];
    flat /= out[axis];
    const Index own = axis - (out.rank() - shape.rank());
    if (own >= 0 && shape[own] != 1) offset += position * shape.stride(own);
  }
  return offset;
}

std::string describe(const BroadcastCase& c) {
  return "a " + c.a.to_string() + " b " + c.b.to_string() + " out " + c.out.to_string();
}

std::vector<double> broadcast(const BroadcastCase& c) {
  const auto a = integers<double>(c.a.size(), 1), b = integers<double>(c.b.size(), 2);
  auto y = unwritten<double>(c.out.size());
  kernels::map_broadcast(
      c.out, y.data(), [](double p, double q) { return 10 * p + q; }, a.data(), c.a, b.data(), c.b);
  return y;
}

void check_broadcast(const BroadcastCase& c) {
  CAPTURE(describe(c));
  const auto a = integers<double>(c.a.size(), 1), b = integers<double>(c.b.size(), 2);
  std::vector<double> expected;
  for (Index i = 0; i < c.out.size(); ++i)
    expected.push_back(10 * a[static_cast<std::size_t>(broadcast_offset(i, c.out, c.a))] +
                       b[static_cast<std::size_t>(broadcast_offset(i, c.out, c.b))]);
  CHECK((broadcast(c) == expected));
}

}  // namespace

TEST_CASE("map applies a function to every element, of one array or several") {
  for (const Index n : {0, 1, 2, 8191, 8192, 8193, 30'000}) {
    const auto a = integers<float>(n, 1), b = integers<float>(n, 2), c = integers<float>(n, 3);
    auto y = unwritten<float>(n);
    kernels::map(
        n, y.data(), [](float p, float q, float r) { return p * q - r; }, a.data(), b.data(), c.data());
    int wrong = 0;
    for (std::size_t i = 0; i < y.size(); ++i) wrong += y[i] != a[i] * b[i] - c[i];
    CHECK(wrong == 0);
  }
}

TEST_CASE("map may write over one of its inputs") {
  auto x = integers<double>(20'000, 1);
  const auto before = x, other = integers<double>(20'000, 2);
  kernels::map(
      std::ssize(x), x.data(), [](double p, double q) { return p + 2 * q; }, x.data(), other.data());
  int wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) wrong += x[i] != before[i] + 2 * other[i];
  CHECK(wrong == 0);
}

TEST_CASE("update writes over the first argument of its function") {
  auto x = integers<double>(20'000, 1);
  const auto before = x, p = integers<double>(20'000, 2), q = integers<double>(20'000, 3);
  kernels::update(
      std::ssize(x), x.data(), [](double own, double a, double b) { return own + 2 * a - 5 * b; }, p.data(), q.data());
  int wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) wrong += x[i] != before[i] + 2 * p[i] - 5 * q[i];
  CHECK(wrong == 0);
}

TEST_CASE("broadcasting agrees with a plain loop over indices, on random small shapes") {
  std::mt19937 generator(1);
  for (int i = 0; i < 500; ++i) check_broadcast(random_case(generator, 4));
}

TEST_CASE("broadcasting agrees with a plain loop over indices, on shapes of several tiles") {
  check_broadcast({{20'000}, {20'000}, {1}});
  check_broadcast({{20'000}, {}, {20'000}});
  check_broadcast({{20'000}, {1}, {}});
  check_broadcast({{3, 10'000}, {10'000}, {3, 1}});
  check_broadcast({{10'000, 3}, {3}, {10'000, 1}});
  check_broadcast({{30, 40, 50}, {30, 1, 50}, {40, 50}});
  check_broadcast({{30, 40, 50}, {30, 40, 1}, {40, 50}});
  check_broadcast({{2, 3, 1, 4, 1, 5, 2, 3}, {2, 1, 1, 4, 1, 1, 2, 3}, {5, 1, 3}});
  std::mt19937 generator(2);
  for (int i = 0; i < 50; ++i) check_broadcast(random_case(generator, 20));
}

TEST_CASE("broadcasting gives the same bits at any thread count") {
  const BroadcastCase c{{30, 40, 50}, {30, 1, 50}, {40, 1}};
  const auto expected = [&] {
    const WithThreads one(1);
    return broadcast(c);
  }();
  for (int count = 2; count <= 4; ++count) {
    const WithThreads several(count);
    CHECK(same_bits(broadcast(c), expected));
  }
}

TEST_CASE("a strided copy agrees with a plain loop over indices") {
  std::mt19937 generator(3);
  for (int i = 0; i < 200; ++i) {
    const Shape extents = random_case(generator, 5).out;
    std::array<Index, Shape::max_rank> strides{};
    Index span = 1;
    for (Index axis = 0; axis < extents.rank(); ++axis) {
      strides[static_cast<std::size_t>(axis)] = static_cast<Index>(generator() % 7);
      span += (std::max<Index>(extents[axis], 1) - 1) * strides[static_cast<std::size_t>(axis)];
    }
    const auto x = reals<double>(span, 4);
    auto y = unwritten<double>(extents.size());
    kernels::copy_strided(extents, strides, x.data(), y.data());
    int wrong = 0;
    for (Index flat = 0; flat < extents.size(); ++flat) {
      Index offset = 0, rest = flat;
      for (Index axis = extents.rank() - 1; axis >= 0; --axis) {
        offset += rest % extents[axis] * strides[static_cast<std::size_t>(axis)];
        rest /= extents[axis];
      }
      wrong += y[static_cast<std::size_t>(flat)] != x[static_cast<std::size_t>(offset)];
    }
    CAPTURE(extents.to_string());
    CHECK(wrong == 0);
  }
}

TEST_CASE("a copy of blocks writes the blocks and nothing between them") {
  for (const Index length : {1, 3, 10'000}) {
    const Index count = 5, from_step = length + 2, to_step = length + 1;
    const auto x = reals<float>(count * from_step, 1);
    auto y = unwritten<float>(count * to_step);
    kernels::copy_blocks(count, length, x.data(), from_step, y.data(), to_step);
    int wrong = 0;
    for (Index i = 0; i < count; ++i)
      for (Index k = 0; k < to_step; ++k)
        wrong += y[static_cast<std::size_t>(i * to_step + k)] !=
                 (k < length ? x[static_cast<std::size_t>(i * from_step + k)] : unwritten<float>(1)[0]);
    CHECK(wrong == 0);
  }
}
