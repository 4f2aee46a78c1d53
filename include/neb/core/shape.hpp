/// Shapes: the extents of a row-major array, with NumPy's broadcasting rule.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>

#include "neb/core/error.hpp"

namespace neb {

/// Extents, offsets and counts; signed, so that differences of indices are safe, and of 64 bits whatever the machine, so that
/// files and sizes in error messages are the same everywhere.
using Index = std::int64_t;

/// The extents of an array, outermost first; rank 0 is a scalar. At most `Shape::max_rank` axes, never on the heap.
class Shape {
 public:
  static constexpr Index max_rank = 8;  ///< the most axes a shape can have

  Shape() = default;
  /// The shape of these extents. Throws as the other constructor does.
  Shape(std::initializer_list<Index> extents) : Shape(std::span(extents.begin(), extents.size())) {}

  /// Throws ShapeError when there are too many axes, a negative extent, or more elements than an Index can count.
  explicit Shape(std::span<const Index> extents) {
    if (std::ssize(extents) > max_rank)
      throw ShapeError("Shape: at most " + std::to_string(max_rank) + " axes, got " + std::to_string(extents.size()));
    rank_ = std::ssize(extents);
    std::copy(extents.begin(), extents.end(), extents_.begin());
    // The product of the non-zero extents is bounded too, so that strides can be formed even for an empty array.
    Index count = 1;
    for (const Index extent : extents) {
      if (extent < 0) throw ShapeError("Shape: extents are not negative, got " + to_string());
      if (extent == 0) continue;
      if (count > std::numeric_limits<Index>::max() / extent)
        throw ShapeError("Shape: too many elements in " + to_string());
      count *= extent;
    }
  }

  /// Number of axes.
  Index rank() const { return rank_; }
  /// The first extent, for loops.
  const Index* begin() const { return extents_.data(); }
  /// One past the last extent.
  const Index* end() const { return extents_.data() + rank_; }
  /// The extent of `axis`, which must be in [0, rank).
  Index operator[](Index axis) const { return extents_[static_cast<std::size_t>(axis)]; }

  /// Number of elements: the product of the extents, 1 for a scalar.
  Index size() const {
    Index count = 1;
    for (const Index extent : *this) count *= extent;
    return count;
  }

  /// The same shape with the extent of one axis replaced.
  Shape with(Index axis, Index extent) const {
    Shape changed = *this;
    changed.extents_[static_cast<std::size_t>(axis)] = extent;
    return Shape(std::span<const Index>(changed.begin(), changed.end()));
  }

  /// Number of elements between neighbours along `axis` in row-major order.
  Index stride(Index axis) const {
    Index count = 1;
    for (Index later = axis + 1; later < rank_; ++later) count *= (*this)[later];
    return count;
  }

  /// `(8, 28, 28, 3)`, as error messages print it.
  std::string to_string() const {
    std::string text = "(";
    for (Index axis = 0; axis < rank_; ++axis) {
      if (axis > 0) text += ", ";
      text += std::to_string((*this)[axis]);
    }
    return text + (rank_ == 1 ? ",)" : ")");
  }

  /// Whether rank and all extents are equal.
  friend bool operator==(const Shape& a, const Shape& b) {
    return a.rank_ == b.rank_ && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  std::array<Index, max_rank> extents_{};
  Index rank_ = 0;
};

/// The common shape of two arrays under NumPy's rule: align the last axes; equal extents or 1 fit.
/// Throws ShapeError, in the name of `operation`, when they do not.
inline Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation = "broadcast") {
  if (a == b) return a;
  const Index rank = std::max(a.rank(), b.rank());
  std::array<Index, Shape::max_rank> extents{};
  for (Index back = 1; back <= rank; ++back) {
    const Index from_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const Index from_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1)
      throw ShapeError(std::string(operation) + ": extents " + std::to_string(from_a) + " and " +
                       std::to_string(from_b) + " do not broadcast   [a: " + a.to_string() + ", b: " + b.to_string() +
                       "]");
    extents[static_cast<std::size_t>(rank - back)] = from_a == 1 ? from_b : from_a;
  }
  return Shape(std::span<const Index>(extents.data(), static_cast<std::size_t>(rank)));
}

/// Axis counted from the end when negative (-1 is the last). Throws ShapeError when `shape` has no such axis.
inline Index resolve_axis(Index axis, const Shape& shape, const char* operation) {
  const Index resolved = axis < 0 ? axis + shape.rank() : axis;
  if (resolved < 0 || resolved >= shape.rank())
    throw ShapeError(std::string(operation) + ": axis " + std::to_string(axis) +
                     " does not exist   [x: " + shape.to_string() + "]");
  return resolved;
}

/// What to add to the message about weights of another shape: a sentence where only the order of their axes differs, as in files
/// of other frameworks; else nothing.
inline std::string order_note(const Shape& expected, const Shape& found) {
  if (expected == found || !std::is_permutation(expected.begin(), expected.end(), found.begin(), found.end()))
    return "";
  return ". Only the order of axes differs: filters are (out, height, width, in) here, and matrices (in, out)";
}

}  // namespace neb
