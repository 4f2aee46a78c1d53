#include "neb/data/sample.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "neb/core/random.hpp"

using namespace neb;

namespace {

Tensor<float> counting(const Shape& shape) {
  Tensor<float> x(shape);
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<float>(i);
  return x;
}

}  // namespace

TEST_CASE("sample: no rows, and fewer than none, are errors") {
  CHECK_THROWS_AS(sample_rows(counting({0, 2}), 3, Key{1}), ShapeError);
  CHECK_THROWS_AS(sample_rows(Tensor<float>::scalar(1), 3, Key{1}), ShapeError);
  CHECK_THROWS_AS(sample_rows(counting({3, 2}), -1, Key{1}), ValueError);
}

TEST_CASE("sample: the same key draws the same rows, and another step others") {
  const Tensor<float> x = counting({1000, 3});
  const Tensor<float> once = sample_rows(x, 64, Key{7}.at(3)), again = sample_rows(x, 64, Key{7}.at(3));
  const Tensor<float> next = sample_rows(x, 64, Key{7}.at(4)), longer = sample_rows(x, 100, Key{7}.at(3));
  CHECK(std::equal(once.span().begin(), once.span().end(), again.span().begin()));
  CHECK(std::equal(once.span().begin(), once.span().end(), longer.span().begin()));
  CHECK_FALSE(std::equal(once.span().begin(), once.span().end(), next.span().begin()));
  for (Index i = 0; i < 64; ++i) CHECK(once(i, 1) == once(i, 0) + 1);
}

TEST_CASE("sample: draws from a number on are those of a longer sample") {
  const Tensor<float> x = counting({1000, 3}), longer = sample_rows(x, 100, Key{7}).rows(60, 100);
  const Tensor<float> part = sample_rows(x, 40, Key{7}, 60);
  CHECK(std::equal(part.span().begin(), part.span().end(), longer.span().begin()));
}

TEST_CASE("sample: every row is drawn equally often") {
  std::vector<int> counts(10, 0);
  const Tensor<float> drawn = sample_rows(counting({10}), 100'000, Key{5});
  for (const float row : drawn.span()) ++counts[static_cast<std::size_t>(row)];
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 500);  // five standard deviations
}

TEST_CASE("mean row: it is the mean over rows, added up in double") {
  Tensor<float> x = Tensor<float>::full({3000, 2, 1}, 0.1F);
  for (Index row = 0; row < 3000; row += 2) x.mutable_data()[row * 2] = 10000;
  const Tensor<float> mean = mean_row(x);
  CHECK(mean.shape() == Shape{2, 1});
  CHECK(mean(0, 0) == static_cast<float>((10000.0 + static_cast<double>(0.1F)) / 2));
  CHECK(mean(1, 0) == 0.1F);
  CHECK_THROWS_AS(mean_row(Tensor<float>::zeros({0, 2})), ShapeError);
}
