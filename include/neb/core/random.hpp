/// Counter-based random numbers: noise is a function of (seed, purpose, step, sample, element) and of nothing else.
///
/// There is no generator with a state. A Key names a stream, and a number in it is computed from its position, so any
/// thread may compute any part of it, and a resumed run draws what the uninterrupted one would have drawn.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>

#include "neb/core/error.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// Philox4x32-10: ten rounds of multiply and xor turn a counter into four independent random words
/// (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t right = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(right >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(right),
               static_cast<std::uint32_t>(left >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(left)};
    key[0] += 0x9E3779B9;  // the golden ratio
    key[1] += 0xBB67AE85;  // sqrt(3) - 1
  }
  return counter;
}

/// Names a stream of random numbers: a seed, the purposes folded into it, and a step.
class Key {
 public:
  /// The stream of a seed.
  constexpr explicit Key(std::uint64_t seed) : key_(seed) {}

  /// The stream for one purpose ("smooth", "init"): streams of different purposes are independent.
  constexpr Key fold(std::string_view purpose) const {
    std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
    for (const char letter : purpose) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3;
    return fold(hash);
  }

  /// The stream for step `n` of this one. The step enters the counter itself; a second at() folds the first one in.
  constexpr Key at(std::uint64_t n) const {
    Key stepped = step_ == 0 ? *this : fold(0);
    stepped.step_ = n + 1;
    return stepped;
  }

  /// Four random words: block `block` of row `row` of this stream.
  constexpr std::array<std::uint32_t, 4> bits(std::uint32_t row, std::uint32_t block) const {
    return philox({block, row, low(step_), high(step_)}, {low(key_), high(key_)});
  }

 private:
  static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

  constexpr Key fold(std::uint64_t tag) const {
    const auto derive = [&](std::uint32_t half) {
      return philox({low(tag), high(tag), low(step_), high(step_) ^ half}, {low(key_), high(key_)});
    };
    // Two calls, so that tag and step both enter in full; words of both make the new key.
    const auto first = derive(0);
    const auto second = derive(0x80000000);
    return Key((std::uint64_t{first[0]} << 32) | second[1]);
  }

  std::uint64_t key_ = 0;
  std::uint64_t step_ = 0;  // one more than the step, so that step 0 is not the stream itself
};

/// Uniform in [0, 1) from 32 random bits; T keeps as many of them as its mantissa holds.
template <Scalar T>
constexpr T unit_uniform(std::uint32_t bits) {
  if constexpr (sizeof(T) == 4) return static_cast<T>(bits >> 8) * T(0x1p-24);
  return static_cast<T>(bits) * T(0x1p-32);
}

/// Calls `fill(words, offset, row)` for every block of four elements of every row, in parallel over rows: rows are the
/// samples of the first axis (rank 0 and 1 are one row), so sample i of a stream does not depend on the batch size. Row 0 is
/// sample `first` of the stream.
template <Scalar T, class Fill>
Tensor<T> fill_random(const Shape& shape, Index first, Fill&& fill) {
  Tensor<T> x(shape);
  const Index rows = shape.rank() <= 1 ? 1 : shape[0];
  const Index row_size = rows == 0 ? 0 : x.size() / rows;
  T* const data = x.mutable_data();
  constexpr Index tile = 4096;  // elements per task, so that one long row is shared among threads as well
  const Index tiles = tile_count(row_size, tile);
  parallel_tasks(rows * tiles, [&](Index task) {
    const Index row = task / tiles;
    const Index begin = task % tiles * tile;
    const Index end = std::min(begin + tile, row_size);
    for (Index i = begin; i < end; i += 4) {
      std::array<T, 4> four;
      fill(static_cast<std::uint32_t>(first + row), static_cast<std::uint32_t>(i / 4), four);
      std::copy_n(four.begin(), std::min<Index>(4, end - i), data + row * row_size + i);
    }
  });
  return x;
}

/// Independent uniform numbers in [low, high), which rounding may take to high, of `shape`; row i depends on the key and
/// first + i alone.
template <Scalar T>
Tensor<T> random_uniform(const Shape& shape, const Key& key, T low = T(0), T high = T(1), Index first = 0) {
  return fill_random<T>(shape, first, [&](std::uint32_t row, std::uint32_t block, std::array<T, 4>& four) {
    const auto bits = key.bits(row, block);
    for (std::size_t i = 0; i < 4; ++i) four[i] = low + (high - low) * unit_uniform<T>(bits[i]);
  });
}

/// Independent standard normal numbers, of `shape`; row i depends on the key and first + i alone (Box & Muller 1958).
template <Scalar T>
Tensor<T> random_normal(const Shape& shape, const Key& key, Index first = 0) {
  return fill_random<T>(shape, first, [&](std::uint32_t row, std::uint32_t block, std::array<T, 4>& four) {
    const auto bits = key.bits(row, block);
    for (std::size_t i = 0; i < 4; i += 2) {
      // 1 - u is in (0, 1], so its logarithm is finite.
      const T radius = std::sqrt(T(-2) * std::log(T(1) - unit_uniform<T>(bits[i])));
      const T angle = T(2) * std::numbers::pi_v<T> * unit_uniform<T>(bits[i + 1]);
      four[i] = radius * std::cos(angle);
      four[i + 1] = radius * std::sin(angle);
    }
  });
}

/// An index in [0, count), each as likely as the others to within count / 2^64: draw `draw` of the stream.
/// Throws ValueError when `count` < 1.
inline Index random_index(Index count, const Key& key, Index draw) {
  if (count < 1) throw ValueError("random_index: count is at least 1, got " + std::to_string(count));
  const auto bits = key.bits(static_cast<std::uint32_t>(draw >> 32), static_cast<std::uint32_t>(draw));
  // The high half of a 64 x 64 product maps [0, 2^64) evenly onto [0, count); words of 32 bits keep it from overflowing.
  const std::uint64_t n_high = static_cast<std::uint64_t>(count) >> 32, n_low = static_cast<std::uint32_t>(count);
  const std::uint64_t a = bits[0] * n_low + ((bits[1] * n_low) >> 32);
  const std::uint64_t b = bits[1] * n_high + static_cast<std::uint32_t>(a);
  return static_cast<Index>(bits[0] * n_high + (a >> 32) + (b >> 32));
}

}  // namespace neb
