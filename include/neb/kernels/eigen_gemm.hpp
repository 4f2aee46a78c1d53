/// The general matrix product over Eigen, with the same bits at any number of threads.
///
/// C is cut into tiles by the shapes alone, and a tile is one single-threaded Eigen product per chunk of K, chunks in
/// order. Eigen itself would cut K differently for different thread counts and cache sizes, which changes the last
/// bits; below 192 it never cuts, on any processor whose first-level cache has 32 KiB.
/// A tile of 256 x 256 repays packing its 192-deep panels of A and B (each element of a panel is used 256 times), and
/// its part of C, 256 KiB in float, stays in the second-level cache from one chunk of K to the next. A thin product
/// gets longer tiles, so that a task is worth starting.
/// A product with few tiles but a long K (a layer of 10 outputs) is cut along K as well; the partial products are
/// added in order.
#pragma once

#include <algorithm>
#include <type_traits>

// GCC 12 takes the undefined lanes in its own AVX-512 intrinsics for uninitialised variables (GCC bug 105593), under
// the one name or the other as it optimises more or less.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Core>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/single_threaded_eigen.hpp"
#include "neb/kernels/gemm_operand.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/scratch.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

namespace detail {

inline constexpr Index gemm_chunk = 192;  ///< of K, for one call of Eigen

/// How a product is shared out: tiles of C, and segments of K for each.
struct GemmTasks {
  Index tile_rows, tile_columns, segment;
  Index across, tiles, segments;

  GemmTasks(Index m, Index n, Index k) {
    constexpr Index side = 256;
    constexpr Index work = 1 << 18;             // multiply-adds of a task: some microseconds
    constexpr Index shortest = 8 * gemm_chunk;  // segment of K
    constexpr Index partials = 1 << 20;         // scalars in all partial products together
    const Index stretch = std::max<Index>(1, work / (std::min(m, side) * std::min(n, side) * k));
    tile_rows = std::min(m, side * stretch);
    tile_columns = std::min(n, side * stretch);
    across = tile_count(n, tile_columns);
    tiles = tile_count(m, tile_rows) * across;
    const Index wanted = std::min({16 / tiles, k / shortest, partials / (m * n)});
    segment = tile_count(tile_count(k, gemm_chunk), std::max<Index>(1, wanted)) * gemm_chunk;
    segments = tile_count(k, segment);
  }
};

template <class T>
void zero_rows(Index m, Index n, T* c, Index c_stride) {
  for (Index row = 0; row < m; ++row) std::fill_n(c + row * c_stride, n, T(0));
}

/// Eigen's view of a matrix. Its Index may have 32 bits, which count whatever is in memory then.
template <int Order, class T>
auto matrix_map(T* data, Index rows, Index columns, Index stride) {
  using Matrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Order>;
  using Stored = std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>;
  return Eigen::Map<Stored, 0, Eigen::OuterStride<>>(data, static_cast<Eigen::Index>(rows),
                                                     static_cast<Eigen::Index>(columns),
                                                     Eigen::OuterStride<>(static_cast<Eigen::Index>(stride)));
}

/// C (m,n) += A (m,k) B (k,n), k at most gemm_chunk; a transposed row-major matrix is a column-major one.
template <int OrderA, int OrderB, class T>
void gemm_chunk_product(Index m, Index n, Index k, const Operand<T>& a, const Operand<T>& b, T* c, Index c_stride) {
  auto result = matrix_map<Eigen::RowMajor>(c, m, n, c_stride);
  result.noalias() += matrix_map<OrderA>(a.data, m, k, a.stride) * matrix_map<OrderB>(b.data, k, n, b.stride);
}

/// C (m,n) (+)= A (m,k) B (k,n) on this thread, in chunks of K.
template <int OrderA, class T>
void gemm_serial(Index m, Index n, Index k, const Operand<T>& a, const Operand<T>& b, T* c, Index c_stride,
                 Update update) {
  const neb::detail::SingleThreadedEigen guard;
  if (update == Update::replace) zero_rows(m, n, c, c_stride);
  for (Index begin = 0; begin < k; begin += gemm_chunk) {
    const Index depth = std::min(gemm_chunk, k - begin);
    const Operand<T> left = a.from(0, begin);
    const Operand<T> right = b.from(begin, 0);
    if (b.transpose == Transpose::no)
      gemm_chunk_product<OrderA, Eigen::RowMajor>(m, n, depth, left, right, c, c_stride);
    else
      gemm_chunk_product<OrderA, Eigen::ColMajor>(m, n, depth, left, right, c, c_stride);
  }
}

}  // namespace detail

/// C (m,n) = A (m,k) B (k,n), or += with Update::add; none of m, n and k is 0. OrderA is Eigen::ColMajor for a transposed A, and an
/// argument of the template because most programs need no other.
template <int OrderA, class T>
void eigen_gemm(Index m, Index n, Index k, const Operand<T>& a, const Operand<T>& b, T* c, Index c_stride,
                Update update) {
  const detail::GemmTasks tasks(m, n, k);
  const bool partial = tasks.segments > 1;
  const Scratch<T> partials(partial ? tasks.segments * m * n : 0);
  parallel_tasks(tasks.tiles * tasks.segments, [&](Index task) {
    const Index tile = task / tasks.segments;
    const Index segment = task % tasks.segments;
    const Index row = tile / tasks.across * tasks.tile_rows;
    const Index column = tile % tasks.across * tasks.tile_columns;
    const Index begin = segment * tasks.segment;
    T* const result = partial ? partials.data() + segment * m * n : c;
    const Index stride = partial ? n : c_stride;
    detail::gemm_serial<OrderA>(std::min(tasks.tile_rows, m - row), std::min(tasks.tile_columns, n - column),
                                std::min(tasks.segment, k - begin), a.from(row, begin), b.from(begin, column),
                                result + row * stride + column, stride, partial ? Update::replace : update);
  });
  if (partial) detail::sum_products(m, n, tasks.segments, partials.data(), c, c_stride, update);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
