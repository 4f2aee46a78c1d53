/// Independent pieces of work, one rank each, whose results every rank has in the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neb/core/bits.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/distributed/all_reduce.hpp"

namespace neb {

/// Calls work(piece) for pieces 0 to count - 1, each on one rank, in rounds of a piece a rank. After every round rank 0 calls
/// go_on(pieces done so far), and the work ends on all ranks when that returns false. Returns how many pieces were done.
template <AllReduce Ranks, class Work, class GoOn>
Index work_in_rounds(Index count, Ranks& ranks, const Work& work, const GoOn& go_on) {
  Index done = 0;
  bool goes_on = true;
  while (done < count && goes_on) {
    if (const Index piece = done + ranks.rank(); piece < count) work(piece);
    done = std::min<Index>(count, done + ranks.count());
    if (ranks.rank() == 0) goes_on = go_on(done);
    ranks.broadcast(std::as_writable_bytes(std::span(&goes_on, 1)));
  }
  return done;
}

/// Gives all ranks all numbers, of which each was computed by one rank and is 0 on the others. Their bits stay what they are.
template <AllReduce Ranks>
void fill_in(std::span<double> numbers, Ranks& ranks) {
  if (ranks.count() == 1) return;
  std::vector<std::int64_t> bits(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) bits[i] = bit_cast<std::int64_t>(numbers[i]);
  ranks.sum(std::span(bits));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = bit_cast<double>(bits[i]);
}

}  // namespace neb
