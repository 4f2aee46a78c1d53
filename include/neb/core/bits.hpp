/// A number's bits as another type. The standard library has std::bit_cast, but not every one that has the rest of C++20.
#pragma once

namespace neb {

/// The value of type `To` with the bits of `value`, which is as large.
template <class To, class From>
constexpr To bit_cast(const From& value) {
  return __builtin_bit_cast(To, value);
}

}  // namespace neb
