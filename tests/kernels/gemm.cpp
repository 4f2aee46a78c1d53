#include "neb/kernels/gemm.hpp"

#include <doctest/doctest.h>

#include <Eigen/Core>
#include <array>

#include "support.hpp"

using neb::Index;
using neb::kernels::gemm;
using neb::kernels::Operand;
using neb::kernels::Transpose;
using neb::kernels::Update;
using namespace neb::test;

namespace {

constexpr std::array<Transpose, 2> both = {Transpose::no, Transpose::yes};

template <class T>
T element(const Operand<T>& matrix, Index row, Index column) {
  return *matrix.from(row, column).data;
}

/// One product, checked element by element; `gap` unused elements between rows must stay as they are.
template <class T>
void check_product(Index m, Index n, Index k, Transpose ta, Transpose tb, Update update, Index gap) {
  const Index a_stride = (ta == Transpose::no ? k : m) + gap;
  const Index b_stride = (tb == Transpose::no ? n : k) + gap;
  const auto a_values = integers<T>((ta == Transpose::no ? m : k) * a_stride, 1);
  const auto b_values = integers<T>((tb == Transpose::no ? k : n) * b_stride, 2);
  const Operand<T> a{a_values.data(), a_stride, ta};
  const Operand<T> b{b_values.data(), b_stride, tb};
  auto expected = integers<T>(m * (n + gap), 3);
  auto c = expected;
  for (Index row = 0; row < m; ++row)
    for (Index column = 0; column < n; ++column) {
      T& sum = expected[static_cast<std::size_t>(row * (n + gap) + column)];
      if (update == Update::replace) sum = T(0);
      for (Index i = 0; i < k; ++i) sum += element(a, row, i) * element(b, i, column);
    }
  gemm(m, n, k, a, b, c.data(), n + gap, update);
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  CAPTURE(gap);
  CHECK((c == expected));
}

template <class T>
void check_table() {
  const std::vector<std::array<Index, 3>> products = {
      {0, 3, 4},    {3, 0, 4},     {3, 4, 0},     {1, 1, 1},     {1, 5, 7},     {5, 1, 7},
      {2, 3, 1},    {4, 4, 4},     {7, 6, 5},     {16, 16, 16},  {17, 10, 33},  {1, 64, 300},
      {64, 1, 300}, {33, 48, 191}, {31, 9, 192},  {20, 20, 193}, {1, 1, 900},   {300, 10, 7},
      {6, 300, 3},  {257, 3, 40},  {258, 260, 5}, {3, 10, 4000}, {10, 3, 3072}, {1, 10, 6000}};
  for (const auto& [m, n, k] : products)
    for (const Transpose ta : both)
      for (const Transpose tb : both)
        for (const Update update : {Update::replace, Update::add})
          for (const Index gap : {0, 3}) check_product<T>(m, n, k, ta, tb, update, gap);
}

template <class T>
std::vector<T> random_product(Index m, Index n, Index k, Transpose ta, Transpose tb) {
  const auto a = reals<T>(m * k, 1);
  const auto b = reals<T>(k * n, 2);
  auto c = unwritten<T>(m * n);
  gemm(m, n, k, {a.data(), ta == Transpose::no ? k : m, ta}, {b.data(), tb == Transpose::no ? n : k, tb}, c.data(), n);
  return c;
}

}  // namespace

TEST_CASE("gemm equals plain loops exactly on integers, for any transposes, strides and updates") {
  check_table<float>();
  check_table<double>();
}

TEST_CASE("gemm works in long double") {
  for (const Transpose ta : both)
    for (const Transpose tb : both) check_product<long double>(19, 21, 200, ta, tb, Update::add, 1);
}

TEST_CASE("gemm gives the same bits at any number of threads") {
  const std::vector<std::array<Index, 3>> products = {{300, 280, 1000}, {37, 41, 700},  {8, 10, 20000}, {20000, 10, 8},
                                                      {8, 20000, 10},   {1, 128, 3000}, {500, 1, 2000}};
  for (const auto& product : products)
    for (const Transpose ta : both)
      for (const Transpose tb : both) {
        const Index m = product[0];
        const Index n = product[1];
        const Index k = product[2];
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        const WithThreads one(1);
        const auto expected = random_product<float>(m, n, k, ta, tb);
        for (const int count : {2, 3, 4}) {
          const WithThreads some(count);
          CHECK(same_bits(random_product<float>(m, n, k, ta, tb), expected));
        }
      }
}

TEST_CASE("gemm keeps its bits inside a parallel region and when Eigen was given threads of its own") {
  const auto expected = random_product<float>(200, 190, 1000, Transpose::no, Transpose::no);
  std::array<std::vector<float>, 3> results;
  {
    const WithThreads three(3);
    neb::parallel_tasks(3, [&](Index i) {
      results[static_cast<std::size_t>(i)] = random_product<float>(200, 190, 1000, Transpose::no, Transpose::no);
    });
  }
  for (const auto& result : results) CHECK(same_bits(result, expected));

  const int before = neb::threads();
  const int eigen_threads = Eigen::nbThreads();
  Eigen::setNbThreads(3);
  CHECK(same_bits(random_product<float>(200, 190, 1000, Transpose::no, Transpose::no), expected));
  Eigen::setNbThreads(eigen_threads == before ? 0 : eigen_threads);
  CHECK(neb::threads() == before);
}

TEST_CASE_TEMPLATE("gemm gives a row the same bits alone and at any place among others", T, float, double) {
  const Index m = 29;
  // Pairs are taken apart by hand: clang 14 lets no lambda, as CAPTURE has, see structured bindings.
  for (const auto& size : {std::pair<Index, Index>{1, 700}, {10, 5000}, {40, 3}, {700, 300}, {3, 17}})
    for (const Transpose tb : both) {
      const Index n = size.first, k = size.second;
      const auto a = reals<T>(m * k, 1), b = reals<T>(k * n, 2);
      const Operand<T> right{b.data(), tb == Transpose::no ? n : k, tb};
      auto whole = unwritten<T>(m * n);
      gemm(m, n, k, {a.data(), k}, right, whole.data(), n);
      for (const auto& part_of : {std::pair<Index, Index>{0, 1}, {28, 1}, {3, 2}, {7, 6}, {2, 19}}) {
        const Index first = part_of.first, rows = part_of.second;
        auto part = unwritten<T>(rows * n);
        gemm(rows, n, k, {a.data() + first * k, k}, right, part.data(), n);
        CAPTURE(n);
        CAPTURE(first);
        CHECK(same_bits(part, std::vector<T>(whole.begin() + first * n, whole.begin() + (first + rows) * n)));
      }
    }
}
