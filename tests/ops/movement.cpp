#include "neb/ops/movement.hpp"

#include <doctest/doctest.h>

#include <random>

#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

Shape random_shape(std::mt19937& generator, Index rank) {
  std::vector<Index> extents;
  for (; rank > 0; --rank) extents.push_back(generator() % 8 == 0 ? 0 : 1 + static_cast<Index>(generator() % 4));
  return Shape(std::span<const Index>(extents));
}

Index below(std::mt19937& generator, Index n) { return static_cast<Index>(generator() % static_cast<unsigned>(n)); }

/// `index` with the position along one axis moved.
Indices moved(Indices index, Index axis, Index by) {
  index[static_cast<std::size_t>(axis)] += by;
  return index;
}

}  // namespace

TEST_CASE("transposing permutes indices, on random shapes and orders") {
  std::mt19937 generator(1);
  for (int i = 0; i < 100; ++i) {
    const Index rank = below(generator, 6);
    const Shape shape = random_shape(generator, rank);
    std::vector<Index> order(static_cast<std::size_t>(rank)), extents;
    std::iota(order.begin(), order.end(), Index{0});
    std::shuffle(order.begin(), order.end(), generator);
    for (const Index axis : order) extents.push_back(shape[axis]);
    const auto x = random_tensor(shape, 1);
    const auto expected = tabulate(Shape(std::span<const Index>(extents)), [&](const Indices& index) {
      Indices from(index.size());
      for (std::size_t k = 0; k < index.size(); ++k) from[static_cast<std::size_t>(order[k])] = index[k];
      return broadcast_at(x, from);
    });
    CAPTURE(shape.to_string());
    CHECK(difference(transpose<double>(x, order).value(), expected) == 0);
  }
}

TEST_CASE("transposing twice is the identity, and without an order swaps rows and columns") {
  const Var<double> x = random_tensor({70, 130}, 1);
  CHECK(transpose(x).value()(129, 3) == x.value()(3, 129));
  CHECK(elements(transpose(transpose(x))) == elements(x));
  const Var<double> y = random_tensor({2, 3, 4}, 1);
  CHECK(elements(transpose(transpose(y, {2, 0, 1}), {1, 2, 0})) == elements(y));
}

TEST_CASE("slices, paddings and concatenations agree with loops over indices, on random shapes") {
  std::mt19937 generator(2);
  for (int i = 0; i < 100; ++i) {
    const Index rank = 1 + below(generator, 4), axis = below(generator, rank);
    const Shape shape = random_shape(generator, rank);
    const Index extent = shape[axis];
    const auto x = random_tensor(shape, 1);
    CAPTURE(shape.to_string());
    CAPTURE(axis);

    const Index begin = below(generator, extent + 1), end = begin + below(generator, extent - begin + 1);
    CHECK(difference(slice<double>(x, axis, begin, end).value(),
                     tabulate(shape.with(axis, end - begin),
                              [&](const Indices& index) { return broadcast_at(x, moved(index, axis, begin)); })) == 0);

    const Index before = below(generator, 3), after = below(generator, 3);
    CHECK(difference(pad<double>(x, axis - rank, before, after).value(),
                     tabulate(shape.with(axis, before + extent + after), [&](const Indices& index) {
                       const Index position = index[static_cast<std::size_t>(axis)] - before;
                       if (position < 0 || position >= extent) return 0.0;
                       return broadcast_at(x, moved(index, axis, -before));
                     })) == 0);

    const auto y = random_tensor(shape.with(axis, below(generator, 4)), 2), z = random_tensor(shape.with(axis, 1), 3);
    const Index first = extent, second = extent + y.shape()[axis];
    CHECK(difference(concat<double>({x, y, z}, axis).value(),
                     tabulate(shape.with(axis, second + 1), [&](const Indices& index) {
                       const Index position = index[static_cast<std::size_t>(axis)];
                       if (position < first) return broadcast_at(x, index);
                       if (position < second) return broadcast_at(y, moved(index, axis, -first));
                       return broadcast_at(z, moved(index, axis, -second));
                     })) == 0);
  }
}

TEST_CASE("slicing what was padded or joined gives the parts back") {
  const Var<double> x = random_tensor({2, 5, 3}, 1), y = random_tensor({2, 2, 3}, 2);
  CHECK(elements(slice(pad(x, 1, 4, 2), 1, 4, 9)) == elements(x));
  const auto joined = concat<double>({x, y}, 1);
  CHECK(elements(slice(joined, 1, 0, 5)) == elements(x));
  CHECK(elements(slice(joined, -2, 5, 7)) == elements(y));
}

TEST_CASE("the cotangents of a concatenation are its slices, of one array listed twice their sum") {
  const Var<double> x = random_tensor({2, 1}, 1), y = random_tensor({2, 3}, 2);
  const Var<double> g = Tensor<double>({2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const auto cotangents = vjp<double>(concat<double>({x, y, x}, 1), std::vector{x, y}, g);
  CHECK(elements(cotangents[0]) == std::vector<double>{1 + 5, 6 + 10});
  CHECK(elements(cotangents[1]) == std::vector<double>{2, 3, 4, 7, 8, 9});
}

TEST_CASE("arrays without elements are moved without reading or writing any") {
  const auto empty = [](const Shape& shape) { return Var<double>(Tensor<double>(shape)); };
  CHECK(transpose(empty({0, 3})).shape() == Shape{3, 0});
  CHECK(slice(empty({0, 3}), 1, 1, 2).shape() == Shape{0, 1});
  CHECK(slice(empty({4}), 0, 2, 2).shape() == Shape{0});
  CHECK(elements(pad(empty({0, 1}), 0, 1, 1)) == std::vector<double>{0, 0});
  CHECK(pad(empty({0, 1}), 1, 1, 1).shape() == Shape{0, 3});
  CHECK(concat<double>({empty({0, 3}), empty({0, 2})}, 1).shape() == Shape{0, 5});
  CHECK(concat<double>({empty({0, 3}), empty({2, 3})}, 0).shape() == Shape{2, 3});
}
