/// The operands of Winograd's matrix products: 36 matrices of channels, laid out for the register tiles that multiply them.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/register_tile.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// Channels, rounded up to whole registers.
template <class T>
constexpr Index whole_lanes(Index channels) {
  return tile_count(channels, vector_lanes<T>) * vector_lanes<T>;
}

/// One transformed operand: 36 matrices (rows, channels), whose channels lie in panels of `width`: (panels, rows, width).
template <class T>
struct Planes {
  T* data;
  Index rows;
  Index width;
  Index panels;

  /// Elements between planes. One register more than a plane, because planes a power of two apart would compete for the
  /// same lines of the first-level cache.
  static Index pitch(Index rows, Index width, Index panels) { return panels * rows * width + vector_lanes<T>; }
  static Index size(Index rows, Index width, Index panels) { return planes * pitch(rows, width, panels); }
  Index pitch() const { return pitch(rows, width, panels); }

  T* at(Index row, Index channel) const { return data + (channel / width * rows + row) * width + channel % width; }
};

/// Elements between the rows of one panel: channels in whole registers, and one more where rows would be a multiple of
/// 1 KiB apart, so that the rows of a register tile do not compete for the same lines of the first-level cache.
template <class T>
Index plain_width(Index channels) {
  const Index width = whole_lanes<T>(channels);
  return width % (1024 / static_cast<Index>(sizeof(T))) == 0 ? width + vector_lanes<T> : width;
}

/// Channels as one panel: the operand that tiles read scalars from.
template <class T>
Planes<T> plain_planes(T* data, Index rows, Index channels) {
  return {data, rows, plain_width<T>(channels), 1};
}
template <class T>
Index plain_size(Index rows, Index channels) {
  return Planes<T>::size(rows, plain_width<T>(channels), 1);
}

/// Channels in panels of a register tile: the operand that tiles read vectors from.
template <class T>
Planes<T> panel_planes(T* data, Index rows, Index channels) {
  return {data, rows, tile_columns<T>, tile_count(channels, tile_columns<T>)};
}
template <class T>
Index panel_size(Index rows, Index channels) {
  return Planes<T>::size(rows, tile_columns<T>, tile_count(channels, tile_columns<T>));
}

/// What multiply_planes computes.
struct PlaneProduct {
  Index rows = 0;           ///< how many rows of the result
  Index first = 0;          ///< the first of them
  bool transposed = false;  ///< whether the left operand is (depth, rows) instead of (rows, depth)
  bool add = false;         ///< to the result, instead of replacing it
};

/// In every plane, some rows of c = a (rows, depth) times the panels b (depth, columns); see PlaneProduct.
template <class T>
void multiply_planes(const Planes<T>& a, const Planes<T>& b, const Planes<T>& c, const PlaneProduct& product) {
  constexpr Index group = 4;  // panels of a task
  const Index groups = tile_count(b.panels, group);
  parallel_tasks(planes * groups, [&](Index task) {
    const Index plane = task / groups;
    const Index first = task % groups * group;
    for (Index panel = first; panel < std::min(first + group, b.panels); ++panel)
      multiply_rows<T>(product.rows, {.a = a.data + plane * a.pitch(),
                                      .a_row = product.transposed ? 1 : a.width,
                                      .outer = 1,
                                      .a_outer = 0,
                                      .inner = b.rows,
                                      .a_inner = product.transposed ? a.width : 1,
                                      .b = b.data + plane * b.pitch() + panel * b.rows * b.width,
                                      .c = c.data + plane * c.pitch() + product.first * c.width + panel * b.width,
                                      .c_row = c.width,
                                      .columns = std::min(b.width, c.width - panel * b.width),
                                      .add = product.add});
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
