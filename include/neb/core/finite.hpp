/// Whether numbers are finite, by their bits: -ffast-math lets compilers assume that all of them are.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "neb/core/bits.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// False for NaN and infinities, also under -ffast-math.
template <Scalar T>
bool is_finite(T value) {
  constexpr int digits = std::numeric_limits<T>::digits;
  if constexpr (digits == 24) {
    return (bit_cast<std::uint32_t>(value) & 0x7F800000) != 0x7F800000;
  } else if constexpr (digits == 53) {
    return (bit_cast<std::uint64_t>(value) & 0x7FF0000000000000) != 0x7FF0000000000000;
  } else {
    // The two bytes of sign and exponent: behind the 64 bits of x87's significand, or at the end of 128 bits.
    static_assert(std::endian::native == std::endian::little && (digits == 64 || digits == 113));
    std::uint16_t exponent;
    std::memcpy(&exponent, reinterpret_cast<const char*>(&value) + (digits == 64 ? 8 : 14), sizeof exponent);
    return (exponent & 0x7FFF) != 0x7FFF;
  }
}

/// Whether a number is finite and above 0.
template <Scalar T>
bool is_positive(T value) {
  return is_finite(value) && value > T(0);
}

/// Whether a number is in [low, high].
template <Scalar T>
bool is_within(T value, T low, T high) {
  return is_finite(value) && value >= low && value <= high;
}

/// The position of the first of `n` numbers that is not finite, or n.
template <Scalar T>
Index first_not_finite(Index n, const T* x) {
  std::atomic<Index> first = n;
  parallel_tiles(n, 1 << 14, [&](Index begin, Index end) {
    if (begin >= first) return;
    bool finite = true;
    for (Index i = begin; i < end; ++i) finite &= is_finite(x[i]);
    if (finite) return;
    const Index at = std::find_if(x + begin, x + end, [](T value) { return !is_finite(value); }) - x;
    for (Index known = first; at < known && !first.compare_exchange_weak(known, at);) {}
  });
  return first;
}

}  // namespace neb
