/// Parallel loops whose cut into tiles depends on the shape of the work alone, never on the number of threads.
///
/// That is what makes results the same bits at any thread count: an element belongs to one tile, a tile is computed
/// by one thread in one order, and partial results are combined in tile order. So it does not matter which thread takes
/// a tile, nor whether all threads come (core/team.hpp). Compiled without OpenMP, loops run on the calling thread and give the
/// same bits.
#pragma once

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#if defined(_OPENMP)
#include "neb/core/cpu_quota.hpp"
#include "neb/core/team.hpp"
#endif

namespace neb {

#if defined(_OPENMP)
namespace detail {

// One of each in a process, also where a library and a program hide their symbols from each other.
[[gnu::visibility("default")]] inline std::atomic<int> chosen_threads = 0;  ///< by set_threads(); 0: none
[[gnu::visibility("default")]] inline constinit thread_local bool inside_loop =
    false;  ///< whether this thread is the caller of a loop that runs

/// As many threads as the quota of a container keeps running; half a processor is worth one, too.
inline int threads_within_quota() {
  static const int count = static_cast<int>(std::clamp(std::ceil(cpu_quota()), 1.0, 1e6));
  return count;
}

}  // namespace detail
#endif

/// Number of threads that parallel loops use: what set_threads() or else OMP_NUM_THREADS said; otherwise OpenMP's number, which
/// is that of the cores that this process may use, but in a container at most its quota of them. 1 without OpenMP.
inline int threads() {
#if defined(_OPENMP)
  if (const int chosen = detail::chosen_threads.load(std::memory_order_relaxed)) return chosen;
  static const bool named = std::getenv("OMP_NUM_THREADS") != nullptr;
  const int count = omp_get_max_threads();
  return named ? count : std::min(count, detail::threads_within_quota());
#else
  return 1;
#endif
}

/// Sets the number of threads that parallel loops use, whichever thread calls them; without OpenMP it remains 1. Throws
/// ValueError when `count` < 1.
inline void set_threads(int count) {
  if (count < 1) throw ValueError("set_threads: at least 1 thread, got " + std::to_string(count));
#if defined(_OPENMP)
  detail::chosen_threads.store(count, std::memory_order_relaxed);
#endif
}

/// Number of tiles of at most `tile` items that cover `items`.
constexpr Index tile_count(Index items, Index tile) { return (items + tile - 1) / tile; }

namespace detail {

/// parallel_tasks() for a body without its type, so that the code of a body exists once: a copy made for the plain loop may
/// fuse other products and sums, and then bits depend on the number of threads. So this function is not copied for a body that
/// the compiler knows.
#if defined(__clang__)
[[gnu::noinline]]
#else
[[gnu::noipa]]
#endif
inline void
run_tasks(Index tasks, void (*call)(void* body, Index task), void* body) {
#if defined(_OPENMP)
  // One task, and a loop inside a task or inside a region of OpenMP, is a plain loop.
  const int count = tasks > 1 && !inside_loop && !omp_in_parallel() ? threads() : 1;
  if (count > 1) {
    struct Inside {
      Inside() { inside_loop = true; }
      ~Inside() { inside_loop = false; }
    };
    const Inside inside;
    if (Team::instance().run(tasks, call, body, count)) return;
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
