/// The size of an array that a file describes, before anything believes it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "neb/core/shape.hpp"

namespace neb::detail {

/// Bytes of an array of `extents` (none negative), or nothing when they, or the product of the non-zero extents, which
/// Shape bounds as well, do not fit an Index.
inline std::optional<std::uint64_t> checked_bytes(std::span<const Index> extents, Index item_size) {
  Index bytes = item_size;
  bool empty = false;
  for (const Index extent : extents) {
    if (extent == 0) {
      empty = true;
    } else if (bytes > std::numeric_limits<Index>::max() / extent) {
      return std::nullopt;
    } else {
      bytes *= extent;
    }
  }
  return empty ? 0 : static_cast<std::uint64_t>(bytes);
}

/// The same for elements of `item_bits` bits, packed; nothing either when that is no whole number of bytes.
inline std::optional<std::uint64_t> packed_bytes(std::span<const Index> extents, Index item_bits) {
  if (item_bits % 8 == 0) return checked_bytes(extents, item_bits / 8);
  const auto items = checked_bytes(extents, 1);
  const auto bits = static_cast<std::uint64_t>(item_bits);
  if (!items || *items > static_cast<std::uint64_t>(std::numeric_limits<Index>::max()) / bits) return std::nullopt;
  if (*items * bits % 8 != 0) return std::nullopt;
  return *items * bits / 8;
}

}  // namespace neb::detail
