/// A checksum over bytes, with which files notice that they were damaged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "neb/io/file.hpp"

namespace neb {

/// FNV-1a with 64 bits (Fowler, Noll & Vo): for each byte, h = (h xor byte) * 1099511628211. Every single byte that differs
/// changes it. It is no protection against people who mean to deceive.
class Checksum {
 public:
  /// Goes on with these bytes.
  void add(ByteSpan bytes) {
    for (const std::byte byte : bytes) hash_ = (hash_ ^ std::to_integer<std::uint64_t>(byte)) * 1099511628211U;
  }
  /// Goes on with a text and a zero, so that texts one after the other cannot be cut in another place.
  void add(std::string_view text) {
    add(std::as_bytes(std::span(text.data(), text.size())));
    add(ByteSpan(&zero, 1));
  }

  /// The checksum as a number.
  std::uint64_t value() const { return hash_; }
  /// "fnv1a64:" and 16 hexadecimal digits.
  std::string text() const {
    std::string digits = "fnv1a64:";
    for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[hash_ >> shift & 15];
    return digits;
  }

 private:
  static constexpr std::byte zero{0};

  std::uint64_t hash_ = 14695981039346656037U;
};

}  // namespace neb
