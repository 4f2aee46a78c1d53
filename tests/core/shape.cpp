#include "neb/core/shape.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using namespace neb;

namespace {

constexpr Index huge = Index{1} << 62;

/// NumPy's rule in its other form: fill the shorter shape with ones in front, then compare axis by axis.
std::optional<std::vector<Index>> broadcast_by_padding(std::vector<Index> a, std::vector<Index> b) {
  while (a.size() < b.size()) a.insert(a.begin(), 1);
  while (b.size() < a.size()) b.insert(b.begin(), 1);
  std::vector<Index> common;
  for (std::size_t axis = 0; axis < a.size(); ++axis) {
    if (a[axis] == b[axis] || b[axis] == 1)
      common.push_back(a[axis]);
    else if (a[axis] == 1)
      common.push_back(b[axis]);
    else
      return std::nullopt;
  }
  return common;
}

/// Every list of at most `rank` extents out of {0, 1, 2, 3}.
std::vector<std::vector<Index>> all_extents(std::size_t rank) {
  std::vector<std::vector<Index>> all{{}};
  for (std::size_t first = 0, length = 0; length < rank; ++length) {
    const std::size_t last = all.size();
    for (; first < last; ++first)
      for (Index extent = 0; extent < 4; ++extent) {
        all.push_back(all[first]);
        all.back().push_back(extent);
      }
  }
  return all;
}

}  // namespace

TEST_CASE("a shape knows its rank, extents, size and strides") {
  const Shape shape{2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape.size() == 24);
  CHECK(shape[1] == 3);
  CHECK(shape.stride(0) == 12);
  CHECK(shape.stride(1) == 4);
  CHECK(shape.stride(2) == 1);
  CHECK(shape.with(1, 7) == Shape{2, 7, 4});
  CHECK(shape == Shape{2, 3, 4});
  CHECK(std::vector<Index>(shape.begin(), shape.end()) == std::vector<Index>{2, 3, 4});
}

TEST_CASE("a scalar has rank 0 and one element, and an extent of 0 means no elements") {
  CHECK(Shape{}.rank() == 0);
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{3, 0, 2}.size() == 0);
  CHECK(Shape{0}.size() == 0);
}

TEST_CASE("shapes differ by rank, extent and order") {
  CHECK(Shape{} != Shape{1});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2, 3} != Shape{2, 3, 1});
  CHECK(Shape{0} != Shape{});
}

TEST_CASE("a shape prints like a Python tuple") {
  CHECK(Shape{}.to_string() == "()");
  CHECK(Shape{5}.to_string() == "(5,)");
  CHECK(Shape{8, 28, 28, 3}.to_string() == "(8, 28, 28, 3)");
  CHECK(Shape{0, 3}.to_string() == "(0, 3)");
}

TEST_CASE("a shape has at most eight axes") {
  CHECK(Shape{1, 2, 1, 2, 1, 2, 1, 2}.rank() == 8);
  CHECK_THROWS_WITH_AS(Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}), "Shape: at most 8 axes, got 9", ShapeError);
}

TEST_CASE("a negative extent is refused wherever a shape is made") {
  CHECK_THROWS_WITH_AS(Shape({2, -1, 3}), "Shape: extents are not negative, got (2, -1, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(Shape({0, -1}), "Shape: extents are not negative, got (0, -1)", ShapeError);
  CHECK_THROWS_WITH_AS(Shape({2, 3}).with(0, -4), "Shape: extents are not negative, got (-4, 3)", ShapeError);
}

TEST_CASE("a shape has no more elements than an Index can count") {
  CHECK(Shape{huge}.size() == huge);
  CHECK(Shape{std::numeric_limits<Index>::max()}.size() == std::numeric_limits<Index>::max());
  CHECK_THROWS_WITH_AS(Shape({huge, 2}), "Shape: too many elements in (4611686018427387904, 2)", ShapeError);
  CHECK_THROWS_AS(Shape({huge, huge, huge, huge}), ShapeError);  // 2^248: wraps to 0 more than once
}

TEST_CASE("an empty shape still has strides that an Index can hold") {
  CHECK(Shape{0, huge}.stride(0) == huge);
  CHECK_THROWS_AS(Shape({0, huge, 4}), ShapeError);
}

TEST_CASE("broadcasting agrees with padding by ones, for all shapes of up to three axes") {
  const auto all = all_extents(3);
  REQUIRE(all.size() == 1 + 4 + 16 + 64);
  int fitting = 0, wrong = 0;
  for (const auto& a : all)
    for (const auto& b : all) {
      const auto expected = broadcast_by_padding(a, b);
      std::optional<std::vector<Index>> got;
      try {
        const Shape common = broadcast_shapes(Shape(std::span(a)), Shape(std::span(b)));
        got.emplace(common.begin(), common.end());
      } catch (const ShapeError&) {}
      wrong += got != expected;
      fitting += expected.has_value();
    }
  CHECK(wrong == 0);
  CHECK(fitting > 1000);
}

TEST_CASE("shapes that do not broadcast are named, with the operation and the extents that clash") {
  CHECK_THROWS_WITH_AS(broadcast_shapes({2, 3}, {4, 1, 2}, "add"),
                       "add: extents 3 and 2 do not broadcast   [a: (2, 3), b: (4, 1, 2)]", ShapeError);
  CHECK_THROWS_WITH_AS(broadcast_shapes({0}, {2}), "broadcast: extents 0 and 2 do not broadcast   [a: (0,), b: (2,)]",
                       ShapeError);
  CHECK_THROWS_AS(broadcast_shapes({huge, 1}, {huge}), ShapeError);  // both fit, their common shape does not
}

TEST_CASE("an axis may be counted from the end") {
  CHECK(resolve_axis(0, {2, 3}, "sum") == 0);
  CHECK(resolve_axis(-1, {2, 3}, "sum") == 1);
  CHECK(resolve_axis(-2, {2, 3}, "sum") == 0);
  CHECK_THROWS_WITH_AS(resolve_axis(2, {2, 3}, "sum"), "sum: axis 2 does not exist   [x: (2, 3)]", ShapeError);
  CHECK_THROWS_WITH_AS(resolve_axis(-3, {2, 3}, "sum"), "sum: axis -3 does not exist   [x: (2, 3)]", ShapeError);
  CHECK_THROWS_WITH_AS(resolve_axis(0, {}, "sum"), "sum: axis 0 does not exist   [x: ()]", ShapeError);
}
