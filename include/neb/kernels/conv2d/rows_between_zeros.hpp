/// Image rows between the columns of zeros that a filter gradient over few channels needs.
#pragma once

#include <algorithm>
#include <utility>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/correlation.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Copies of image rows between columns of zeros, made by the task that reads them, whose core they stay near.
template <class T>
class RowsBetweenZeros {
 public:
  /// Room for what at most `rows` output rows read in each of `images` images; none if no columns of zeros are needed, or those of the
  /// kernel are summed apart.
  RowsBetweenZeros(const Correlation& k, Index images, Index rows)
      : k_(k),
        copied_(k.needs_columns_of_zeros() && !k.columns_apart()),
        rows_(copied_ ? images * ((rows - 1) * k.stride + k.kernel_height) * k.columns() * k.channels : 0) {}

  /// Copies what output rows [begin, end) read of images (images, H, W, C), and calls body(correlation, copy) with what has these
  /// as its output rows [begin, end); or else with the images themselves.
  template <class Body>
  void copy(const T* images, Index count, Index begin, Index end, Body&& body) const {
    if (!copied_) return body(k_, images);
    const Index above = begin * k_.stride - k_.top;
    const auto [first, last] = kernel_inside(above, (end - 1 - begin) * k_.stride + k_.kernel_height, k_.height);
    Correlation k = k_;
    k.height = last - first;
    k.width = k_.columns();
    k.top += above + first;
    k.left = 0;
    const auto [left, right] = kernel_inside(-k_.left, k.width, k_.width);
    T* to = rows_.data();
    for (Index image = 0; image < count; ++image)
      for (Index row = above + first; row < above + last; ++row) {
        const T* const from = images + ((image * k_.height + row) * k_.width + left - k_.left) * k_.channels;
        to = std::fill_n(to, left * k_.channels, T(0));
        to = std::copy_n(from, (right - left) * k_.channels, to);
        to = std::fill_n(to, (k.width - right) * k_.channels, T(0));
      }
    body(std::as_const(k), static_cast<const T*>(rows_.data()));
  }

 private:
  const Correlation& k_;
  bool copied_;
  Scratch<T> rows_;
};

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
