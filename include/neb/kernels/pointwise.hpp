/// Loops over elements: y[i] = f(x[i], ...), with and without broadcasting.
///
/// Elements are cut into tiles of a fixed size; one tile fits the first-level cache and is worth handing to a thread.
/// The inner loop is contiguous and carries nothing from one element to the next, so compilers vectorise it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/kernels/instruction_set.hpp"
#include "neb/kernels/vector_loop.hpp"
#include "neb/kernels/vector_register.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

/// Elements per tile of a pointwise loop.
inline constexpr Index pointwise_tile = 8192;

/// y[i] = f(x[i]...) for i in [0, n); y may be one of the inputs, though update() is faster then with some compilers.
template <class T, class F, class... In>
void map(Index n, T* y, F f, const In*... x) {
  parallel_tiles(n, pointwise_tile, [&](Index begin, Index end) {
    vector_loop(end - begin, [&](Index i) { y[begin + i] = f(x[begin + i]...); });
  });
}

/// The same for an f that takes registers as well as scalars: for functions with branches or conversions, which compilers
/// vectorise under some flags only. The last elements go through a register too, so that no value depends on its place.
template <class T, class F, class... In>
void map_registers(Index n, T* y, F f, const In*... x) {
  if constexpr (sizeof(T) > sizeof(double)) {
    map(n, y, f, x...);
  } else {
    constexpr Index lanes = vector_lanes<T>;
    parallel_tiles(n, pointwise_tile, [&](Index begin, Index end) {
      Index i = begin;
      for (; i + lanes <= end; i += lanes) store(y + i, f(load(x + i)...));
      if (i < end) store_first(y + i, f(load_first(x + i, end - i)...), end - i);
    });
  }
}

/// The same for an f that gives two results, for y[0] and y[1].
template <class T, class F, class... In>
void map_registers(Index n, const std::array<T*, 2>& y, F f, const In*... x) {
  parallel_tiles(n, pointwise_tile, [&](Index begin, Index end) {
    Index i = begin;
    if constexpr (sizeof(T) <= sizeof(double)) {
      constexpr Index lanes = vector_lanes<T>;
      for (; i + lanes <= end; i += lanes) {
        const std::array results = f(load(x + i)...);
        for (std::size_t k = 0; k < 2; ++k) store(y[k] + i, results[k]);
      }
      if (i == end) return;
      const std::array results = f(load_first(x + i, end - i)...);
      for (std::size_t k = 0; k < 2; ++k) store_first(y[k] + i, results[k], end - i);
    } else {
      for (; i < end; ++i) {
        const std::array results = f(x[i]...);
        for (std::size_t k = 0; k < 2; ++k) y[k][i] = results[k];
      }
    }
  });
}

/// y[i] = f(y[i], x[i]...) for i in [0, n).
template <class T, class F, class... In>
void update(Index n, T* y, F f, const In*... x) {
  parallel_tiles(n, pointwise_tile, [&](Index begin, Index end) {
    vector_loop(end - begin, [&](Index i) { y[begin + i] = f(y[begin + i], x[begin + i]...); });
  });
}

/// The axes of a broadcast pair, neighbours merged where both arrays allow it; extents with strides in a and b.
struct BroadcastAxes {
  std::array<Index, Shape::max_rank> extent{}, stride_a{}, stride_b{};
  Index rank = 0;

  /// Axes of `out`, to which shapes `a` and `b` broadcast.
  BroadcastAxes(const Shape& out, const Shape& a, const Shape& b) {
    for (Index axis = 0; axis < out.rank(); ++axis) {
      if (out[axis] == 1) continue;
      push(out[axis], stride_of(a, out.rank(), axis), stride_of(b, out.rank(), axis));
    }
    if (rank == 0) push(1, 1, 1);
  }

 private:
  static Index stride_of(const Shape& shape, Index out_rank, Index out_axis) {
    const Index axis = out_axis - (out_rank - shape.rank());
    return axis < 0 || shape[axis] == 1 ? 0 : shape.stride(axis);
  }

  void push(Index n, Index a, Index b) {
    if (rank > 0) {
      const auto last = static_cast<std::size_t>(rank - 1);
      if (stride_a[last] == n * a && stride_b[last] == n * b) {
        extent[last] *= n;
        stride_a[last] = a;
        stride_b[last] = b;
        return;
      }
    }
    const auto next = static_cast<std::size_t>(rank++);
    extent[next] = n;
    stride_a[next] = a;
    stride_b[next] = b;
  }
};

/// y = f(a, b) with NumPy broadcasting of `a` and `b` to the shape `out` of y.
template <class T, class F>
void map_broadcast(const Shape& out, T* y, F f, const T* a, const Shape& a_shape, const T* b, const Shape& b_shape) {
  const Index n = out.size();
  if (n == 0) return;
  if (a_shape == b_shape && a_shape == out) return map(n, y, f, a, b);
  const BroadcastAxes axes(out, a_shape, b_shape);
  const auto inner_axis = static_cast<std::size_t>(axes.rank - 1);
  const Index inner = axes.extent[inner_axis];
  const Index step_a = axes.stride_a[inner_axis];
  const Index step_b = axes.stride_b[inner_axis];

  const auto run = [&](Index count, const T* pa, const T* pb, T* py) {
    // One operand is often a scalar or constant along the inner axis: a hoisted value leaves a contiguous loop.
    if (step_a == 1 && step_b == 1) {
      vector_loop(count, [&](Index i) { py[i] = f(pa[i], pb[i]); });
    } else if (step_b == 0) {
      const T vb = *pb;
      vector_loop(count, [&](Index i) { py[i] = f(pa[i * step_a], vb); });
    } else {
      const T va = *pa;
      vector_loop(count, [&](Index i) { py[i] = f(va, pb[i]); });
    }
  };

  if (axes.rank == 1) {
    parallel_tiles(n, pointwise_tile, [&](Index begin, Index end) {
      run(end - begin, a + begin * step_a, b + begin * step_b, y + begin);
    });
    return;
  }
  const Index rows_per_tile = pointwise_tile / inner + 1;
  parallel_tiles(n / inner, rows_per_tile, [&](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) {
      Index offset_a = 0, offset_b = 0, rest = row;
      for (Index axis = axes.rank - 2; axis >= 0; --axis) {
        const auto k = static_cast<std::size_t>(axis);
        const Index position = rest % axes.extent[k];
        rest /= axes.extent[k];
        offset_a += position * axes.stride_a[k];
        offset_b += position * axes.stride_b[k];
      }
      run(inner, a + offset_a, b + offset_b, y + row * inner);
    }
  });
}

/// y = x with its axes in another order: y's axis k has extent `extents[k]` and stride `strides[k]` in x.
template <class T>
void copy_strided(const Shape& extents, std::array<Index, Shape::max_rank> strides, const T* x, T* y) {
  const Index n = extents.size();
  if (n == 0) return;
  const Index rank = extents.rank();
  const Index inner = rank == 0 ? 1 : extents[rank - 1];
  const Index step = rank == 0 ? 1 : strides[static_cast<std::size_t>(rank - 1)];
  parallel_tiles(n / inner, pointwise_tile / inner + 1, [&](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) {
      Index offset = 0, rest = row;
      for (Index axis = rank - 2; axis >= 0; --axis) {
        offset += rest % extents[axis] * strides[static_cast<std::size_t>(axis)];
        rest /= extents[axis];
      }
      for (Index i = 0; i < inner; ++i) y[row * inner + i] = x[offset + i * step];
    }
  });
}

/// Copies `count` blocks: block i goes from x + i * from_step to y + i * to_step, `length` elements each.
template <class T>
void copy_blocks(Index count, Index length, const T* x, Index from_step, T* y, Index to_step) {
  parallel_tiles(count, pointwise_tile / (length + 1) + 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) std::copy_n(x + i * from_step, length, y + i * to_step);
  });
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
