#include "neb/core/parallel.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace neb;

namespace {

/// Calls `body` at 1, 2, 3 and 4 threads.
template <class Body>
void at_thread_counts(Body&& body) {
  const int saved = threads();
  for (int count = 1; count <= 4; ++count) {
    set_threads(count);
    CAPTURE(count);
    body();
  }
  set_threads(saved);
}

}  // namespace

TEST_CASE("the number of threads can be set, to at least one") {
#if defined(_OPENMP)
  constexpr int three = 3;
#else
  constexpr int three = 1;  // there are no others
#endif
  const int saved = threads();
  set_threads(3);
  CHECK(threads() == three);
  CHECK_THROWS_WITH_AS(set_threads(0), "set_threads: at least 1 thread, got 0", ValueError);
  CHECK_THROWS_WITH_AS(set_threads(-2), "set_threads: at least 1 thread, got -2", ValueError);
  CHECK(threads() == three);
  int elsewhere = 0;
  std::thread([&] { elsewhere = threads(); }).join();
  CHECK(elsewhere == three);
  set_threads(saved);
}

TEST_CASE("every task runs exactly once") {
  at_thread_counts([] {
    for (const Index tasks : {0, 1, 2, 3, 17, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
      parallel_tasks(tasks, [&](Index task) { ++runs[static_cast<std::size_t>(task)]; });
      for (const auto& count : runs) CHECK(count == 1);
    }
  });
}

TEST_CASE("tiles cover every item exactly once, and all but the last are full") {
  at_thread_counts([] {
    for (const Index items : {0, 1, 7, 8, 9, 64, 1001})
      for (const Index tile : {1, 3, 8, 5000}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(items));
        std::atomic<int> misshapen = 0, tiles = 0;
        parallel_tiles(items, tile, [&](Index begin, Index end) {
          ++tiles;
          misshapen += begin % tile != 0 || (end - begin != tile && end != items) || begin >= end;
          for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        CHECK(misshapen == 0);
        CHECK(tiles == tile_count(items, tile));
        for (const auto& count : visits) CHECK(count == 1);
      }
  });
}

TEST_CASE("the tiles do not depend on the number of threads") {
  std::set<std::pair<Index, Index>> first;
  at_thread_counts([&] {
    std::mutex mutex;
    std::set<std::pair<Index, Index>> tiles;
    parallel_tiles(1234, 100, [&](Index begin, Index end) {
      const std::lock_guard lock(mutex);
      tiles.emplace(begin, end);
    });
    if (first.empty()) first = tiles;
    CHECK(tiles == first);
  });
}

TEST_CASE("an exception in a task reaches the caller, and the next loop works") {
  at_thread_counts([] {
    CHECK_THROWS_WITH_AS(parallel_tasks(100,
                                        [](Index task) {
                                          if (task == 37) throw ValueError("task 37 failed");
                                        }),
                         "task 37 failed", ValueError);
    CHECK_THROWS_AS(parallel_tasks(50, [](Index) { throw std::runtime_error("all"); }), std::runtime_error);
    std::atomic<int> runs = 0;
    parallel_tasks(10, [&](Index) { ++runs; });
    CHECK(runs == 10);
  });
}

TEST_CASE("a loop inside a loop runs all of its tasks on its thread, and passes exceptions on") {
  at_thread_counts([] {
    std::atomic<int> runs = 0, elsewhere = 0;
    parallel_tasks(7, [&](Index) {
      const auto self = std::this_thread::get_id();
      parallel_tasks(11, [&](Index) {
        ++runs;
        elsewhere += std::this_thread::get_id() != self;
      });
    });
    CHECK(runs == 77);
    CHECK(elsewhere == 0);
    CHECK_THROWS_AS(parallel_tasks(4, [](Index) { parallel_tasks(4, [](Index) { throw ValueError("inner"); }); }),
                    ValueError);
  });
}

TEST_CASE("threads that call loops at the same time each get all of their tasks") {
  std::vector<std::atomic<Index>> sums(4);
  std::vector<std::thread> callers;
  for (auto& sum : sums)
    callers.emplace_back([&sum] {
      set_threads(3);
      for (int loop = 0; loop < 300; ++loop) parallel_tasks(20, [&](Index task) { sum += task; });
    });
  for (auto& caller : callers) caller.join();
  for (const auto& sum : sums) CHECK(sum == 300 * 190);
}

TEST_CASE("a number of threads that changes from loop to loop changes nothing else") {
  const int saved = threads();
  std::atomic<int> runs = 0;
  for (const int count : {2, 1, 4, 3, 1, 2, 5, 2}) {
    set_threads(count);
    for (int loop = 0; loop < 50; ++loop) parallel_tasks(7, [&](Index) { ++runs; });
  }
  CHECK(runs == 8 * 50 * 7);
  set_threads(saved);
}

#if defined(_OPENMP)
TEST_CASE("a loop inside a user's region of OpenMP runs on the thread that calls it") {
  std::atomic<int> runs = 0, elsewhere = 0;
#pragma omp parallel num_threads(2)
  {
    const auto self = std::this_thread::get_id();
    parallel_tasks(9, [&](Index) {
      ++runs;
      elsewhere += std::this_thread::get_id() != self;
    });
  }
  CHECK(runs % 9 == 0);
  CHECK(runs > 0);
  CHECK(elsewhere == 0);
}
#endif
