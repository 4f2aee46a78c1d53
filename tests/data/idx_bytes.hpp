/// Files of the IDX format, right or wrong, byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace neb::test {

/// A header of bytes with these extents, then `data`.
inline std::string idx_bytes(const std::vector<std::uint32_t>& extents, const std::string& data) {
  std::string bytes{0, 0, 8, static_cast<char>(extents.size())};
  for (const std::uint32_t extent : extents)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(extent >> shift & 0xFF);
  return bytes + data;
}

}  // namespace neb::test
