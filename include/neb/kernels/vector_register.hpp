/// Vectors as wide as the target's registers, through the vector extension that GCC and clang share.
///
/// Their width follows from the instruction set the including file is compiled for, and every type below carries it,
/// so that files compiled for different sets do not mix.
#pragma once

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Elements of T in one vector register.
template <class T>
inline constexpr int vector_lanes = vector_bytes / static_cast<int>(sizeof(T));

/// The elements of as many registers as hold `count`.
template <class T>
constexpr Index whole_registers(Index count) {
  return (count + vector_lanes<T> - 1) / vector_lanes<T> * vector_lanes<T>;
}

namespace detail {

template <class T, int Bytes>
struct VectorOf {
  using Type [[gnu::vector_size(Bytes)]] = T;
};

template <class V>
struct LaneOf {
  using Type = std::remove_cvref_t<decltype(std::declval<V&>()[0])>;
};
template <class V>
requires std::is_arithmetic_v<V>
struct LaneOf<V> {
  using Type = V;
};

}  // namespace detail

/// One register of T: arithmetic acts on all lanes at once.
template <class T, int Bytes = vector_bytes>
using Vector = typename detail::VectorOf<T, Bytes>::Type;

/// The scalar type of a register, or of a scalar: kernels that are written for both take either as their type.
template <class V>
using LaneType = typename detail::LaneOf<V>::Type;

/// Every lane equal to `value`.
template <class V>
V broadcast_lane(std::type_identity_t<LaneType<V>> value) {
  return value - V{};
}

/// The vector_lanes elements from `from` on, at any alignment.
template <class T>
Vector<T> load(const T* from) {
  Vector<T> vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

/// Writes all lanes of `vector` from `to` on, at any alignment.
template <class T>
void store(T* to, const Vector<T>& vector) {
  std::memcpy(to, &vector, sizeof vector);
}

/// Whether a vector may be streamed to `to`.
template <class T>
bool aligned(const T* to) {
  return reinterpret_cast<std::uintptr_t>(to) % vector_bytes == 0;
}

/// Writes all lanes from `to` on, aligned to a vector, past the caches where the target can: for what is read much later.
/// Another thread sees them after a fence().
template <class T>
void stream(T* to, const Vector<T>& vector) {
#if defined(__AVX512F__)
  _mm512_stream_ps(reinterpret_cast<float*>(to), reinterpret_cast<const __m512&>(vector));
#elif defined(__AVX__)
  _mm256_stream_ps(reinterpret_cast<float*>(to), reinterpret_cast<const __m256&>(vector));
#else
  store(to, vector);
#endif
}

/// Asks for the lines of [begin, end) to come into the caches from that level on: to be read soon, or, where they are not const, written.
template <int level = 1, class T>
void prefetch(T* begin, T* end) {
  for (constexpr Index line = 64 / sizeof(T); begin < end; begin += std::min<Index>(line, end - begin))
    __builtin_prefetch(begin, std::is_const_v<T> ? 0 : 1, 4 - level);
  asm volatile("");  // GCC would take this for a function without effects, and leave out its calls
}

/// Completes what this thread has streamed.
inline void fence() {
#if defined(__AVX__)
  _mm_sfence();
#endif
}

/// The first `count` < vector_lanes elements from `from` on, then zeros.
template <class T>
Vector<T> load_first(const T* from, Index count) {
  T lanes[vector_lanes<T>] = {};
  for (Index i = 0; i < count; ++i) lanes[i] = from[i];
  return load(lanes);
}

/// Writes the first `count` lanes of `vector`.
template <class T>
void store_first(T* to, const Vector<T>& vector, Index count) {
  T lanes[vector_lanes<T>];
  store(lanes, vector);
  for (Index i = 0; i < count; ++i) to[i] = lanes[i];
}

namespace detail {

/// Of every 2 x 2 block of size Size in rows a and b, swaps the two blocks off the diagonal.
template <int Size, class Row, int... lane>
inline void exchange(Row& a, Row& b, std::integer_sequence<int, lane...>) {
  constexpr int lanes = sizeof...(lane);
  const Row upper = __builtin_shufflevector(a, b, ((lane & Size) == 0 ? lane : lanes + lane - Size)...);
  const Row lower = __builtin_shufflevector(a, b, ((lane & Size) == 0 ? lane + Size : lanes + lane)...);
  a = upper;
  b = lower;
}

/// Transposes a square of registers: halves that lie off the diagonal change places, then the same inside each quarter.
template <int Size, class Row, int Lanes>
inline void transpose_registers(Row (&rows)[Lanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < Lanes; ++i)
    if ((i & Size) == 0) exchange<Size>(rows[i], rows[i + Size], std::make_integer_sequence<int, Lanes>{});
  if constexpr (Size > 1) transpose_registers<Size / 2>(rows);
}

}  // namespace detail

/// Lane i of the result is the sum of the lanes of rows[i]: the rows' halves are exchanged in pairs and added, then their quarters.
template <class Row, int Lanes>
Row sum_lanes(Row (&rows)[Lanes]) {
  const auto fold = [&]<int Size>(auto&& self, std::integral_constant<int, Size>) {
#pragma GCC unroll 16
    for (int i = 0; i < Size; ++i) {
      detail::exchange<Size>(rows[i], rows[i + Size], std::make_integer_sequence<int, Lanes>{});
      rows[i] += rows[i + Size];
    }
    if constexpr (Size > 1) self(self, std::integral_constant<int, Size / 2>{});
  };
  fold(fold, std::integral_constant<int, Lanes / 2>{});
  return rows[0];
}

/// to (columns, rows) = the transpose of from (rows, columns), row-major with the given strides.
template <class T>
void transpose(Index rows, Index columns, const T* from, Index from_stride, T* to, Index to_stride) {
  constexpr int lanes = vector_lanes<T>;
  const Index size = (rows - 1) * from_stride + columns, squares = rows / lanes * lanes;
  for (Index column = 0; column < columns; column += lanes) {
    const int wanted = static_cast<int>(std::min<Index>(lanes, columns - column));
    for (Index row = 0; row < squares; row += lanes) {
      Vector<T> square[lanes];
      for (int i = 0; i < lanes; ++i) {
        // A row that ends within the square is read on into the next one, which is quick, as far as there is one.
        const Index at = (row + i) * from_stride + column;
        square[i] = at + lanes <= size ? load(from + at) : load_first(from + at, wanted);
      }
      detail::transpose_registers<lanes / 2>(square);
      for (int i = 0; i < wanted; ++i) store(to + (column + i) * to_stride + row, square[i]);
    }
    for (Index row = squares; row < rows; ++row)
      for (Index i = column; i < column + wanted; ++i) to[i * to_stride + row] = from[row * from_stride + i];
  }
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
