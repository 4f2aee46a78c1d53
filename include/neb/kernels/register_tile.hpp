/// The register tile: the inner loop of the direct convolution and of both its gradients.
///
/// C (rows x columns) (+)= sum over k of a(k, rows) b(k, columns), an outer product per step of k, with all of C in
/// registers. Each step loads two vectors of b and one scalar per row, and multiplies every pair.
/// Why 14 x 2 vectors: two fused multiply-adds start per cycle and each takes four, so at least 8 accumulators keep
/// the units busy; more rows reuse each vector of b more often; and 14 * 2 accumulators, 2 vectors of b and one scalar
/// spread over a vector fill 31 of AVX-512's 32 registers. With 16 registers, 6 * 2 + 2 + 1 fill 15.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

inline constexpr int tile_rows = vector_registers == 32 ? 14 : 6;
inline constexpr int tile_vectors = 2;

/// Columns of a tile; operands `b` are packed in panels of this width.
template <class T>
inline constexpr Index tile_columns = Index{tile_vectors} * vector_lanes<T>;

/// What one tile multiplies: a(k, row) = a[image * a_image + outer * a_outer + inner * a_inner + row * a_row] for
/// k = (image, outer, inner), and b, which holds one panel row per k.
template <class T>
struct TileProduct {
  const T* a = nullptr;
  Index a_row = 0;
  Index images = 1;   ///< number of outermost steps of k
  Index a_image = 0;  ///< elements of a between them
  Index outer = 0;    ///< number of outer steps of k
  Index a_outer = 0;  ///< elements of a between them
  Index inner = 0;    ///< number of inner steps of k
  Index a_inner = 0;
  const T* b = nullptr;   ///< (images, outer, inner, tile_columns)
  Index b_gap = 0;        ///< elements of b to pass over after each outer step
  Index b_image_gap = 0;  ///< and after each outermost one
  T* c = nullptr;         ///< (rows, columns), `c_row` elements between rows
  Index c_row = 0;
  Index columns = 0;         ///< of c to write, at most tile_columns
  const T* bias = nullptr;   ///< (columns), added to each row of the product, or null
  bool add = false;          ///< the product to c, which it replaces otherwise
  bool past_caches = false;  ///< c is aligned to vectors, its tiles are whole, and it is written past the caches
};

namespace detail {

/// Writes a tile that is narrower than its registers; `values` holds `rows` rows of `width`.
template <class T>
void write_narrow(const TileProduct<T>& t, Index rows, Index width, const T* values) {
  for (Index row = 0; row < rows; ++row)
    for (Index column = 0; column < t.columns; ++column) {
      T& c = t.c[row * t.c_row + column];
      const T value = values[row * width + column] + (t.bias ? t.bias[column] : T(0));
      c = t.add ? c + value : value;
    }
}

template <class T, int Rows, int Vectors>
void tile_product(const TileProduct<T>& t) {
  constexpr Index lanes = vector_lanes<T>;
  const Index a_row = t.a_row;
  const Index a_inner = t.a_inner;
  const T* b = t.b;
  Vector<T> sums[Rows][Vectors] = {};
  for (Index image = 0; image < t.images; ++image, b += t.b_image_gap) {
    for (Index outer = 0; outer < t.outer; ++outer, b += t.b_gap) {
      const T* a = t.a + image * t.a_image + outer * t.a_outer;
      for (Index inner = t.inner; inner > 0; --inner, a += a_inner, b += tile_columns<T>) {
        // The panel streams from the second- or third-level cache; 16 steps, some 220 cycles, cover the way from either.
#pragma GCC unroll 2
        for (int v = 0; v < tile_vectors; ++v) __builtin_prefetch(b + 16 * tile_columns<T> + v * lanes);
        Vector<T> right[Vectors];
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) right[v] = load(b + v * lanes);
#pragma GCC unroll 14
        for (int row = 0; row < Rows; ++row) {
          const Vector<T> left = a[row * a_row] - Vector<T>{};
#pragma GCC unroll 2
          for (int v = 0; v < Vectors; ++v) sums[row][v] += left * right[v];
        }
      }
    }
  }
  // A narrow tile goes through a copy: sums would leave the registers if its address were passed on.
  const bool whole = t.columns == Vectors * lanes;
  T values[Rows * Vectors * lanes];
  T* const c = whole ? t.c : values;
  const Index c_row = whole ? t.c_row : Vectors * lanes;
  if (t.bias && whole) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      const Vector<T> bias = load(t.bias + v * lanes);
#pragma GCC unroll 14
      for (int row = 0; row < Rows; ++row) sums[row][v] += bias;
    }
  }
  // Added at the end, so that what is summed in pieces loses fewer digits than in one long chain.
  if (t.add && whole) {
#pragma GCC unroll 14
    for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sums[row][v] += load(c + row * c_row + v * lanes);
  }
  if (t.past_caches) {
#pragma GCC unroll 14
    for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) stream(c + row * c_row + v * lanes, sums[row][v]);
    return;
  }
#pragma GCC unroll 14
  for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(c + row * c_row + v * lanes, sums[row][v]);
  if (!whole) write_narrow(t, Rows, Vectors * lanes, values);
}

template <class T>
using TileFunction = void (*)(const TileProduct<T>&);

/// tile_product for 1 ... tile_rows rows. One row takes two vectors: GCC would not fuse a lone chain of sums for Zen, and a row
/// would have other bits alone than among others.
template <class T, int Vectors, int... rows>
constexpr std::array<TileFunction<T>, sizeof...(rows)> tile_functions(std::integer_sequence<int, rows...>) {
  return {&tile_product < T, rows + 1, rows == 0 ? tile_vectors : Vectors > ...};
}

}  // namespace detail

/// Computes `rows` <= tile_rows rows of a product.
template <class T>
void multiply_tile(Index rows, const TileProduct<T>& t) {
  static constexpr auto narrow = detail::tile_functions<T, 1>(std::make_integer_sequence<int, tile_rows>{});
  static constexpr auto wide = detail::tile_functions<T, 2>(std::make_integer_sequence<int, tile_rows>{});
  const auto index = static_cast<std::size_t>(rows - 1);
  (t.columns <= vector_lanes<T> ? narrow : wide)[index](t);
}

/// Computes any number of rows of a product, in tiles of equal height as far as possible; calls before_tile(tile, tiles) before each.
template <class T, class BeforeTile>
void multiply_rows(Index rows, TileProduct<T> t, const BeforeTile& before_tile) {
  const Index tiles = tile_count(rows, tile_rows);
  for (Index tile = 0; tile < tiles; ++tile) {
    before_tile(tile, tiles);
    const Index height = rows / tiles + (tile < rows % tiles ? 1 : 0);
    multiply_tile(height, t);
    t.a += height * t.a_row;
    t.c += height * t.c_row;
  }
}

/// The same without anything before.
template <class T>
void multiply_rows(Index rows, const TileProduct<T>& t) {
  multiply_rows(rows, t, [](Index, Index) {});
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
