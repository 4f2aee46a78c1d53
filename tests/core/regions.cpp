#include "neb/core/regions.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <random>
#include <vector>

using neb::Regions;

namespace {

std::size_t offset(const std::vector<std::byte>& memory, void* block) {
  return static_cast<std::size_t>(static_cast<std::byte*>(block) - memory.data());
}

}  // namespace

TEST_CASE("a block comes from the smallest extent with room, and what is released joins its neighbours") {
  std::vector<std::byte> memory(1024);
  Regions regions;
  CHECK(regions.take(64) == nullptr);
  regions.add(memory.data(), memory.size());
  void* const a = regions.take(256);
  void* const b = regions.take(128);
  void* const c = regions.take(64);
  CHECK(offset(memory, a) == 0);
  CHECK(offset(memory, b) == 256);
  CHECK(offset(memory, c) == 384);
  regions.give(b, 128);
  CHECK(offset(memory, regions.take(64)) == 256);  // not from the 576 behind c
  CHECK(regions.take(640) == nullptr);
  CHECK(offset(memory, regions.take(576)) == 448);
  regions.give(c, 64);
  CHECK(offset(memory, regions.take(128)) == 320);
  CHECK(regions.take(64) == nullptr);
}

TEST_CASE("blocks of two regions never join, and a region goes when none of its blocks is in use") {
  std::vector<std::byte> memory(512);
  Regions regions;
  regions.add(memory.data(), 256);
  regions.add(memory.data() + 256, 256);
  CHECK(regions.bytes() == 512);
  CHECK(regions.take(512) == nullptr);
  void* const a = regions.take(64);
  CHECK(offset(memory, a) == 0);
  CHECK(offset(memory, regions.remove()) == 256);
  CHECK(regions.remove() == nullptr);
  regions.give(a, 64);
  CHECK(offset(memory, regions.remove()) == 0);
  CHECK(regions.bytes() == 0);
  CHECK(regions.used() == 0);
}

TEST_CASE("memory counts as used from the first block that it was in") {
  std::vector<std::byte> memory(1024);
  Regions regions;
  regions.add(memory.data(), memory.size());
  CHECK(regions.used() == 0);
  void* const a = regions.take(256);
  void* const b = regions.take(256);
  CHECK(regions.used() == 0);
  regions.give(a, 256);
  CHECK(regions.used() == 256);
  regions.give(b, 256);
  CHECK(regions.used() == 512);
  regions.give(regions.take(768), 768);
  CHECK(regions.used() == 768);
}

TEST_CASE("no two blocks overlap, whatever the order, and all of it is one extent again in the end") {
  std::vector<std::byte> memory(std::size_t{1} << 16);
  Regions regions;
  regions.add(memory.data(), memory.size());
  std::mt19937 generator(7);
  std::map<std::size_t, std::size_t> taken;  // from offset to bytes
  for (int step = 0; step < 20'000; ++step) {
    if (generator() % 2 == 0) {
      const std::size_t bytes = 64 * (1 + generator() % 60);
      void* const block = regions.take(bytes);
      if (!block) continue;
      const std::size_t at = offset(memory, block);
      const auto after = taken.lower_bound(at);
      REQUIRE(at + bytes <= (after == taken.end() ? memory.size() : after->first));
      if (after != taken.begin()) REQUIRE(std::prev(after)->first + std::prev(after)->second <= at);
      taken.emplace(at, bytes);
    } else if (!taken.empty()) {
      const auto one = std::next(taken.begin(), static_cast<std::ptrdiff_t>(generator() % taken.size()));
      regions.give(memory.data() + one->first, one->second);
      taken.erase(one);
    }
  }
  for (const auto& [at, bytes] : taken) regions.give(memory.data() + at, bytes);
  CHECK(offset(memory, regions.take(memory.size())) == 0);
}
