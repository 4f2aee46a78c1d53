/// What neb asks of the processes that share its work, wherever they run: one of them is the first, and numbers of all of them can
/// be added up.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "neb/core/shape.hpp"

namespace neb {

/// The ranks of a computation: count() processes, of which this one is number rank(), from 0 on. All of them call the same
/// functions in the same order:
///
/// - max(x) and sum(x) leave in x, on every rank, the largest and the sum of each element over all ranks. They are of whole
///   numbers, which come out the same in whatever order a library combines them;
/// - broadcast(x) leaves rank 0's bytes in x;
/// - scatter(all, sizes, mine) cuts rank 0's `all` into pieces of sizes[r] bytes, one for each rank, and gather(mine, sizes, all)
///   puts them together again; `all` is looked at on rank 0 only;
/// - alike() is false where ranks may compute other bits from the same numbers, on processors of different kinds.
template <class R>
concept AllReduce = requires(R& ranks, std::span<std::int64_t> numbers, std::span<std::byte> bytes,
                             std::span<const std::byte> source, std::span<const std::size_t> sizes) {
  { ranks.rank() } -> std::convertible_to<int>;
  { ranks.count() } -> std::convertible_to<int>;
  { ranks.alike() } -> std::convertible_to<bool>;
  ranks.max(numbers);
  ranks.sum(numbers);
  ranks.broadcast(bytes);
  ranks.scatter(source, sizes, bytes);
  ranks.gather(source, sizes, bytes);
};

/// The only rank there is.
struct OneProcess {
  int rank() const { return 0; }                 ///< 0
  int count() const { return 1; }                ///< 1
  bool alike() const { return true; }            ///< true
  void max(std::span<std::int64_t>) const {}     ///< leaves the numbers as they are
  void sum(std::span<std::int64_t>) const {}     ///< leaves the numbers as they are
  void broadcast(std::span<std::byte>) const {}  ///< leaves the bytes as they are
  /// Copies the only piece.
  void scatter(std::span<const std::byte> all, std::span<const std::size_t>, std::span<std::byte> mine) const {
    std::copy(all.begin(), all.end(), mine.begin());
  }
  /// Copies the only piece.
  void gather(std::span<const std::byte> mine, std::span<const std::size_t>, std::span<std::byte> all) const {
    std::copy(mine.begin(), mine.end(), all.begin());
  }
};

/// What a run that nobody shares has for ranks.
inline OneProcess one_process;

/// A range of things, `begin` included and `end` not.
struct Share {
  Index begin = 0;  ///< the first
  Index end = 0;    ///< one past the last

  /// How many there are.
  Index size() const { return end - begin; }
};

/// Part `part` of `parts` of `count` things: they follow each other, and no two differ by more than one in size.
constexpr Share share_of(Index count, Index parts, Index part) {
  const Index least = count / parts, more = count % parts;
  return {part * least + std::min(part, more), (part + 1) * least + std::min(part + 1, more)};
}

}  // namespace neb
