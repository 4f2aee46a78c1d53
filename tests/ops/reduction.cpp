#include "neb/ops/reduction.hpp"

#include <doctest/doctest.h>

#include <random>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// x summed onto `shape`, element by element.
Tensor<double> sum_by_index(const Tensor<double>& x, const Shape& shape) {
  Tensor<double> y = Tensor<double>::zeros(shape);
  for_each_index(x.shape(), [&](const Indices& i) {
    Index offset = 0;
    for (Index axis = 0; axis < shape.rank(); ++axis)
      offset =
          offset * shape[axis] + (shape[axis] == 1 ? 0 : i[i.size() - static_cast<std::size_t>(shape.rank() - axis)]);
    y.mutable_data()[offset] += broadcast_at(x, i);
  });
  return y;
}

/// A shape, and one that broadcasts to it.
std::pair<Shape, Shape> random_shapes(std::mt19937& generator) {
  const auto below = [&](unsigned n) { return static_cast<Index>(generator() % n); };
  std::vector<Index> full, reduced;
  for (Index axis = below(6); axis > 0; --axis) {
    full.push_back(below(10) == 0 ? 0 : 1 + below(4));
    reduced.push_back(below(2) == 0 ? 1 : full.back());
  }
  while (!reduced.empty() && reduced[0] == 1 && below(2) == 0) reduced.erase(reduced.begin());
  return {Shape(std::span<const Index>(full)), Shape(std::span<const Index>(reduced))};
}

}  // namespace

TEST_CASE("sum_to agrees with a loop over indices on random shapes, and broadcast_to undoes its shape") {
  std::mt19937 generator(1);
  for (int i = 0; i < 200; ++i) {
    const auto shapes = random_shapes(generator);
    const Shape &full = shapes.first, &reduced = shapes.second;
    CAPTURE(full.to_string());
    CAPTURE(reduced.to_string());
    const auto x = random_tensor(full, 1);
    CHECK(difference(sum_to<double>(x, reduced).value(), sum_by_index(x, reduced)) < 1e-14);
    const auto small = random_tensor(reduced, 2);
    CHECK(difference(broadcast_to<double>(small, full).value(),
                     tabulate(full, [&](const Indices& index) { return broadcast_at(small, index); })) == 0);
  }
}

TEST_CASE("summing and broadcasting are adjoint: <sum_to x, y> = <x, broadcast_to y>") {
  const Var<double> x = random_tensor({3, 4, 5}, 1), y = random_tensor({4, 1}, 2);
  const auto dot = [](const Var<double>& a, const Var<double>& b) {
    double total = 0;
    for (Index i = 0; i < a.size(); ++i) total += a.value().data()[i] * b.value().data()[i];
    return total;
  };
  CHECK(dot(sum_to(x, {4, 1}), y) == doctest::Approx(dot(x, broadcast_to(y, {3, 4, 5}))).epsilon(1e-14));
}

TEST_CASE("sums over any axes agree with a loop over indices") {
  const auto x = random_tensor({2, 3, 4, 5}, 1);
  const Var<double> v = x;
  CHECK(difference(sum(v).value(), sum_by_index(x, {})) < 1e-14);
  CHECK(difference(sum(v, 0).value(), sum_by_index(x, {1, 3, 4, 5}).reshaped({3, 4, 5})) < 1e-14);
  CHECK(difference(sum(v, -1).value(), sum_by_index(x, {2, 3, 4, 1}).reshaped({2, 3, 4})) < 1e-14);
  CHECK(difference(sum(v, {0, 2}).value(), sum_by_index(x, {1, 3, 1, 5}).reshaped({3, 5})) < 1e-14);
  CHECK(difference(sum(v, {-1, 1}).value(), sum_by_index(x, {2, 1, 4, 1}).reshaped({2, 4})) < 1e-14);
  CHECK(difference(sum(v, {0, 1, 2, 3}).value(), sum(v).value()) < 1e-14);
  CHECK(difference(sum(v, {1, 2}).value(), sum(sum(v, 1), 1).value()) < 1e-14);
}

TEST_CASE("one axis in braces is that axis, and one named twice is summed once") {
  const Var<double> x = Tensor<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(elements(sum(x, {0})) == std::vector<double>{5, 7, 9});
  CHECK(elements(sum(x, {1, -1})) == std::vector<double>{6, 15});
}

TEST_CASE("the sum of nothing is zero") {
  CHECK(sum(Var<double>(Tensor<double>({0}))).item() == 0);
  CHECK(sum(Var<double>()).item() == 0);
  CHECK(elements(sum(Var<double>(Tensor<double>({0, 3})), 0)) == std::vector<double>{0, 0, 0});
  CHECK(sum(Var<double>(Tensor<double>({0, 3})), 1).shape() == Shape{0});
  CHECK(sum(Var<double>(Tensor<double>({2, 0, 3})), {0, 1}).shape() == Shape{3});
}

TEST_CASE("wide rows are summed as well as long columns") {
  const auto check = [](const Shape& shape, const Shape& onto) {
    const auto x = random_tensor(shape, 1);
    CHECK(difference(sum_to<double>(x, onto).value(), sum_by_index(x, onto)) < 1e-13);
  };
  check({3, 9000}, {9000});
  check({40, 5000}, {1, 5000});
  check({5000, 3}, {3});
  check({2, 9000, 2}, {2, 1, 2});
}

TEST_CASE("sums are the same bits at any thread count") {
  const Var<float> x = random_normal<float>({60, 50, 40}, Key(1));
  const int saved = threads();
  std::vector<float> first;
  for (const int count : {1, 2, 3, 4}) {
    set_threads(count);
    std::vector<float> got{sum(x).item()};
    for (const auto& y : {sum(x, 0), sum(x, 1), sum(x, 2), sum(x, {0, 2})})
      got.insert(got.end(), y.value().span().begin(), y.value().span().end());
    if (first.empty()) first = got;
    CHECK(got == first);
  }
  set_threads(saved);
}

TEST_CASE("reshaping and flattening keep the elements in order, without a copy") {
  const Var<double> x = random_tensor({2, 3, 4}, 1);
  CHECK(reshape(x, {4, 6}).value().data() == x.value().data());
  CHECK(flatten(x).shape() == Shape{2, 12});
  CHECK(flatten(Var<double>(Tensor<double>({0, 3, 2}))).shape() == Shape{0, 6});
  CHECK(flatten(Var<double>(Tensor<double>({5}))).shape() == Shape{5, 1});
}
