/// What the including file is compiled for: the width of a vector register, how many there are, and a name for it.
///
/// The name is that of the inline namespace which holds all kernels. So files compiled for different instruction sets never
/// share a kernel by accident: each has its own, and kernels that were compiled elsewhere for another set are missing when
/// the program is linked. The name tells what changes a kernel's code or its bits: the bytes of a register, and whether
/// products and sums are fused, which the compiler does as soon as it may. AVX-512 always may, so v64 need not say it.
#pragma once

#if defined(__AVX512F__)
#define NEB_INSTRUCTION_SET v64
#elif defined(__AVX__) && defined(__FMA__)
#define NEB_INSTRUCTION_SET v32_fma
#elif defined(__AVX__)
#define NEB_INSTRUCTION_SET v32
#else
#define NEB_INSTRUCTION_SET v16
#endif

namespace neb::kernels::inline NEB_INSTRUCTION_SET {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
inline constexpr int vector_registers = 32;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
inline constexpr int vector_registers = 16;
#else
inline constexpr int vector_bytes = 16;
#if defined(__aarch64__)
inline constexpr int vector_registers = 32;
#else
inline constexpr int vector_registers = 16;
#endif
#endif

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET
