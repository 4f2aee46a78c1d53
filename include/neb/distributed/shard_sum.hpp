/// Sums over the shards of a batch that no order of addition changes.
///
/// Floating-point numbers are rounded after each addition, so a sum depends on who adds first: on how many machines there are, and
/// on the algorithm of their network. Here every shard's numbers are rounded once, before any addition, to whole multiples of one
/// unit, and whole numbers add up exactly in any order. The unit is a power of two, set by the largest number of a tensor in all
/// shards: such that the sum of `shards` numbers of this size still fits 63 bits.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "neb/core/bits.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/distributed/all_reduce.hpp"

namespace neb {

namespace distributed {

/// Exponents of what is no number to be scaled by: nothing but zeros, and something that is not finite.
inline constexpr std::int64_t all_zero = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t not_finite = std::numeric_limits<std::int64_t>::max();

/// The smallest e with |x| < 2^e for all n numbers, or one of the above.
template <Scalar T>
std::int64_t exponent_of(Index n, const T* x) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits magnitude = ~Bits(0) >> 1;
  constexpr Index tile = 1 << 16;
  // Read as whole numbers, the bits of absolute values are in the order of these, with all that is not finite at the end.
  std::vector<Bits> largest(memory_size(tile_count(n, tile)));
  parallel_tiles(n, tile, [&](Index begin, Index end) {
    Bits most = 0;
    for (Index i = begin; i < end; ++i) most = std::max(most, static_cast<Bits>(bit_cast<Bits>(x[i]) & magnitude));
    largest[static_cast<std::size_t>(begin / tile)] = most;
  });
  const Bits most = largest.empty() ? 0 : *std::max_element(largest.begin(), largest.end());
  if (most == 0) return all_zero;
  const T value = bit_cast<T>(most);
  if (!is_finite(value)) return not_finite;
  int exponent = 0;
  std::frexp(value, &exponent);
  return exponent;
}

/// Multiplies by 2^exponent in two steps, neither of which leaves the range of a double on the way.
class PowerOfTwo {
 public:
  explicit PowerOfTwo(std::int64_t exponent)
      : first_(std::ldexp(1.0, static_cast<int>(exponent / 2))),
        second_(std::ldexp(1.0, static_cast<int>(exponent - exponent / 2))) {}
  double times(double x) const { return x * first_ * second_; }

 private:
  double first_, second_;
};

}  // namespace distributed

/// For each tensor the sum over all shards of all ranks, the same bits for any number of ranks and any order: parts[s] holds the
/// tensors of the s-th shard that this rank has, at least one, and `shards` is how many there are in all. With e the exponent of
/// the largest number of a tensor, |x| < 2^e in all shards, a sum errs by at most shards * 2^(e - 63 + ceil(log2 shards)), which is
/// at most shards * 2^(e - 58) for up to 32 shards, and by the rounding to T. Ranks exchange 8 bytes for each tensor and 8 for each
/// element. Throws ShapeError when shapes differ from shard to shard, ValueError for numbers that are not finite: on all ranks.
template <Scalar T, AllReduce Ranks>
std::vector<Tensor<T>> sum_over_shards(const std::vector<std::vector<Tensor<T>>>& parts, Index shards, Ranks& ranks) {
  static_assert(sizeof(T) <= sizeof(double), "neb::sum_over_shards: the units of a sum are doubles");
  if (parts.empty() || shards < std::ssize(parts) || shards > Index{1} << 20)
    throw ValueError("sum_over_shards: expects from one shard to all " + std::to_string(shards) + " of them, got " +
                     std::to_string(parts.size()));
  const std::vector<Tensor<T>>& first = parts.front();
  for (const std::vector<Tensor<T>>& part : parts)
    for (std::size_t t = 0; t < std::max(first.size(), part.size()); ++t)
      if (part.size() != first.size() || part[t].shape() != first[t].shape())
        throw ShapeError("sum_over_shards: all shards have the same tensors   [tensor " + std::to_string(t) + "]");

  std::vector<std::int64_t> exponents(first.size(), distributed::all_zero);
  for (const std::vector<Tensor<T>>& part : parts)
    for (std::size_t t = 0; t < part.size(); ++t)
      exponents[t] = std::max(exponents[t], distributed::exponent_of(part[t].size(), part[t].data()));
  ranks.max(std::span(exponents));
  for (std::size_t t = 0; t < exponents.size(); ++t)
    if (exponents[t] == distributed::not_finite)
      throw ValueError("sum_over_shards: tensor " + std::to_string(t) +
                       " has a number that is not finite in some shard");

  // All elements in one row, a piece of which is rounded, sent and read back at a time, however large or small tensors are.
  constexpr Index piece = 1 << 20;
  const auto headroom = 62 - static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(shards - 1)));
  std::vector<Tensor<T>> sums;
  Index total = 0;
  for (const Tensor<T>& tensor : first) {
    sums.push_back(Tensor<T>::zeros(tensor.shape()));
    total += tensor.size();
  }
  std::vector<std::int64_t> units(memory_size(std::min(piece, total)));
  for (Index begin = 0; begin < total; begin += piece) {
    const Index end = std::min(begin + piece, total);
    /// Calls f(t, power, from, count, units) for the part of each tensor that lies in the piece.
    const auto visit = [&](auto&& f) {
      Index start = 0;
      for (std::size_t t = 0; t < sums.size(); start += sums[t].size(), ++t) {
        const Index from = std::max(begin, start), to = std::min(end, start + sums[t].size());
        if (from >= to) continue;
        const std::int64_t power = exponents[t] == distributed::all_zero ? 0 : headroom - exponents[t];
        f(t, power, from - start, to - from, units.data() + (from - begin));
      }
    };
    visit([&](std::size_t t, std::int64_t power, Index from, Index count, std::int64_t* out) {
      const distributed::PowerOfTwo scale(power);
      parallel_tiles(count, 1 << 14, [&](Index tile, Index tile_end) {
        for (Index i = tile; i < tile_end; ++i) {
          std::int64_t sum = 0;
          for (const std::vector<Tensor<T>>& part : parts)
            sum += std::llrint(scale.times(static_cast<double>(part[t].data()[from + i])));
          out[i] = sum;
        }
      });
    });
    ranks.sum(std::span(units).first(static_cast<std::size_t>(end - begin)));
    visit([&](std::size_t t, std::int64_t power, Index from, Index count, const std::int64_t* in) {
      const distributed::PowerOfTwo scale(-power);
      T* const out = sums[t].mutable_data() + from;
      parallel_tiles(count, 1 << 14, [&](Index tile, Index tile_end) {
        for (Index i = tile; i < tile_end; ++i) out[i] = static_cast<T>(scale.times(static_cast<double>(in[i])));
      });
    });
  }
  return sums;
}

}  // namespace neb
