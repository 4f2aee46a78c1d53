/// IEEE 754 half precision, 16 bits a number: how files hold what need not be exact.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "neb/core/bits.hpp"
#include "neb/core/error.hpp"

namespace neb {

/// The float that the 16 bits of a half-precision number stand for; exact.
inline float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half} >> 15 << 31;
  const std::uint32_t exponent = (std::uint32_t{half} >> 10) & 31;
  const std::uint32_t fraction = half & std::uint32_t{1023};
  if (exponent == 0) {  // zero and subnormal numbers, exact in float
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide_exponent = exponent == 31 ? 255 : exponent + (127 - 15);
  return bit_cast<float>(sign | wide_exponent << 23 | fraction << 13);
}

/// The half-precision number nearest to `value`, the even one of two; float_from_half()'s inverse on all 65 536.
/// Throws ValueError when it is finite and rounds beyond 65 504, the largest half.
inline std::uint16_t half_from_float(float value) {
  constexpr std::uint32_t infinity = 0x7F800000, smallest_normal = 0x38800000, beyond_largest = 0x477FF000;
  const auto bits = bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  std::uint32_t half = 0;
  if (magnitude >= infinity) {
    const std::uint32_t fraction = magnitude & 0x7FFFFF;
    half = 0x7C00 | fraction >> 13 | (fraction != 0 && fraction >> 13 == 0 ? 1 : 0);  // a NaN stays one
  } else if (magnitude >= beyond_largest) {
    throw ValueError("half_from_float: " + std::to_string(value) + " is beyond 65504, the largest half");
  } else if (magnitude < smallest_normal) {  // a multiple of 2^-24; 1024 of them are the smallest normal half
    half = static_cast<std::uint32_t>(std::nearbyint(bit_cast<float>(magnitude) * 0x1p24F));
  } else {
    const std::uint32_t is_odd = magnitude >> 13 & 1;
    half = (magnitude - (std::uint32_t{127 - 15} << 23) + 0xFFF + is_odd) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

}  // namespace neb
