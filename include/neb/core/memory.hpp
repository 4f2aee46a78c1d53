/// Memory from the pool of buffers: what tensors share, and what graphs are made of.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "neb/core/buffer_pool.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// The bytes of `count` objects of `size` bytes each. Throws std::bad_alloc when that is more than any machine of this kind
/// could have: an Index may count more than memory holds.
inline std::size_t memory_size(Index count, std::size_t size = 1) {
  if (static_cast<std::uint64_t>(count) > SIZE_MAX / 2 / size) throw std::bad_alloc();
  return static_cast<std::size_t>(count) * size;
}

/// An allocator for the standard library's types, of graph nodes and of what a sweep lays out: blocks from the pool.
template <class T>
struct PoolAllocator {
  using value_type = T;  ///< what the blocks hold

  PoolAllocator() = default;
  /// Allocators of all types share the pool.
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) {}

  /// Room for `count` objects. Throws std::bad_alloc.
  T* allocate(std::size_t count) {
    if (count > SIZE_MAX / 2 / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(BufferPool::instance().allocate(count * sizeof(T)));
  }
  /// Takes back what allocate() gave for the same count.
  void deallocate(T* block, std::size_t count) noexcept {
    BufferPool::instance().release(block, BufferPool::size_class(count * sizeof(T)));
  }

  /// Any of them can take back what another gave.
  template <class U>
  bool operator==(const PoolAllocator<U>&) const {
    return true;
  }
};

/// Bytes that tensors hold now, the peak so far, and what is cached for reuse.
inline MemoryStats memory_stats() { return BufferPool::instance().stats(); }

/// Starts a new measurement of the peak from what is live now.
inline void reset_peak_memory() { BufferPool::instance().reset_peak(); }

/// Gives cached buffers back to the system.
inline void release_cached_memory() { BufferPool::instance().release_cached(); }

/// A shared, reference-counted block of bytes from the pool.
class Buffer {
 public:
  Buffer() = default;

  /// `bytes` bytes, uninitialised and aligned to `buffer_alignment`. Throws std::bad_alloc.
  explicit Buffer(std::size_t bytes) {
    // The count lives in front of the data, in a cache line of its own, so that one buffer is one allocation.
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    bytes += buffer_alignment;
    header_ =
        new (BufferPool::instance().allocate(bytes)) Header{.count = 1, .capacity = BufferPool::size_class(bytes)};
  }

  /// Shares the block.
  Buffer(const Buffer& other) noexcept : header_(other.header_) {
    if (header_) header_->count.fetch_add(1, std::memory_order_relaxed);
  }
  /// Takes the block over; `other` is left with none.
  Buffer(Buffer&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  /// Gives up its own block for that of the other.
  Buffer& operator=(Buffer other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~Buffer() {
    if (header_ && header_->count.fetch_sub(1, std::memory_order_acq_rel) == 1)
      BufferPool::instance().release(header_, header_->capacity);
  }

  /// The block; null if there is none.
  std::byte* bytes() const { return header_ ? reinterpret_cast<std::byte*>(header_) + buffer_alignment : nullptr; }

  /// Whether no other Buffer shares the block, so that writing to it surprises nobody.
  bool unique() const { return header_ && header_->count.load(std::memory_order_acquire) == 1; }

 private:
  struct Header {
    std::atomic<std::size_t> count;
    std::size_t capacity;
  };
  static_assert(sizeof(Header) <= buffer_alignment);

  Header* header_ = nullptr;
};

}  // namespace neb
