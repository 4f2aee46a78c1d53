/// What AddressSanitizer is told of memory that is cached: nobody may touch it until it is handed out again.
#pragma once

#include <cstddef>

#if defined(__ELF__)
extern "C" {
// Null in a program without AddressSanitizer. Asked at run time, so that a library that was compiled without it, neb::kernels
// say, can serve a program that has it.
[[gnu::weak]] void __asan_poison_memory_region(const volatile void* begin, std::size_t bytes);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* begin, std::size_t bytes);
}
#endif

namespace neb::detail {

/// From here on a program with AddressSanitizer ends when it reads or writes these bytes.
inline void poison([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__ELF__)
  if (__asan_poison_memory_region != nullptr) __asan_poison_memory_region(begin, bytes);
#endif
}

/// Takes poison() back.
inline void unpoison([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__ELF__)
  if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(begin, bytes);
#endif
}

}  // namespace neb::detail
