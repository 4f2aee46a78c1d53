/// What all ranks must agree about before they share any work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/distributed/all_reduce.hpp"

namespace neb {

/// Something that every rank has of its own and that must be equal on all, by a checksum of it.
struct SharedFact {
  std::string_view name;       ///< in the plural: "images", "options"
  std::uint64_t checksum = 0;  ///< of what this rank has
};

/// Throws Error `the images of rank 2 are not those of rank 0`, on all ranks, unless all facts are equal on all ranks. Every rank
/// gives the same facts in the same order.
template <AllReduce Ranks>
void check_agreement(std::span<const SharedFact> facts, Ranks& ranks) {
  std::vector<std::uint64_t> first;
  for (const SharedFact& fact : facts) first.push_back(fact.checksum);
  ranks.broadcast(std::as_writable_bytes(std::span(first)));
  std::vector<std::int64_t> differing(facts.size(), std::numeric_limits<std::int64_t>::min());
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (facts[i].checksum != first[i]) differing[i] = -ranks.rank();  // the largest is the lowest rank
  ranks.max(std::span(differing));
  std::string message;
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (differing[i] != std::numeric_limits<std::int64_t>::min())
      message += (message.empty() ? "the " : "; the ") + std::string(facts[i].name) + " of rank " +
                 std::to_string(-differing[i]) + " are not those of rank 0";
  if (!message.empty()) throw Error(message);
}

}  // namespace neb
