/// Squared distances of all pairs of two sets of points.
///
/// Differences are taken before they are squared, so that nothing cancels wherever the points lie: each distance is right to
/// a few roundings of its own size, where |a|^2 - 2 ab + |b|^2 is right to roundings of |a|^2. That costs a subtraction
/// beside each multiply-add, and no packing.
#pragma once

#include <algorithm>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

/// The sum of all lanes, halves first.
template <class V>
LaneType<V> sum_of_lanes(const V& vector) {
  using T = LaneType<V>;
  T lanes[vector_lanes<T>];
  store(lanes, vector);
  for (int width = vector_lanes<T> / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  return lanes[0];
}

// Twelve sums, a point of b and three of a fill sixteen registers.
inline constexpr int distance_rows = 3, distance_columns = 4;

/// out[r, c] = |a_r - b_c|^2 for `rows` points of a and `columns` of b, at most a tile of them. A tile that is not full
/// computes its last point again: all elements come from one piece of code, which rounds them alike.
template <class T>
void distance_tile(Index rows, Index columns, Index d, const T* a, const T* b, T* out, Index out_stride) {
  constexpr Index lanes = vector_lanes<T>;
  const T *left[distance_rows], *right[distance_columns];
  for (Index r = 0; r < distance_rows; ++r) left[r] = a + std::min(r, rows - 1) * d;
  for (Index c = 0; c < distance_columns; ++c) right[c] = b + std::min(c, columns - 1) * d;
  Vector<T> sums[distance_rows][distance_columns] = {};
  const auto add = [&](const auto& loaded, Index at) {
    Vector<T> points[distance_rows];
#pragma GCC unroll 3
    for (int r = 0; r < distance_rows; ++r) points[r] = loaded(left[r] + at);
#pragma GCC unroll 4
    for (int c = 0; c < distance_columns; ++c) {
      const Vector<T> other = loaded(right[c] + at);
#pragma GCC unroll 3
      for (int r = 0; r < distance_rows; ++r) {
        const Vector<T> difference = points[r] - other;
        sums[r][c] += difference * difference;
      }
    }
  };
  Index at = 0;
  for (; at + lanes <= d; at += lanes) add([](const T* from) { return load(from); }, at);
  if (at < d) add([rest = d - at](const T* from) { return load_first(from, rest); }, at);
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < columns; ++c) out[r * out_stride + c] = sum_of_lanes(sums[r][c]);
}

}  // namespace detail

/// out (m,n) = |a_i - b_j|^2 for a (m,d) and b (n,d), all row-major; an element has the same bits whatever m and n are.
template <class T>
void squared_distances(Index m, Index n, Index d, const T* a, const T* b, T* out) {
  constexpr Index tile_m = detail::distance_rows, tile_n = detail::distance_columns;
  // What a task reads stays in the second-level cache, for points of up to a thousand numbers.
  constexpr Index task_m = 16 * tile_m, task_n = 8 * tile_n;
  const Index across = tile_count(n, task_n);
  parallel_tasks(tile_count(m, task_m) * across, [&](Index task) {
    const Index first_row = task / across * task_m, last_row = std::min(m, first_row + task_m);
    const Index first_column = task % across * task_n, last_column = std::min(n, first_column + task_n);
    for (Index j = first_column; j < last_column; j += tile_n)
      for (Index i = first_row; i < last_row; i += tile_m)
        detail::distance_tile(std::min(tile_m, last_row - i), std::min(tile_n, last_column - j), d, a + i * d,
                              b + j * d, out + i * n + j, n);
  });
}

/// The same for a scalar that has no registers.
inline void squared_distances(Index m, Index n, Index d, const long double* a, const long double* b, long double* out) {
  parallel_tasks(m, [&](Index i) {
    for (Index j = 0; j < n; ++j) {
      long double sum = 0;
      for (Index p = 0; p < d; ++p) sum += (a[i * d + p] - b[j * d + p]) * (a[i * d + p] - b[j * d + p]);
      out[i * n + j] = sum;
    }
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
