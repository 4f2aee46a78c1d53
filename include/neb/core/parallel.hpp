/// Parallel loops whose cut into tiles depends on the shape of the work alone, never on the number of threads.
///
/// That is what makes results the same bits at any thread count: an element belongs to one tile, a tile is computed
/// by one thread in one order, and partial results are combined in tile order. Compiled without OpenMP, loops run on the
/// calling thread and give the same bits as well.
#pragma once

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <algorithm>
#include <exception>
#include <string>
#include <type_traits>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// Number of threads that parallel loops use; 1 without OpenMP.
inline int threads() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// Sets the number of threads that parallel loops use, which without OpenMP remains 1. Throws ValueError when `count` < 1.
inline void set_threads(int count) {
  if (count < 1) throw ValueError("set_threads: at least 1 thread, got " + std::to_string(count));
#if defined(_OPENMP)
  omp_set_num_threads(count);
#endif
}

/// Number of tiles of at most `tile` items that cover `items`.
constexpr Index tile_count(Index items, Index tile) { return (items + tile - 1) / tile; }

namespace detail {

/// parallel_tasks() for a body without its type, so that the code of a parallel region exists once and not once a loop. And
/// so that the code of a body exists once: a copy made for the plain loop may fuse other products and sums, and then bits
/// depend on the number of threads. So this function is not copied for a body that the compiler knows.
#if defined(__clang__)
[[gnu::noinline]]
#else
[[gnu::noipa]]
#endif
inline void
run_tasks(Index tasks, void (*call)(void* body, Index task), void* body) {
#if defined(_OPENMP)
  // A parallel region costs microseconds; one task, or a loop inside a region, is a plain loop.
  if (tasks > 1 && threads() > 1 && !omp_in_parallel()) {
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
    for (Index task = 0; task < tasks; ++task) {
      try {
        call(body, task);
      } catch (...) {
#pragma omp critical(neb_parallel_failure)
        failure = std::current_exception();
      }
    }
    if (failure) std::rethrow_exception(failure);
    return;
  }
#endif
  for (Index task = 0; task < tasks; ++task) call(body, task);
}

}  // namespace detail

/// Calls `body(i)` for i in [0, tasks), in parallel and in no particular order; an exception from `body` reaches the
/// caller (one of them, when several are thrown).
template <class Body>
void parallel_tasks(Index tasks, Body&& body) {
  using Plain = std::remove_cvref_t<Body>;
  detail::run_tasks(
      tasks, [](void* erased, Index task) { (*static_cast<Plain*>(erased))(task); }, const_cast<Plain*>(&body));
}

/// Calls `body(begin, end)` for consecutive tiles of [0, items), in parallel; every tile but the last has `tile` items.
template <class Body>
void parallel_tiles(Index items, Index tile, Body&& body) {
  parallel_tasks(tile_count(items, tile), [&](Index index) {
    const Index begin = index * tile;
    body(begin, std::min(begin + tile, items));
  });
}

}  // namespace neb
