/// The threads that help with parallel loops, and how they wait.
///
/// A loop of OpenMP ends when every thread of its team has been there, even one that found nothing left to do. Where another
/// process holds a core, the thread that belongs there comes milliseconds later, and a step of some hundred short loops becomes
/// many times slower. Here the caller takes tasks like everybody else, and in the end waits only for tasks that others have
/// begun: a thread that does not come costs nothing.
///
/// A thread that finds nothing to do looks for work for some microseconds, which bridges the gap between two loops, and then
/// sleeps, which leaves the core to others. No thread yields its core instead: under Linux 6 each yield can lose it for 4 ms,
/// even to a process of the lowest priority, whereas a thread that slept is back 0.1 ms after it was woken.
#pragma once

#include <omp.h>
#include <pthread.h>  // <thread> and <condition_variable> would take a second to compile

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "neb/core/buffer_pool.hpp"
#include "neb/core/shape.hpp"

namespace neb::detail {

/// Where one thread waits until others have made something true.
class WaitingPlace {
 public:
  /// Returns when `ready()`: looks at it for so many seconds, then sleeps and looks again at each notify().
  template <class Ready>
  void wait(double patience, Ready&& ready) {
    const double end = omp_get_wtime() + patience;
    do {
      for (int look = 0; look < 32; ++look) {  // reading the clock takes as long as some looks
        if (ready()) return;
        pause();
      }
    } while (omp_get_wtime() < end);
    pthread_mutex_lock(&mutex_);
    asleep_ = true;
    while (!ready()) pthread_cond_wait(&wake_, &mutex_);
    asleep_ = false;
    pthread_mutex_unlock(&mutex_);
  }

  /// To be called after a change that can make `ready()` true. No wake-up is lost: one thread writes the change and then reads
  /// `asleep_`, the other writes `asleep_` and then reads the change. All four are sequentially consistent, so at least one
  /// of the two sees what the other wrote.
  void notify() {
    if (!asleep_) return;
    pthread_mutex_lock(&mutex_);  // which a thread between its last look and its sleep holds
    pthread_mutex_unlock(&mutex_);
    pthread_cond_signal(&wake_);
  }

 private:
  /// Lets the other thread of this core run faster for a moment, and saves power.
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t wake_ = PTHREAD_COND_INITIALIZER;
  std::atomic<bool> asleep_ = false;
};

/// Threads that last as long as the program, and work for one caller at a time.
///
/// Each has a counter, where its share of a loop's tasks waits: neighbours, and the same ones in the next loop of that size, so that it
/// finds near its core what it has written there. When its own counter is empty it goes to those of the others. The tasks of all
/// loops are numbered on and on, like tickets: at each counter `next` is the next one to be taken, and those before `end` may be. Neither
/// ever decreases, so a thread that comes late, even when other loops have begun, can neither take a ticket twice nor one of a
/// loop that has ended.
class Team {
 public:
  /// The team of this process. Never destroyed, because its threads are not ended.
  [[gnu::visibility("default")]] static Team& instance() {
    static Team* team = new Team;
#if defined(__unix__) || defined(__APPLE__)
    // A process that fork() made has a copy of the memory, but none of the threads.
    static const int handler = pthread_atfork(nullptr, nullptr, [] { team = new Team; });
    static_cast<void>(handler);
#endif
    return *team;
  }

  /// Calls `call(body, task)` for every task in [0, tasks), on this thread and at most `threads - 1` others, and rethrows one of
  /// the exceptions. Returns false, and has done nothing, while the team works for another caller.
  bool run(Index tasks, void (*call)(void* body, Index task), void* body, int threads) {
    const std::unique_lock lent(lent_, std::try_to_lock);
    if (!lent) return false;
    const auto helpers = static_cast<std::size_t>(std::min<Index>(threads, tasks) - 1);
    if (places_.size() < helpers) hire(static_cast<std::size_t>(threads - 1) - places_.size());
    call_ = call;
    body_ = body;
    const Index shares = std::min<Index>(static_cast<Index>(helpers) + 1, most_shares);
    for (Index share = 0; share < shares; ++share) {
      Counter& counter = counters_[static_cast<std::size_t>(share)];
      const Index begin = tasks * share / shares, end = tasks * (share + 1) / shares;
      counter.first = counter.end;
      counter.first_task = begin;
      counter.end += static_cast<std::uint64_t>(end - begin);  // from here on there are tickets
    }
    shares_ = static_cast<std::size_t>(shares);
    helpers_ = helpers;
    ++loops_;
    for (std::size_t i = 0; i < helpers; ++i) places_[i]->notify();
    take_tickets(0);
    wanted_ += static_cast<std::uint64_t>(tasks);
    caller_.wait(caller_patience, [this] { return finished_ == wanted_; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
  }

 private:
  /// In seconds: longer than most gaps between two loops of a training step. If it were much longer, a thread that shares its
  /// core would use up its time by waiting, and lose the core while it works.
  static constexpr double worker_patience = 50e-6;
  /// Longer than a time slice: a task takes that long if its thread has lost its core. The caller keeps the core that it would
  /// use without a team as well. If it slept, the other process would come here, and waking up costs tens of microseconds.
  static constexpr double caller_patience = 5e-3;

  /// More threads than that have counters together.
  static constexpr Index most_shares = 64;

  /// Tickets of one share of the tasks.
  struct alignas(buffer_alignment) Counter {
    std::atomic<std::uint64_t> next = 0, end = 0;
    std::uint64_t first = 0;  // of this loop
    Index first_task = 0;     // which it stands for
  };

  Team() = default;

  /// Threads that are hired together.
  struct Crew {
    Team& team;
    std::size_t first;                  // number of the first
    std::vector<WaitingPlace*> places;  // of each
  };

  /// Starts `count` more threads; if the system has no more, the caller does everything.
  void hire(std::size_t count) {
    auto crew = std::make_unique<Crew>(Crew{*this, places_.size(), {}});
    std::vector<std::unique_ptr<WaitingPlace>> places;
    for (std::size_t i = 0; i < count; ++i)
      crew->places.push_back(places.emplace_back(std::make_unique<WaitingPlace>()).get());
    places_.reserve(places_.size() + count);  // from here on nothing throws: who fails before has hired nobody
    std::move(places.begin(), places.end(), std::back_inserter(places_));
    pthread_t thread;
    if (pthread_create(&thread, nullptr, open_region, crew.get()) != 0) return;
    pthread_detach(thread);
    crew.release();  // it lasts as long as the threads: for ever
  }

  /// The threads of a crew come from OpenMP, so that its variables decide on their stacks and places: they are those of one
  /// region that never ends. The first thread of a region stands for the caller of loops; here it only sleeps.
  static void* open_region(void* argument) {
    const Crew& crew = *static_cast<const Crew*>(argument);
    const int size = static_cast<int>(crew.places.size()) + 1;
#pragma omp parallel num_threads(size)
    {
      const auto i = static_cast<std::size_t>(omp_get_thread_num());
      if (i > 0) crew.team.work(crew.first + i - 1, *crew.places[i - 1]);
      WaitingPlace().wait(0, [] { return false; });
    }
    return nullptr;
  }

  /// What the helper with that number does for ever.
  [[noreturn]] void work(std::size_t number, WaitingPlace& place) {
    for (std::uint64_t seen = 0;;) {
      place.wait(worker_patience, [&] { return loops_ != seen && number < helpers_; });
      seen = loops_;
      take_tickets(number + 1);
    }
  }

  /// Takes tickets and runs their tasks until there are none: first those of the counter with that number, then those of the others.
  void take_tickets(std::size_t number) {
    const std::size_t shares = shares_;
    std::uint64_t done = 0;
    for (std::size_t i = 0; i < shares; ++i) done += take_tickets_of(counters_[(number + i) % shares]);
    if (done == 0) return;
    finished_ += done;
    caller_.notify();
  }

  /// How many of its tasks this thread has run.
  std::uint64_t take_tickets_of(Counter& counter) {
    const std::uint64_t end = counter.end;
    std::uint64_t done = 0;
    for (std::uint64_t ticket = counter.next; ticket < end;) {
      if (!counter.next.compare_exchange_weak(ticket, ticket + 1)) continue;
      // The loop cannot end before this task is reported: until then, what describes the loop stays as it is.
      try {
        call_(body_, counter.first_task + static_cast<Index>(ticket - counter.first));
      } catch (...) {
        const std::lock_guard lock(failing_);
        failure_ = std::current_exception();
      }
      ++done;
      ticket = counter.next;
    }
    return done;
  }

  std::mutex lent_;                                    // held by the caller of a loop
  std::vector<std::unique_ptr<WaitingPlace>> places_;  // of the helpers, by number
  WaitingPlace caller_;

  // The loop: written before there are tickets, and read by who has one.
  void (*call_)(void* body, Index task) = nullptr;
  void* body_ = nullptr;
  std::mutex failing_;
  std::exception_ptr failure_;
  std::uint64_t wanted_ = 0;  // tasks of all loops so far

  // Each in a cache line of its own: many look at the first while others write the second.
  alignas(buffer_alignment) std::atomic<std::uint64_t> loops_ = 0;
  std::atomic<std::size_t> helpers_ = 0, shares_ = 1;
  alignas(buffer_alignment) std::atomic<std::uint64_t> finished_ = 0;
  std::array<Counter, std::size_t{most_shares}> counters_;
};

}  // namespace neb::detail
