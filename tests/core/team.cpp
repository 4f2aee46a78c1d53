// What the team of threads promises when its threads are elsewhere. Signals hold one of them still, as a scheduler would that
// gives its core to another process.
#include <doctest/doctest.h>

#include "neb/core/parallel.hpp"

#if defined(_OPENMP) && defined(__unix__)
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

using namespace neb;

namespace {

std::atomic<bool> held = false, let_go = false;

/// Holds the thread that gets the signal until it is let go.
void hold(int) {
  held = true;
  while (!let_go) {}
  held = false;
}

/// Two threads for a scope.
struct TwoThreads {
  TwoThreads() { set_threads(2); }
  ~TwoThreads() { set_threads(saved); }
  const int saved = threads();
};

/// The other thread of the team: the first of two tasks to begin waits for the second.
pthread_t other_thread() {
  std::atomic<int> begun = 0;
  std::vector<pthread_t> ran(2);
  parallel_tasks(2, [&](Index task) {
    ran[static_cast<std::size_t>(task)] = pthread_self();
    ++begun;
    while (begun < 2) {}
  });
  return pthread_equal(ran[0], pthread_self()) != 0 ? ran[1] : ran[0];
}

/// Holds `thread` still for a scope.
struct Held {
  explicit Held(pthread_t thread) {
    let_go = false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it sleeps by then, and holds no lock
    std::signal(SIGUSR1, hold);
    pthread_kill(thread, SIGUSR1);
    while (!held) {}
  }
  ~Held() {
    let_go = true;
    while (held) {}
    std::signal(SIGUSR1, SIG_DFL);
  }
};

}  // namespace

TEST_CASE("a loop ends although the other thread never comes") {
  const TwoThreads two;
  const pthread_t other = other_thread();
  REQUIRE(pthread_equal(other, pthread_self()) == 0);
  const Held still(other);
  for (int loop = 0; loop < 100; ++loop) {
    std::vector<pthread_t> ran(50);
    parallel_tasks(50, [&](Index task) { ran[static_cast<std::size_t>(task)] = pthread_self(); });
    CHECK(std::all_of(ran.begin(), ran.end(), [](pthread_t id) { return pthread_equal(id, pthread_self()) != 0; }));
  }
}

TEST_CASE("each thread begins with the first task of its own half, in every loop") {
  const TwoThreads two;
  const pthread_t other = other_thread();
  for (int loop = 0; loop < 20; ++loop) {
    std::atomic<int> begun = 0;
    std::vector<pthread_t> ran(10);
    parallel_tasks(10, [&](Index task) {
      ran[static_cast<std::size_t>(task)] = pthread_self();
      ++begun;
      while (begun < 2) {}  // the first task of each thread waits for that of the other
    });
    CHECK(pthread_equal(ran[0], pthread_self()) != 0);
    CHECK(pthread_equal(ran[5], other) != 0);
  }
}

TEST_CASE("a thread that comes late, after many loops have ended, takes tasks of the next one") {
  const TwoThreads two;
  const pthread_t other = other_thread();
  std::atomic<Index> sum = 0;
  {
    const Held still(other);
    for (int loop = 0; loop < 100; ++loop) parallel_tasks(50, [&](Index task) { sum += task; });
  }
  CHECK(pthread_equal(other_thread(), other) != 0);
  for (int loop = 0; loop < 100; ++loop) parallel_tasks(50, [&](Index task) { sum += task; });
  CHECK(sum == 200 * 1225);
}

TEST_CASE("a loop waits for tasks that the other thread has begun, whether it looks or sleeps meanwhile") {
  const TwoThreads two;
  for (const auto pause : {std::chrono::microseconds(100), std::chrono::microseconds(10'000)}) {
    const pthread_t caller = pthread_self();
    std::atomic<int> begun = 0, ended = 0;
    parallel_tasks(2, [&](Index) {
      ++begun;
      while (begun < 2) {}
      if (pthread_equal(pthread_self(), caller) == 0) std::this_thread::sleep_for(pause);
      ++ended;
    });
    CHECK(ended == 2);
  }
}

TEST_CASE("a thread that has gone to sleep comes again") {
  const TwoThreads two;
  const pthread_t other = other_thread();
  for (int time = 0; time < 5; ++time) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(pthread_equal(other_thread(), other) != 0);
  }
}

TEST_CASE("a process that fork() made has a team of its own") {
  const TwoThreads two;
  const pthread_t other = other_thread();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);  // rather than wait for ever
    std::atomic<int> runs = 0;
    parallel_tasks(100, [&](Index) { ++runs; });
    const bool helped = pthread_equal(other_thread(), pthread_self()) == 0;
    ::_exit(runs == 100 && helped ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(pthread_equal(other_thread(), other) != 0);
}
#endif
