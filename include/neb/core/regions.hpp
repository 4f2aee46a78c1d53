/// Regions of memory that large blocks are cut from, and joined in again.
#pragma once

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace neb {

/// Blocks of any size, each from the smallest free extent that has room for it. What is released is joined with what is free beside
/// it, so that a program whose arrays come in many sizes needs little more memory than it uses at a time. Not thread-safe.
class Regions {
 public:
  /// A block of `bytes` bytes; null if no free extent has room for it. Throws std::bad_alloc.
  void* take(std::size_t bytes) {
    // Room for the extent that each block may become, so that give() needs none.
    const std::size_t most = blocks_ + 1 + regions_.size();
    if (extents_.capacity() < most) extents_.reserve(2 * most);
    auto best = extents_.end();
    for (auto extent = extents_.begin(); extent != extents_.end(); ++extent)
      if (extent->bytes >= bytes && (best == extents_.end() || extent->bytes < best->bytes)) best = extent;
    if (best == extents_.end()) return nullptr;
    std::byte* const block = best->begin;
    const std::size_t used = std::min(best->used, bytes);
    used_ -= used;
    ++blocks_;
    if (best->bytes == bytes)
      extents_.erase(best);
    else
      *best = {block + bytes, best->bytes - bytes, best->used - used};
    return block;
  }

  /// Takes a block of `bytes` bytes back.
  void give(void* block, std::size_t bytes) noexcept {
    --blocks_;
    insert({static_cast<std::byte*>(block), bytes, bytes});
  }

  /// Adds a region, all of it free and not used yet. Throws std::bad_alloc.
  void add(void* memory, std::size_t bytes) {
    extents_.reserve(2 * (blocks_ + 1 + regions_.size()));
    regions_.push_back({static_cast<std::byte*>(memory), bytes, 0});
    insert(regions_.back());
  }

  /// Takes out a region of which no block is in use; null if there is none.
  void* remove() noexcept {
    for (auto region = regions_.begin(); region != regions_.end(); ++region) {
      const auto extent = std::find_if(extents_.begin(), extents_.end(), [&](const Extent& e) {
        return e.begin == region->begin && e.bytes == region->bytes;
      });
      if (extent == extents_.end()) continue;
      std::byte* const memory = region->begin;
      used_ -= extent->used;
      extents_.erase(extent);
      regions_.erase(region);
      return memory;
    }
    return nullptr;
  }

  /// Lets the system take the memory behind free extents, where it offers that; the addresses stay.
  void discard() noexcept {
#if defined(__linux__)
    constexpr std::uintptr_t page = 4096;  // where pages are larger the call fails, and nothing is lost
    for (Extent& extent : extents_) {
      const auto at = reinterpret_cast<std::uintptr_t>(extent.begin);
      const std::uintptr_t begin = (at + page - 1) / page * page, end = (at + extent.bytes) / page * page;
      if (end <= begin || madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) != 0) continue;
      const std::size_t left = std::min<std::size_t>(extent.used, extent.bytes - (end - begin));
      used_ -= extent.used - left;
      extent.used = left;
    }
#endif
  }

  /// Bytes of free extents that were in use, and so have memory behind them.
  std::size_t used() const { return used_; }

  /// Bytes of all regions.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Extent& region : regions_) sum += region.bytes;
    return sum;
  }

 private:
  /// Bytes in one piece, of which about the first `used` were in use.
  struct Extent {
    std::byte* begin;
    std::size_t bytes, used;
  };

  void insert(const Extent& extent) noexcept {
    used_ += extent.used;
    auto at = std::find_if(extents_.begin(), extents_.end(), [&](const Extent& e) { return e.begin > extent.begin; });
    at = extents_.insert(at, extent);
    if (at + 1 != extents_.end() && follows(*at, at[1])) join(at);
    if (at != extents_.begin() && follows(at[-1], *at)) join(at - 1);
  }

  /// Whether b lies behind a, in the same region.
  bool follows(const Extent& a, const Extent& b) const noexcept {
    return a.begin + a.bytes == b.begin && std::none_of(regions_.begin(), regions_.end(),
                                                        [&](const Extent& region) { return region.begin == b.begin; });
  }

  void join(std::vector<Extent>::iterator first) noexcept {
    first->bytes += first[1].bytes;
    first->used += first[1].used;
    extents_.erase(first + 1);
  }

  std::vector<Extent> regions_, extents_;  // all of them, and what is free, by address
  std::size_t blocks_ = 0, used_ = 0;
};

}  // namespace neb
