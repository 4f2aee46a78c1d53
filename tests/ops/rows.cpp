#include "neb/ops/rows.hpp"

#include <doctest/doctest.h>

#include "neb/ops/arithmetic.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

using Elements = std::vector<double>;

const Var<double> table = Tensor<double>({3, 2}, {0, 1, 10, 11, 20, 21});

}  // namespace

TEST_CASE("gather_rows takes rows in any order, and more than once") {
  CHECK(elements(gather_rows(table, {2, 0, 2})) == Elements{20, 21, 0, 1, 20, 21});
  CHECK(gather_rows(table, {}).shape() == Shape{0, 2});
  CHECK(gather_rows(Var<double>(Tensor<double>({4, 2, 0})), {1, 1}).shape() == Shape{2, 2, 0});
  CHECK(elements(gather_rows(Var<double>(Tensor<double>({3}, {5, 6, 7})), {1})) == Elements{6});
}

TEST_CASE("scatter_rows adds rows where their numbers say, and leaves zeros elsewhere") {
  CHECK(elements(scatter_rows(table, {1, 3, 1}, 4)) == Elements{0, 0, 20, 22, 0, 0, 10, 11});
  CHECK(elements(scatter_rows(Var<double>(Tensor<double>({0, 2})), {}, 1)) == Elements{0, 0});
  CHECK(scatter_rows(Var<double>(Tensor<double>({0, 2})), {}, 0).shape() == Shape{0, 2});
}

TEST_CASE("the gradient of gathered rows counts how often each was taken") {
  CHECK(elements(grad(sum(gather_rows(table, {2, 0, 2})), table)) == Elements{1, 1, 0, 0, 2, 2});
}

TEST_CASE("gathering and scattering are adjoint: <gather x, y> = <x, scatter y>") {
  const std::vector<Index> indices{4, 0, 4, 4, 2, 1, 0};
  const Var<double> x = random_tensor({5, 3000}, 1), y = random_tensor({7, 3000}, 2);
  CHECK(sum(gather_rows(x, indices) * y).item() ==
        doctest::Approx(sum(x * scatter_rows(y, indices, 5)).item()).epsilon(1e-13));
}

TEST_CASE("gather_rows of a tensor takes rows of any rank in the order of their numbers") {
  Tensor<float> x({3, 2, 2});
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<float>(i);
  const std::vector<Index> indices{2, 0, 2, 1};
  const Tensor<float> rows = gather_rows(x, indices);
  REQUIRE(rows.shape() == Shape{4, 2, 2});
  for (Index i = 0; i < 4; ++i)
    for (Index k = 0; k < 4; ++k)
      CHECK(rows.data()[4 * i + k] == static_cast<float>(4 * indices[static_cast<std::size_t>(i)] + k));
  CHECK(gather_rows(x.reshaped({3, 4}), {}).shape() == Shape{0, 4});
  CHECK(gather_rows(Tensor<float>({3, 0}), indices).shape() == Shape{4, 0});
  CHECK_THROWS_WITH_AS(gather_rows(x, {Index{1} << 60}),
                       "gather_rows: row 1152921504606846976 does not exist   [x: (3, 2, 2), rows: 3]", ShapeError);
}
