/// Tensor<T>: a row-major, contiguous array with value semantics.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// The scalars that neb computes with: float to train, double to check.
template <class T>
concept Scalar = std::floating_point<T>;

/// A row-major, contiguous array of runtime shape. Copies share one buffer; writing copies it first when it is shared,
/// so a tensor that somebody else saved never changes.
template <class T>
class Tensor {
  static_assert(Scalar<T>, "neb::Tensor<T>: T is a floating-point type, float or double");

 public:
  using value_type = T;  ///< the type of an element

  /// An empty tensor of shape (0,); so is a tensor that was moved from.
  Tensor() = default;

  /// A tensor of `shape` whose elements are not initialised.
  explicit Tensor(const Shape& shape) : shape_(shape), size_(shape.size()) {
    if (size_ > 0) buffer_ = Buffer(memory_size(size_, sizeof(T)));
  }

  /// The copy shares the buffer until one of the two is written to.
  Tensor(const Tensor&) = default;
  /// Takes the buffer; `other` is left empty, of shape (0,).
  Tensor(Tensor&& other) noexcept
      : shape_(std::exchange(other.shape_, no_elements())),
        size_(std::exchange(other.size_, 0)),
        buffer_(std::move(other.buffer_)) {}
  /// Shares the buffer of the other until one of the two is written to.
  Tensor& operator=(const Tensor&) = default;
  /// Takes the buffer; `other` is left empty, of shape (0,).
  Tensor& operator=(Tensor&& other) noexcept {
    shape_ = std::exchange(other.shape_, no_elements());
    size_ = std::exchange(other.size_, 0);
    buffer_ = std::move(other.buffer_);
    return *this;
  }

  /// A tensor of `shape` with `values` in row-major order. Throws ShapeError when their number is not shape.size().
  Tensor(const Shape& shape, std::span<const T> values) : Tensor(shape) {
    if (std::ssize(values) != size_)
      throw ShapeError("Tensor: " + shape.to_string() + " has " + std::to_string(size_) + " elements, got " +
                       std::to_string(values.size()) + " values");
    std::copy(values.begin(), values.end(), mutable_data());
  }
  /// The same with the values written out.
  Tensor(const Shape& shape, std::initializer_list<T> values)
      : Tensor(shape, std::span<const T>(values.begin(), values.size())) {}

  /// A tensor of `shape`, every element `value`.
  static Tensor full(const Shape& shape, T value) {
    Tensor filled(shape);
    std::fill_n(filled.mutable_data(), filled.size_, value);
    return filled;
  }
  /// A tensor of zeros.
  static Tensor zeros(const Shape& shape) { return full(shape, T(0)); }
  /// A tensor of ones.
  static Tensor ones(const Shape& shape) { return full(shape, T(1)); }
  /// A tensor of rank 0.
  static Tensor scalar(T value) { return full(Shape{}, value); }

  /// The extents.
  const Shape& shape() const { return shape_; }
  /// Number of axes.
  Index rank() const { return shape_.rank(); }
  /// Number of elements.
  Index size() const { return size_; }

  /// The elements in row-major order, to read.
  const T* data() const { return reinterpret_cast<const T*>(buffer_.bytes()); }
  /// The same as a span. Only of a tensor that has a name: `for (T x : f().span())` would go on after the tensor is gone.
  std::span<const T> span() const& { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const T> span() const&& = delete;

  /// Elements to write to; copies the buffer first when another tensor shares it.
  T* mutable_data() {
    if (!buffer_.unique()) {
      Tensor copy(shape_);
      std::copy_n(data(), size_, reinterpret_cast<T*>(copy.buffer_.bytes()));
      *this = std::move(copy);
    }
    return reinterpret_cast<T*>(buffer_.bytes());
  }
  /// The same as a span.
  std::span<T> mutable_span() & { return {mutable_data(), static_cast<std::size_t>(size_)}; }

  /// Whether no other tensor shares the buffer.
  bool unique() const { return buffer_.unique(); }

  /// The one element. Throws ShapeError when there is not exactly one.
  T item() const {
    if (size_ != 1) throw ShapeError("item: expects one element   [x: " + shape_.to_string() + "]");
    return *data();
  }

  /// The element at `indices`, one for each axis. Throws ShapeError when they do not fit.
  template <std::convertible_to<Index>... Indices>
  T operator()(Indices... indices) const {
    return data()[offset({static_cast<Index>(indices)...})];
  }

  /// The same elements under another shape; shares the buffer. Throws ShapeError when the sizes differ.
  Tensor reshaped(const Shape& shape) const& { return Tensor(*this).reshaped(shape); }
  /// The same, taking the buffer along.
  Tensor reshaped(const Shape& shape) && {
    if (shape.size() != size_)
      throw ShapeError("reshape: " + std::to_string(size_) + " elements do not fill " + shape.to_string() +
                       "   [x: " + shape_.to_string() + "]");
    shape_ = shape;
    return std::move(*this);
  }

  /// Rows [begin, end) of the first axis, copied. Throws ShapeError when they are not inside it.
  Tensor rows(Index begin, Index end) const {
    if (rank() == 0 || begin < 0 || end < begin || end > shape_[0])
      throw ShapeError("rows: [" + std::to_string(begin) + ", " + std::to_string(end) +
                       ") is not inside the first axis   [x: " + shape_.to_string() + "]");
    const Index row = shape_.stride(0);
    Tensor part(shape_.with(0, end - begin));
    std::copy_n(data() + begin * row, part.size_, part.mutable_data());
    return part;
  }

  /// The same elements in another scalar type.
  template <Scalar U>
  Tensor<U> to() const {
    if constexpr (std::is_same_v<T, U>) {
      return *this;
    } else {
      Tensor<U> converted(shape_);
      std::transform(data(), data() + size_, converted.mutable_data(), [](T x) { return static_cast<U>(x); });
      return converted;
    }
  }

 private:
  Index offset(std::initializer_list<Index> indices) const {
    if (std::ssize(indices) != rank())
      throw ShapeError("operator(): " + std::to_string(indices.size()) + " indices for " + std::to_string(rank()) +
                       " axes   [x: " + shape_.to_string() + "]");
    Index position = 0;
    Index axis = 0;
    for (const Index index : indices) {
      if (index < 0 || index >= shape_[axis])
        throw ShapeError("operator(): index " + std::to_string(index) + " is outside axis " + std::to_string(axis) +
                         "   [x: " + shape_.to_string() + "]");
      position = position * shape_[axis++] + index;
    }
    return position;
  }

  static const Shape& no_elements() {
    static const Shape shape{0};
    return shape;
  }

  Shape shape_ = no_elements();
  Index size_ = 0;
  Buffer buffer_;
};

}  // namespace neb
