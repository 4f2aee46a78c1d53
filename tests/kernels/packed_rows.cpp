#include "neb/kernels/packed_rows.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "support.hpp"

using neb::Index;
using namespace neb::test;
namespace kernels = neb::kernels;

TEST_CASE_TEMPLATE("products with packed rows are the inner products of all pairs, whole tiles or not", T, float,
                   double) {
  for (const Index rows : {1, 7, 61})
    for (const Index columns : {1, 5, 16, 67})
      for (const Index depth : {1, 9, 64, 301}) {
        const auto x = integers<T>(rows * depth, 1), w = integers<T>(columns * depth, 2);
        std::vector<T> packed(static_cast<std::size_t>(kernels::packed_size<T>(columns, depth)));
        auto y = unwritten<T>(rows * columns);
        kernels::pack_rows(columns, depth, w.data(), depth, packed.data());
        kernels::multiply_packed_rows(rows, columns, depth, x.data(), packed.data(), y.data());
        Index wrong = 0;
        for (Index i = 0; i < rows; ++i)
          for (Index j = 0; j < columns; ++j) {
            T sum = 0;  // of integers, so exact in any order
            for (Index k = 0; k < depth; ++k)
              sum += x[static_cast<std::size_t>(i * depth + k)] * w[static_cast<std::size_t>(j * depth + k)];
            wrong += y[static_cast<std::size_t>(i * columns + j)] == sum ? 0 : 1;
          }
        CHECK(wrong == 0);
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
