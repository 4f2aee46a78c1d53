/// The register tile: the inner loop of the direct convolution and of both its gradients.
///
/// C (rows x columns) (+)= sum over k of a(k, rows) b(k, columns), an outer product per step of k, with all of C in
/// registers. Each step loads two vectors of b and one scalar per row, and multiplies every pair.
/// Why 14 x 2 vectors: two fused multiply-adds start per cycle and each takes four, so at least 8 accumulators keep
/// the units busy; more rows reuse each vector of b more often; and 14 * 2 accumulators, 2 vectors of b and one scalar
/// spread over a vector fill 31 of AVX-512's 32 registers. With 16 registers, 6 * 2 + 2 + 1 fill 15.
/// GCC's vector extension (clang has it too) writes this once for every instruction set.
#pragma once

#include <array>
#include <cstring>
#include <utility>

#include "neb/core/shape.hpp"

namespace neb::kernels {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
#else
inline constexpr int vector_bytes = 16;
#endif

#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int tile_rows = 14;
#else
inline constexpr int tile_rows = 6;
#endif

inline constexpr int tile_vectors = 2;

/// Elements of T in one vector register.
template <class T>
inline constexpr Index vector_lanes = vector_bytes / static_cast<Index>(sizeof(T));

/// Columns of a tile; operands `b` are packed in panels of this width.
template <class T>
inline constexpr Index tile_columns = tile_vectors* vector_lanes<T>;

/// What one tile multiplies: a(k, row) = a[outer * a_outer + inner * a_inner + row * a_row] for
/// k = (outer, inner), and b, which holds one panel row per k.
template <class T>
struct TileProduct {
  const T* a = nullptr;
  Index a_row = 0;
  Index outer = 0;    ///< number of outer steps of k
  Index a_outer = 0;  ///< elements of a between them
  Index inner = 0;    ///< number of inner steps of k
  Index a_inner = 0;
  const T* b = nullptr;  ///< (outer * inner, tile_columns), without gaps
  T* c = nullptr;        ///< (rows, columns), `c_row` elements between rows
  Index c_row = 0;
  Index columns = 0;  ///< of c to write, at most tile_columns
  bool add = false;   ///< to what c holds; otherwise c is replaced
};

namespace detail {

template <class T>
struct VectorOf {
  typedef T Type __attribute__((vector_size(vector_bytes)));
};
template <class T>
using Vector = typename VectorOf<T>::Type;

template <class T>
Vector<T> load(const T* from) {
  Vector<T> vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class T>
void store(T* to, const Vector<T>& vector) {
  std::memcpy(to, &vector, sizeof vector);
}

/// Writes or adds the `rows` finished rows of a tile, `width` elements each, of which t.columns count.
template <class T>
void write_tile(const TileProduct<T>& t, Index rows, Index width, const T* values) {
  for (Index row = 0; row < rows; ++row, values += width) {
    T* const c = t.c + row * t.c_row;
    if (t.add)
      for (Index column = 0; column < t.columns; ++column) c[column] += values[column];
    else
      std::memcpy(c, values, static_cast<std::size_t>(t.columns) * sizeof(T));
  }
}

template <class T, int Rows, int Vectors>
void tile_product(const TileProduct<T>& t) {
  constexpr Index lanes = vector_lanes<T>;
  const Index a_row = t.a_row;
  const Index a_inner = t.a_inner;
  const T* b = t.b;
  Vector<T> sums[Rows][Vectors] = {};
  for (Index outer = 0; outer < t.outer; ++outer) {
    const T* a = t.a + outer * t.a_outer;
    for (Index inner = t.inner; inner > 0; --inner, a += a_inner, b += tile_columns<T>) {
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
  T values[Rows * Vectors *
           lanes];  // a copy, for sums would leave the registers if its address were passed on
#pragma GCC unroll 14
  for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(values + (row * Vectors + v) * lanes, sums[row][v]);
  write_tile(t, Rows, Vectors * lanes, values);
}

template <class T>
using TileFunction = void (*)(const TileProduct<T>&);

/// tile_product for 1 ... tile_rows rows.
template <class T, int Vectors, int... rows>
constexpr std::array<TileFunction<T>, sizeof...(rows)> tile_functions(std::integer_sequence<int, rows...>) {
  return {&tile_product<T, rows + 1, Vectors>...};
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

}  // namespace neb::kernels
