/// Files of the safetensors format, right or wrong, byte by byte.
#pragma once

#include <cstdint>
#include <string>

namespace neb::test {

/// `length` in 8 bytes, as the format begins.
inline std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(length >> shift & 0xFF);
  return bytes;
}

inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  return length_bytes(header.size()) + header + data;
}

}  // namespace neb::test
