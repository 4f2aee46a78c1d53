#include "neb/kernels/packed_rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "neb/kernels/scratch.hpp"
#include "support.hpp"

using neb::Index;
using namespace neb::test;
namespace kernels = neb::kernels;

namespace {

/// How many elements of a product written to `y` are not the inner products, of integers, so that no order rounds them.
template <class T>
Index wrong_elements(Index rows, Index columns, Index depth, T* y) {
  const auto x = integers<T>(rows * depth, 1), w = integers<T>(columns * depth, 2);
  std::vector<T> packed(static_cast<std::size_t>(kernels::packed_size<T>(columns, depth)));
  kernels::pack_rows(columns, depth, w.data(), depth, packed.data());
  kernels::multiply_packed_rows(rows, columns, depth, x.data(), packed.data(), y);
  Index wrong = 0;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) {
      T sum = 0;
      for (Index k = 0; k < depth; ++k)
        sum += x[static_cast<std::size_t>(i * depth + k)] * w[static_cast<std::size_t>(j * depth + k)];
      wrong += y[i * columns + j] == sum ? 0 : 1;
    }
  return wrong;
}

}  // namespace

TEST_CASE_TEMPLATE("products with packed rows are the inner products of all pairs, whole tiles or not", T, float,
                   double) {
  for (const Index rows : {1, 7, 61})
    for (const Index columns : {1, 5, 16, 67})
      for (const Index depth : {0, 1, 9, 64, 301, 1201}) {
        auto y = unwritten<T>(rows * columns);
        CHECK(wrong_elements(rows, columns, depth, y.data()) == 0);
      }
}

TEST_CASE_TEMPLATE("products with packed rows that are larger than the caches are right at any place in memory", T,
                   float, double) {
  const Index rows = 20001, columns = 64, size = rows * columns;
  const kernels::Scratch<T> y(size + 1);
  for (const Index offset : {0, 1}) {
    std::fill_n(y.data(), size + 1, T(12345));
    CHECK(wrong_elements(rows, columns, 3, y.data() + offset) == 0);
    CHECK(y.data()[offset == 0 ? size : 0] == T(12345));
  }
}

TEST_CASE("products with packed rows have the same bits at any number of threads") {
  const Index rows = 1000, columns = 50, depth = 200;
  const auto x = reals<float>(rows * depth, 1), w = reals<float>(columns * depth, 2);
  const auto product = [&](int threads) {
    const WithThreads scope(threads);
    std::vector<float> packed(static_cast<std::size_t>(kernels::packed_size<float>(columns, depth)));
    auto y = unwritten<float>(rows * columns);
    kernels::pack_rows(columns, depth, w.data(), depth, packed.data());
    kernels::multiply_packed_rows(rows, columns, depth, x.data(), packed.data(), y.data());
    return y;
  };
  CHECK(same_bits(product(1), product(3)));
}
