/// Aligned buffers from a caching pool, so that a steady training step asks the system for no memory.
///
/// A fresh page costs the kernel about as much as a pointwise pass over it costs the processor, so buffers that are
/// released are kept and handed out again: small ones by size class, large ones cut to size.
#pragma once

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "neb/core/poison.hpp"
#include "neb/core/regions.hpp"

namespace neb {

/// Alignment of every tensor buffer: a cache line, and the widest vector register.
inline constexpr std::size_t buffer_alignment = 64;

/// What the pool holds, in bytes.
struct MemoryStats {
  std::size_t live = 0;    ///< in buffers that tensors hold now
  std::size_t peak = 0;    ///< the largest `live` since the start or the last reset_peak()
  std::size_t cached = 0;  ///< released by tensors, kept for the next ones
};

/// Small blocks that one thread released and takes again without a lock: graphs of small tensors live from these. Trivially
/// destructible, so that it can be asked until the very end of its thread.
class SmallBlocks {
 public:
  static constexpr std::size_t largest = 1024;  ///< bytes; every multiple of 64 up to here is a size class

  /// A kept block of that size class, or null.
  void* take(std::size_t capacity) noexcept {
    List& list = lists_[capacity / buffer_alignment];
    if (!list.first) return nullptr;
    --list.length;
    return std::exchange(list.first, list.first->next);
  }

  /// Keeps a block, unless there are many already: what one thread makes and another releases must not pile up here.
  bool keep(void* block, std::size_t capacity) noexcept {
    List& list = lists_[capacity / buffer_alignment];
    if (list.length == most) return false;
    list.first = new (block) Block{list.first};
    ++list.length;
    return true;
  }

 private:
  static constexpr std::uint32_t most = 4096;
  struct Block {
    Block* next;
  };
  struct List {
    Block* first = nullptr;
    std::uint32_t length = 0;
  };
  std::array<List, largest / buffer_alignment + 1> lists_{};
};

/// A pool of reusable buffers: those of up to `largest_class` bytes in size classes at most an eighth of an octave apart, larger ones
/// from Regions. Thread-safe. Holds at most twice what was once in use: beyond that, what nobody has asked for for longest goes back
/// to the system, and regions that are free.
class BufferPool {
 public:
  /// The pool that tensors draw from: one in a process, whatever symbols a library hides. Never destroyed, so tensors of static
  /// storage duration may outlive main().
  [[gnu::visibility("default")]] static BufferPool& instance() {
    static BufferPool& pool = make();
    return pool;
  }

  /// The largest size class, in bytes: a larger buffer has the pages that it needs.
  static constexpr std::size_t largest_class = std::size_t{7} << 17;
  /// The bytes of a page. All large buffers begin alike in one: with steps of a cache line, training steps took up to 4 % longer.
  static constexpr std::size_t page = 4096;

  /// The size of the buffer that holds `bytes`: up to largest_class eight to an octave, so at most 12.5 % is wasted.
  static std::size_t size_class(std::size_t bytes) {
    if (bytes == 0) return buffer_alignment;
    const std::size_t step = bytes > largest_class           ? page
                             : bytes <= 8 * buffer_alignment ? buffer_alignment
                                                             : std::bit_floor(bytes - 1) / 8;
    return (bytes + step - 1) / step * step;
  }

  /// A buffer of size_class(bytes) bytes. AddressSanitizer lets nobody touch what is behind `bytes`. Throws std::bad_alloc.
  void* allocate(std::size_t bytes) {
    const std::size_t capacity = size_class(bytes);
    void* buffer = capacity <= SmallBlocks::largest ? small_blocks_.take(capacity) : nullptr;
    if (!buffer) buffer = capacity <= largest_class ? take_or_make(capacity) : cut(capacity);
    const std::size_t live = live_.fetch_add(capacity, std::memory_order_relaxed) + capacity;
    std::size_t peak = peak_.load(std::memory_order_relaxed);
    while (live > peak && !peak_.compare_exchange_weak(peak, live, std::memory_order_relaxed)) {}
    detail::unpoison(buffer, bytes);
    detail::poison(static_cast<std::byte*>(buffer) + bytes, capacity - bytes);
    return buffer;
  }

  /// Takes back a buffer of `capacity` bytes, as size_class() has it.
  void release(void* buffer, std::size_t capacity) noexcept {
    detail::poison(buffer, capacity);
    detail::unpoison(buffer, sizeof(void*));  // a cached small block holds a pointer to the next
    live_.fetch_sub(capacity, std::memory_order_relaxed);
    if (capacity <= SmallBlocks::largest && small_blocks_open_ && small_blocks_.keep(buffer, capacity)) return;
    keep(buffer, capacity);
  }

  /// What it holds now.
  MemoryStats stats() {
    const std::lock_guard lock(mutex_);
    const std::size_t live = live_.load();
    return {.live = live, .peak = peak_.load(), .cached = held() - live};
  }

  /// Starts a new measurement of the peak from what is live now.
  void reset_peak() {
    const std::lock_guard lock(mutex_);
    most_ = std::max(most_, peak_.exchange(live_.load()));
  }

  /// Gives every cached buffer back to the system, but for the small blocks of other threads.
  void release_cached() {
    close_small_blocks();
    const std::lock_guard lock(mutex_);
    give_all_back();
  }

 private:
  BufferPool() = default;

  static BufferPool& make() {
    auto* const pool = new BufferPool;
#if defined(__unix__) || defined(__APPLE__)
    // A child of fork() would otherwise find the lock closed for ever, if another thread held it at that moment.
    pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                   [] { instance().mutex_.unlock(); });
#endif
    return *pool;
  }

  static void free(void* buffer) noexcept { ::operator delete (buffer, std::align_val_t{buffer_alignment}); }

  /// A cached buffer, or a new one.
  void* take_or_make(std::size_t capacity) {
    if (capacity <= SmallBlocks::largest) small_blocks_open_ = hands_on_small_blocks();
    {
      const std::lock_guard lock(mutex_);
      const std::size_t at = slot(capacity);
      asked_[at] = ++requests_;
      if (!free_lists_[at].empty()) {
        void* const buffer = free_lists_[at].back();
        free_lists_[at].pop_back();
        return buffer;
      }
    }
    void* buffer = ask_system(capacity);
    if (!buffer) {
      // Memory cached in other size classes may be what is missing.
      release_cached();
      buffer = ::operator new (capacity, std::align_val_t{buffer_alignment});
    }
    const std::lock_guard lock(mutex_);
    total_ += capacity;
    return buffer;
  }

  /// A large buffer. New regions double what there is, so that blocks of many sizes find neighbours; what of one has not been used is
  /// an address, and no memory.
  void* cut(std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    void* buffer = regions_.take(capacity);
    if (!buffer) {
      std::size_t bytes = std::max({capacity, least_region, regions_.bytes()});
      void* region = ask_system(bytes);
      if (!region) region = ask_system(bytes = capacity);
      if (!region) {
        give_all_back();
        region = ::operator new (capacity, std::align_val_t{buffer_alignment});
      }
      detail::poison(region, bytes);
      try {
        regions_.add(region, bytes);
      } catch (...) {
        free(region);
        throw;
      }
      buffer = regions_.take(capacity);
    }
    cut_ += capacity;
    return buffer;
  }

  static void* ask_system(std::size_t bytes) noexcept {
    return ::operator new (bytes, std::align_val_t{buffer_alignment}, std::nothrow);
  }

  /// Whether this thread will hand its small blocks on when it ends. Not by a destructor of the language: where there is no
  /// memory to note one, the C library ends the process.
  bool hands_on_small_blocks() const noexcept {
#if defined(__unix__) || defined(__APPLE__)
    return has_thread_end_ && pthread_setspecific(thread_end_, &small_blocks_) == 0;
#else
    return false;
#endif
  }

  void keep(void* buffer, std::size_t capacity) noexcept {
    const std::lock_guard lock(mutex_);
    if (capacity > largest_class) {
      regions_.give(buffer, capacity);
      cut_ -= capacity;
    } else {
      try {
        free_lists_[slot(capacity)].push_back(buffer);
      } catch (...) {
        free(buffer);
        total_ -= capacity;
      }
    }
    give_back();
  }

  /// Bytes of memory that buffers have or had.
  std::size_t held() const { return total_ + cut_ + regions_.used(); }

  /// Regions and sizes that a program has outgrown would pile up: of those, what is cached beyond the most that was in use is let go.
  void give_back() noexcept {
    const std::size_t most = std::max({most_, peak_.load(std::memory_order_relaxed), least_kept});
    while (held() > 2 * most) {
      if (void* const region = regions_.remove()) {
        free(region);
        continue;
      }
      std::size_t oldest = free_lists_.size();
      for (std::size_t at = 0; at < free_lists_.size(); ++at)
        if (!free_lists_[at].empty() && (oldest == free_lists_.size() || asked_[at] < asked_[oldest])) oldest = at;
      if (oldest == free_lists_.size()) return;
      free(free_lists_[oldest].back());
      free_lists_[oldest].pop_back();
      total_ -= class_of_slot(oldest);
    }
  }

  void give_all_back() noexcept {
    for (std::size_t at = 0; at < free_lists_.size(); ++at) {
      for (void* buffer : free_lists_[at]) free(buffer);
      total_ -= free_lists_[at].size() * class_of_slot(at);
      free_lists_[at].clear();
    }
    while (void* const region = regions_.remove()) free(region);
    regions_.discard();
  }

  /// Moves this thread's small blocks to the lists of all threads.
  void close_small_blocks() noexcept {
    for (std::size_t capacity = buffer_alignment; capacity <= SmallBlocks::largest; capacity += buffer_alignment)
      while (void* const block = small_blocks_.take(capacity)) keep(block, capacity);
  }

  /// The size class of a list, see slot().
  static std::size_t class_of_slot(std::size_t slot) {
    if (slot <= 8) return slot * buffer_alignment;
    const std::size_t octave = (slot - 1) / 8 + 8, eighth = (slot - 1) % 8 + 1;
    return (std::size_t{1} << octave) + (eighth << (octave - 3));
  }

  /// One list per size class: multiples of 64 up to 512, then eight to an octave.
  static std::size_t slot(std::size_t capacity) {
    if (capacity <= 8 * buffer_alignment) return capacity / buffer_alignment;
    const auto octave = static_cast<std::size_t>(std::bit_width(capacity - 1)) - 1;  // 2^octave < capacity
    const std::size_t eighth = (capacity - (std::size_t{1} << octave)) >> (octave - 3);
    return 8 * (octave - 8) + eighth;
  }

  static constexpr std::size_t least_kept = std::size_t{32} << 20, least_region = std::size_t{64} << 20;

#if defined(__unix__) || defined(__APPLE__)
  pthread_key_t thread_end_{};
  const bool has_thread_end_ = pthread_key_create(&thread_end_, [](void*) {
                                 instance().close_small_blocks();
                                 small_blocks_open_ = false;
                               }) == 0;
#endif
  std::mutex mutex_;       // of everything below that is not atomic
  std::size_t total_ = 0;  // bytes from the system, in size classes
  Regions regions_;
  std::size_t cut_ = 0;         // bytes of regions that are in use
  std::size_t most_ = 0;        // the largest peak of earlier measurements
  std::uint64_t requests_ = 0;  // so far
  std::atomic<std::size_t> live_ = 0, peak_ = 0;
  std::array<std::vector<void*>, 8 * 12> free_lists_;
  std::array<std::uint64_t, 8 * 12> asked_{};  // the number of the last request for a list
  [[gnu::visibility("default")]] static inline constinit thread_local SmallBlocks small_blocks_;
  [[gnu::visibility("default")]] static inline constinit thread_local bool small_blocks_open_ = false;
};

}  // namespace neb
