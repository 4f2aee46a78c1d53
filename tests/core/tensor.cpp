#include "neb/core/tensor.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

using namespace neb;

namespace {

Tensor<double> counting(const Shape& shape) {
  Tensor<double> x(shape);
  std::iota(x.mutable_span().begin(), x.mutable_span().end(), 0.0);
  return x;
}

template <class T>
std::vector<T> elements(const Tensor<T>& x) {
  return {x.span().begin(), x.span().end()};
}

}  // namespace

TEST_CASE("a tensor holds values in row-major order") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.rank() == 2);
  CHECK(x.size() == 6);
  CHECK(x(0, 2) == 3);
  CHECK(x(1, 0) == 4);
  CHECK(elements(Tensor<float>::ones({2})) == std::vector<float>{1, 1});
  CHECK(elements(Tensor<float>::zeros({2})) == std::vector<float>{0, 0});
  CHECK(Tensor<float>::scalar(3).shape() == Shape{});
  CHECK(Tensor<float>::scalar(3).item() == 3);
  CHECK(Tensor<float>::scalar(3)() == 3);
}

TEST_CASE("a tensor is as large as its values are many") {
  CHECK_THROWS_WITH_AS(Tensor<float>({2, 3}, {1, 2, 3, 4, 5}), "Tensor: (2, 3) has 6 elements, got 5 values",
                       ShapeError);
  CHECK_THROWS_WITH_AS(Tensor<float>({0}, {1}), "Tensor: (0,) has 0 elements, got 1 values", ShapeError);
}

TEST_CASE("a tensor too large to address is refused before anything is written") {
  CHECK_THROWS_AS(Tensor<double>({std::numeric_limits<Index>::max()}), std::bad_alloc);
  CHECK_THROWS_AS(Tensor<float>({Index{1} << 31, Index{1} << 31}), std::bad_alloc);
}

TEST_CASE("copies share one buffer until one of them is written to") {
  Tensor<double> x = counting({4});
  const Tensor<double> saved = x;
  CHECK(saved.data() == x.data());
  CHECK_FALSE(x.unique());
  x.mutable_data()[0] = 100;
  CHECK(saved.data() != x.data());
  CHECK(elements(saved) == std::vector<double>{0, 1, 2, 3});
  CHECK(elements(x) == std::vector<double>{100, 1, 2, 3});
  CHECK(x.unique());
  CHECK(saved.unique());
}

TEST_CASE("a saved copy never changes, whichever tensor of the family is written to") {
  const Tensor<double> saved = counting({2, 3});
  Tensor<double> reshaped = saved.reshaped({3, 2});
  CHECK(reshaped.data() == saved.data());
  reshaped.mutable_span()[5] = -1;
  Tensor<double> assigned;
  assigned = saved;
  assigned.mutable_span()[0] = -1;
  Tensor<double> same = saved.to<double>();
  same.mutable_span()[1] = -1;
  CHECK(elements(saved) == elements(counting({2, 3})));
}

TEST_CASE("writing to a tensor that nobody shares copies nothing") {
  Tensor<double> x = counting({4});
  const double* const before = x.data();
  x.mutable_data()[0] = 7;
  CHECK(x.data() == before);
  { const Tensor<double> passing = x; }
  x.mutable_span()[1] = 7;
  CHECK(x.data() == before);
  const Tensor<double> reshaped = std::move(x).reshaped({2, 2});
  CHECK(reshaped.data() == before);
  CHECK(reshaped.unique());
}

TEST_CASE("assigning a tensor to itself changes nothing") {
  Tensor<double> x = counting({3});
  Tensor<double>& alias = x;
  x = alias;
  CHECK(elements(x) == std::vector<double>{0, 1, 2});
  x = std::move(alias);
  CHECK(elements(x) == std::vector<double>{0, 1, 2});
}

TEST_CASE("a tensor that was moved from is empty and may be used again") {
  Tensor<double> x = counting({4});
  const Tensor<double> taken = std::move(x);
  // NOLINTBEGIN(bugprone-use-after-move): what is left is specified.
  CHECK(x.shape() == Shape{0});
  CHECK(x.size() == 0);
  CHECK(x.span().empty());
  CHECK(x.mutable_span().empty());
  CHECK(x.reshaped({3, 0}).shape() == Shape{3, 0});
  CHECK(x.rows(0, 0).size() == 0);
  CHECK(x.to<float>().size() == 0);
  CHECK_THROWS_WITH_AS(x.item(), "item: expects one element   [x: (0,)]", ShapeError);
  CHECK_THROWS_AS(x(0), ShapeError);
  x = counting({2});
  CHECK(x(1) == 1);
  // NOLINTEND(bugprone-use-after-move)
  CHECK(taken(3) == 3);
}

TEST_CASE("an empty tensor of any shape can be copied and written to") {
  Tensor<float> x({3, 0, 2});
  const Tensor<float> copy = x;
  CHECK(x.mutable_span().empty());
  CHECK(copy.shape() == Shape{3, 0, 2});
  CHECK(Tensor<float>::ones({0}).size() == 0);
}

TEST_CASE("item and element access say what does not fit") {
  const Tensor<double> x = counting({2, 3});
  CHECK_THROWS_WITH_AS(x.item(), "item: expects one element   [x: (2, 3)]", ShapeError);
  CHECK(counting({1, 1}).item() == 0);
  CHECK_THROWS_WITH_AS(x(1), "operator(): 1 indices for 2 axes   [x: (2, 3)]", ShapeError);
  CHECK_THROWS_WITH_AS(x(1, 2, 0), "operator(): 3 indices for 2 axes   [x: (2, 3)]", ShapeError);
  CHECK_THROWS_WITH_AS(x(2, 0), "operator(): index 2 is outside axis 0   [x: (2, 3)]", ShapeError);
  CHECK_THROWS_WITH_AS(x(0, -1), "operator(): index -1 is outside axis 1   [x: (2, 3)]", ShapeError);
}

TEST_CASE("every buffer begins at a cache line") {
  for (Index size = 1; size < 3000; size += 37) {
    const Tensor<float> x({size});
    CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  }
}

TEST_CASE("reshaping keeps the order of elements and their number") {
  const Tensor<double> x = counting({2, 3});
  CHECK(x.reshaped({3, 2})(2, 1) == 5);
  CHECK(x.reshaped({6})(4) == 4);
  CHECK_THROWS_WITH_AS(x.reshaped({4}), "reshape: 6 elements do not fill (4,)   [x: (2, 3)]", ShapeError);
}

TEST_CASE("rows are copied out of the first axis") {
  const Tensor<double> x = counting({4, 2, 2});
  const Tensor<double> middle = x.rows(1, 3);
  CHECK(middle.shape() == Shape{2, 2, 2});
  CHECK(elements(middle) == std::vector<double>{4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(x.rows(4, 4).shape() == Shape{0, 2, 2});
  CHECK(x.rows(0, 4).shape() == x.shape());
  CHECK(Tensor<double>({3, 0}).rows(1, 2).shape() == Shape{1, 0});
  CHECK_THROWS_WITH_AS(x.rows(3, 5), "rows: [3, 5) is not inside the first axis   [x: (4, 2, 2)]", ShapeError);
  CHECK_THROWS_WITH_AS(x.rows(-1, 2), "rows: [-1, 2) is not inside the first axis   [x: (4, 2, 2)]", ShapeError);
  CHECK_THROWS_WITH_AS(x.rows(3, 2), "rows: [3, 2) is not inside the first axis   [x: (4, 2, 2)]", ShapeError);
  CHECK_THROWS_AS(Tensor<double>::scalar(1).rows(0, 1), ShapeError);
}

TEST_CASE("elements convert between scalar types as static_cast does") {
  const Tensor<double> x({3}, {0.1, -1e30, 1e-60});
  CHECK(elements(x.to<float>()) == std::vector<float>{0.1f, -1e30f, 0.0f});
  CHECK(elements(x.to<float>().to<double>()) == std::vector<double>{double{0.1f}, double{-1e30f}, 0.0});
  CHECK(x.to<double>().data() == x.data());
}
