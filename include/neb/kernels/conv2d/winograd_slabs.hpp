/// Winograd's transforms of one tile and one slab of channels, between pixels (or taps) and planes of points.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/winograd_planes.hpp"
#include "neb/kernels/conv2d/winograd_transforms.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd {

/// A square of pixels or taps, `row` elements from row to row and `pixel` from one to the next.
template <class T>
struct Square {
  T* corner;
  Index row, pixel;

  T* at(Index i, Index j) const { return corner + i * row + j * pixel; }
};

/// What of a square exists: rows and columns [first, last), and `channels` of its slab.
struct Part {
  Index first_row, last_row, first_column, last_column, channels;

  bool row(Index i) const { return first_row <= i && i < last_row; }
  bool column(Index j) const { return first_column <= j && j < last_column; }
  bool whole(Index side) const {
    return first_row == 0 && last_row == side && first_column == 0 && last_column == side;
  }
};

/// Asks for what exists of a slab of the square: to be read soon, or to be written where it is not const.
template <class T>
void prefetch_part(const Square<T>& square, const Part& part) {
  for (Index i = part.first_row; i < part.last_row; ++i)
    for (Index j = part.first_column; j < part.last_column; ++j)
      prefetch(square.at(i, j), square.at(i, j) + part.channels);
}

/// The points Matrix s Matrix^T of a slab of the square s, at `to` in each of the planes. Unless it is `whole`, what does not exist is
/// zero, and is not looked at.
template <class Matrix, bool whole, class T>
[[gnu::noinline]] void slab_to_points(const Square<const T>& square, const Part& part, T* to, const Planes<T>& planes) {
  using V = Vector<T>;
  constexpr int side = Matrix::columns, points = point_count<typename Matrix::At>, lanes = vector_lanes<T>;
  const Index pitch = planes.pitch();
  // Volatile, or the compiler makes two loops of the second one, for either way of writing, and may fuse other products and sums
  // in each: the bits of an image would depend on how many are beside it.
  const volatile bool past_caches = planes.past_caches;
  // Loops stay loops where what they index is in memory anyway: unrolled, they would fill the registers with addresses.
  V half[slab_vectors][side][points];
#pragma GCC unroll 1
  for (int i = 0; i < side; ++i)
    for (int v = 0; v < slab_vectors; ++v) {
      const T* const row = square.corner + i * square.row + v * lanes;
      V pixels[side] = {};
      if (whole || part.row(i))
        unrolled<side>([&](auto j) __attribute__((always_inline)) {
          if (whole || part.column(j)) pixels[j] = load(row + j * square.pixel);
        });
      to_points<Matrix>(pixels, half[v][i]);
    }
#pragma GCC unroll 1
  for (int j = 0; j < points; ++j) {
    V values[slab_vectors][points];
    unrolled<slab_vectors>([&](auto v) __attribute__((always_inline)) {
      V column[side];
      unrolled<side>([&](auto i) __attribute__((always_inline)) { column[i] = half[v][i][j]; });
      to_points<Matrix>(column, values[v]);
    });
    T* plane = to + j * pitch;
    const auto write = [&](auto&& put) __attribute__((always_inline)) {
      unrolled<points>([&](auto i) __attribute__((always_inline)) {
        unrolled<slab_vectors>([&](auto v) __attribute__((always_inline)) { put(plane + v * lanes, values[v][i]); });
        plane += points * pitch;
      });
    };
    if (past_caches)
      write([](T* at, const V& value) { stream(at, value); });
    else
      write([](T* at, const V& value) { store(at, value); });
  }
}

/// A slab of the square Matrix^T s Matrix, s being `from` in each of the planes, plus a bias of the slab, which may be null. Its first
/// `add_rows` rows and `add_columns` columns are added to what is there. Unless it is `whole`, what does not exist is not written.
template <class Matrix, bool whole, class T>
[[gnu::noinline]] void slab_from_points(const T* from, const Planes<T>& planes, const Square<T>& square,
                                        const Part& part, int add_rows, int add_columns, const T* bias) {
  using V = Vector<T>;
  constexpr int side = Matrix::columns, points = point_count<typename Matrix::At>, lanes = vector_lanes<T>;
  const Index pitch = planes.pitch();
  for (int v = 0; v < slab_vectors; ++v) {
    V half[points][side];
#pragma GCC unroll 1
    for (int i = 0; i < points; ++i) {
      const T* const row = from + i * points * pitch + v * lanes;
      V values[points];
      unrolled<points>([&](auto j) __attribute__((always_inline)) { values[j] = load(row + j * pitch); });
      from_points<Matrix>(values, half[i]);
    }
#pragma GCC unroll 1
    for (int j = 0; j < side; ++j) {
      if (!whole && !part.column(j)) continue;
      V column[points], pixels[side];
      unrolled<points>([&](auto i) __attribute__((always_inline)) { column[i] = half[i][j]; });
      from_points<Matrix>(column, pixels);
      if (bias) {
        const V each = load(bias + v * lanes);
        unrolled<side>([&](auto i) __attribute__((always_inline)) { pixels[i] += each; });
      }
      T* to = square.corner + j * square.pixel + v * lanes;
      const int added = j < add_columns ? side : add_rows;
      unrolled<side>([&](auto i) __attribute__((always_inline)) {
        if (whole || part.row(i)) {
          if (i < added) pixels[i] += load(to);
          store(to, pixels[i]);
        }
        to += square.row;
      });
    }
  }
}

/// to = from, or to += from, for `channels` of them.
template <class T>
void copy_channels(const T* from, Index channels, T* to, bool add = false) {
  Index c = 0;
  for (; c + vector_lanes<T> <= channels; c += vector_lanes<T>)
    store(to + c, add ? load(to + c) + load(from + c) : load(from + c));
  for (; c < channels; ++c) to[c] = add ? to[c] + from[c] : from[c];
}

/// slab_to_points() of a square of which only a part may exist. A slab without all its channels is copied first.
template <class Matrix, class T>
void part_to_points(const Square<const T>& square, const Part& part, T* to, const Planes<T>& planes) {
  constexpr Index side = Matrix::columns, slab = slab_channels<T>;
  if (part.channels == slab)
    return (part.whole(side) ? slab_to_points<Matrix, true, T> : slab_to_points<Matrix, false, T>)(square, part, to,
                                                                                                   planes);
  alignas(vector_bytes) T copy[side * side * slab] = {};
  for (Index i = part.first_row; i < part.last_row; ++i)
    for (Index j = part.first_column; j < part.last_column; ++j)
      copy_channels(square.at(i, j), part.channels, copy + (i * side + j) * slab);
  slab_to_points<Matrix, false>(Square<const T>{copy, side * slab, slab}, part, to, planes);
}

/// slab_from_points() to a square of which only a part may exist; the rest is dropped.
template <class Matrix, class T>
void part_from_points(const T* from, const Planes<T>& planes, const Square<T>& square, const Part& part, int add_rows,
                      int add_columns, const T* bias = nullptr) {
  constexpr Index side = Matrix::columns, slab = slab_channels<T>;
  if (part.channels == slab)
    return (part.whole(side)
                ? slab_from_points<Matrix, true, T>
                : slab_from_points<Matrix, false, T>)(from, planes, square, part, add_rows, add_columns, bias);
  alignas(vector_bytes) T copy[side * side * slab];
  slab_from_points<Matrix, false>(from, planes, Square<T>{copy, side * slab, slab}, part, 0, 0, bias);
  for (Index i = part.first_row; i < part.last_row; ++i)
    for (Index j = part.first_column; j < part.last_column; ++j)
      copy_channels(copy + (i * side + j) * slab, part.channels, square.at(i, j), i < add_rows || j < add_columns);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::winograd
