#include "neb/core/memory.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <random>
#include <thread>

#include "neb/core/parallel.hpp"

using namespace neb;

extern "C" [[gnu::weak]] int __asan_address_is_poisoned(const volatile void* address);

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

std::size_t from_system() {
  const MemoryStats stats = memory_stats();
  return stats.live + stats.cached;
}

}  // namespace

TEST_CASE("a size class holds the request and wastes at most an eighth of it") {
  const auto check = [](std::size_t bytes) {
    const std::size_t capacity = BufferPool::size_class(bytes);
    return capacity >= bytes && capacity % buffer_alignment == 0 && BufferPool::size_class(capacity) == capacity &&
           capacity - bytes <= std::max(buffer_alignment - 1, bytes / 8);
  };
  int wrong = 0;
  for (std::size_t bytes = 1; bytes < 100'000; ++bytes) wrong += !check(bytes);
  for (std::size_t octave = 17; octave < std::numeric_limits<std::size_t>::digits - 2; ++octave)
    for (std::size_t part = 0; part < 64; ++part)
      for (const std::size_t near : {std::size_t{0}, std::size_t{1}, std::size_t{2}})
        wrong += !check((std::size_t{1} << octave) + (part << (octave - 6)) + near - 1);
  CHECK(wrong == 0);
}

TEST_CASE("live bytes go up with a buffer and down with its last owner") {
  const std::size_t before = memory_stats().live;
  {
    const Buffer a(1000);
    CHECK(memory_stats().live == before + BufferPool::size_class(1000 + buffer_alignment));
    const Buffer b = a;
    CHECK(b.bytes() == a.bytes());
    CHECK_FALSE(a.unique());
    CHECK(memory_stats().live == before + BufferPool::size_class(1000 + buffer_alignment));
  }
  CHECK(memory_stats().live == before);
}

TEST_CASE("the peak is the most that was live since it was last reset") {
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  CHECK(memory_stats().peak == before);
  { const Buffer a(1 << 20), b(1 << 20); }
  { const Buffer c(1 << 20); }
  const std::size_t one = BufferPool::size_class((1 << 20) + buffer_alignment);
  CHECK(memory_stats().live == before);
  CHECK(memory_stats().peak == before + 2 * one);
  reset_peak_memory();
  CHECK(memory_stats().peak == before);
}

TEST_CASE("a buffer that was released is the next one of its size") {
  std::byte* first = nullptr;
  {
    const Buffer a(5000);
    first = a.bytes();
  }
  const Buffer b(5001);  // of the same size class
  CHECK(b.bytes() == first);
}

TEST_CASE("a large buffer has the pages that it needs, and its memory serves others") {
  release_cached_memory();
  const std::size_t live = memory_stats().live;
  { const Buffer a(8 << 20); }
  const std::size_t held = from_system();
  const Buffer smaller(3 << 20), another(4 << 20);
  CHECK(memory_stats().live == live + (7 << 20) + 2 * BufferPool::page);
  CHECK(from_system() == held);
}

TEST_CASE("AddressSanitizer sees who reads behind a buffer, or one that was released") {
  if (__asan_address_is_poisoned == nullptr) return;  // a program without it
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 100, 5000, 3 << 20}) {
    std::byte* bytes = nullptr;
    for (const std::size_t held : {2 * size, size}) {  // a larger one, of which the next may be a part
      const Buffer buffer(held);
      bytes = buffer.bytes();
      for (std::size_t i = 0; i < held; i += 1 + held / 100) CHECK(__asan_address_is_poisoned(bytes + i) == 0);
      CHECK(__asan_address_is_poisoned(bytes + held) == 1);
    }
    CHECK(__asan_address_is_poisoned(bytes) == 1);
    CHECK(__asan_address_is_poisoned(bytes + size / 2) == 1);
  }
}

TEST_CASE("what the pool gives a container comes back whole, at the bound of sizes as well") {
  release_cached_memory();
  PoolAllocator<std::byte> allocator;
  for (const std::size_t count :
       {std::size_t{0}, BufferPool::largest_class - 1, BufferPool::largest_class, BufferPool::largest_class + 1}) {
    std::byte* const first = allocator.allocate(count);
    allocator.deallocate(first, count);
    std::byte* const second = allocator.allocate(count);
    CHECK(second == first);
    allocator.deallocate(second, count);
    release_cached_memory();
  }
}

TEST_CASE("small blocks are kept by size, the last one first, and no more of them than there is room for") {
  SmallBlocks blocks;
  std::vector<std::array<std::byte, 128>> memory(5000);
  CHECK(blocks.take(128) == nullptr);
  std::size_t kept = 0;
  while (kept < memory.size() && blocks.keep(memory[kept].data(), 128)) ++kept;
  CHECK(kept == 4096);
  CHECK(blocks.take(64) == nullptr);
  CHECK(blocks.take(192) == nullptr);
  for (std::size_t i = kept; i-- > 0;) REQUIRE(blocks.take(128) == memory[i].data());
  CHECK(blocks.take(128) == nullptr);
  CHECK(blocks.keep(memory[0].data(), 128));
}

TEST_CASE("a steady loop asks the system for nothing") {
  const auto step = [] {
    std::vector<Buffer> held;
    for (std::size_t bytes = 16; bytes < 200'000; bytes += bytes / 3) held.emplace_back(bytes);
    held.erase(held.begin() + 3, held.end() - 3);
    for (std::size_t bytes = 24; bytes < 100'000; bytes += bytes / 2) held.emplace_back(bytes);
  };
  step();
  const std::size_t before = from_system();
  reset_peak_memory();
  step();
  const std::size_t peak = memory_stats().peak;
  for (int i = 0; i < 100; ++i) step();
  CHECK(from_system() == before);
  CHECK(memory_stats().peak == peak);
}

TEST_CASE("cached buffers can be given back to the system") {
  { const Buffer a(1 << 16); }
  const Buffer kept(64);
  const std::size_t live = memory_stats().live, cached = memory_stats().cached;
  CHECK(cached >= 1 << 16);
  release_cached_memory();
  CHECK(memory_stats().cached + (1 << 16) <= cached);  // small blocks of other threads may stay
  CHECK(memory_stats().live == live);
}

TEST_CASE("of large buffers the memory goes back, also beside one that stays") {
  release_cached_memory();
  const std::size_t before = from_system();
  const Buffer first(2 << 20);
  { const Buffer second(20 << 20); }
  const Buffer third(2 << 20);
  CHECK(from_system() >= before + (22 << 20));
  release_cached_memory();
#if defined(__linux__)
  CHECK(from_system() < before + (5 << 20));
#endif
}

TEST_CASE("buffers that grow leave no more behind than twice the most that was in use") {
  std::size_t largest = 0;
  for (std::size_t bytes = 1 << 20; bytes < 150 << 20; bytes += bytes / 16) {
    const Buffer one(bytes);
    largest = std::max(largest, memory_stats().live);
  }
  CHECK(from_system() <= 2 * largest);
  release_cached_memory();
}

TEST_CASE("a child of fork() can allocate while another thread of its parent does") {
  std::atomic<bool> done = false;
  std::thread busy([&] {
    while (!done) const Buffer other(1 << 16);
  });
  for (int time = 0; time < 30; ++time) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::alarm(20);  // rather than wait for ever
      const Buffer one(1 << 16);
      ::_exit(one.bytes() != nullptr ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  done = true;
  busy.join();
}

TEST_CASE("an allocation that fails throws and leaves the numbers as they were") {
  if (sanitized) return;  // it ends the program instead
  const MemoryStats before = memory_stats();
  CHECK_THROWS_AS(Buffer(SIZE_MAX / 2), std::bad_alloc);
  CHECK_THROWS_AS(Buffer(SIZE_MAX - 8), std::bad_alloc);
  CHECK(memory_stats().live == before.live);
  CHECK(memory_stats().peak == before.peak);
}

TEST_CASE("an empty buffer has no bytes and no owner") {
  const Buffer empty;
  const Buffer copy = empty;
  CHECK(copy.bytes() == nullptr);
  CHECK_FALSE(empty.unique());
}

TEST_CASE("many threads draw from the pool and nobody gets what another holds") {
  const std::size_t before = memory_stats().live;
  const int saved = threads();
  set_threads(4);
  std::atomic<int> damaged = 0;
  parallel_tasks(16, [&](Index task) {
    std::mt19937 generator(static_cast<unsigned>(task));
    const auto pattern = static_cast<int>(task + 1);
    std::vector<std::pair<Buffer, std::size_t>> held(8);
    for (int i = 0; i < 1000; ++i) {
      auto& [buffer, bytes] = held[generator() % held.size()];
      for (std::size_t k = 0; k < bytes; k += bytes - 1) damaged += std::to_integer<int>(buffer.bytes()[k]) != pattern;
      bytes = 2 + generator() % 5000;
      buffer = Buffer(bytes);
      std::memset(buffer.bytes(), pattern, bytes);
    }
  });
  set_threads(saved);
  CHECK(damaged == 0);
  CHECK(memory_stats().live == before);
}

TEST_CASE("small blocks that a thread took or was given are there for others when it has ended") {
  const auto some = [] {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 3000; ++i) buffers.emplace_back(64 + 64);
    return buffers;
  };
  const std::size_t before = (release_cached_memory(), from_system());
  for (int round = 0; round < 4; ++round) {
    std::vector<Buffer> taken = some();
    std::thread([&] { taken.clear(); }).join();
    std::thread([&] { some(); }).join();
  }
  CHECK(from_system() <= before + 2 * 3000 * 192);
}

TEST_CASE("what no machine could hold is refused before it is shortened to what a pointer holds") {
  CHECK(memory_size(3, 8) == 24);
  CHECK(memory_size(Index(SIZE_MAX / 2), 1) == SIZE_MAX / 2);
  CHECK_THROWS_AS(memory_size(Index(SIZE_MAX / 16 + 1), 8), std::bad_alloc);
  CHECK_THROWS_AS(memory_size(std::numeric_limits<Index>::max(), 4), std::bad_alloc);
  CHECK_THROWS_AS(memory_size((Index{1} << 62) + 1, 4), std::bad_alloc);  // with 32 bits this would be 4 bytes
  CHECK_THROWS_AS(memory_size(-1), std::bad_alloc);
}

TEST_CASE("the last of many threads to drop a buffer returns it, once") {
  const std::size_t before = memory_stats().live;
  const int saved = threads();
  set_threads(4);
  for (int round = 0; round < 50; ++round) {
    Buffer shared(256);
    parallel_tasks(64, [copy = std::move(shared)](Index) { const Buffer mine = copy; });
  }
  set_threads(saved);
  CHECK(memory_stats().live == before);
}
