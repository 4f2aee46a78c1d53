/// Autocovariances of chains at all lags, by Fourier transforms.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/sampling/split_chains.hpp"

namespace neb::sampling {

/// x becomes its discrete Fourier transform, sum_t x_t exp(-2 pi i k t / n), for a power of two of numbers (Cooley & Tukey
/// 1965).
inline void fourier_transform(std::vector<std::complex<double>>& x) {
  const std::size_t n = x.size();
  for (std::size_t i = 1, reversed = 0; i < n; ++i) {  // the order of the bits of i, reversed
    std::size_t bit = n / 2;
    for (; reversed & bit; bit /= 2) reversed ^= bit;
    reversed |= bit;
    if (i < reversed) std::swap(x[i], x[reversed]);
  }
  std::vector<std::complex<double>> roots(n / 2);
  for (std::size_t k = 0; k < n / 2; ++k)
    roots[k] = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t begin = 0; begin < n; begin += 2 * half)
      for (std::size_t k = 0; k < half; ++k) {
        const std::complex<double> root = roots[k * (n / (2 * half))];
        std::complex<double>&a = x[begin + k], &b = x[begin + k + half];
        // Written out: the product of std::complex looks for NaN first, which takes longer than the rest.
        const std::complex<double> turned(root.real() * b.real() - root.imag() * b.imag(),
                                          root.real() * b.imag() + root.imag() * b.real());
        b = a - turned;
        a += turned;
      }
}

/// The autocovariance at each lag t = 0, ..., length - 1, (1 / length) sum_i (x_i - mean) (x_(i+t) - mean) with the chain's
/// own mean, averaged over the chains. Takes O(length log length) for each two chains.
inline std::vector<double> mean_autocovariance(const SplitChains& chains) {
  const Index length = chains.length, count = chains.count();
  // Zeros behind the chain, as many as it is long, keep its end from meeting its beginning.
  const std::size_t padded = std::bit_ceil(2 * memory_size(length));
  std::vector<std::complex<double>> spectrum(padded), pair(padded);
  for (Index i = 0; i < count; i += 2) {
    // Two chains at once, as real and imaginary parts. Their mixed terms are odd in the frequency and drop out of the real
    // part below.
    const bool alone = i + 1 == count;
    const double first = chains.mean(i), second = alone ? 0 : chains.mean(i + 1);
    for (Index t = 0; t < length; ++t)
      pair[memory_size(t)] = {chains.chain(i)[t] - first, alone ? 0 : chains.chain(i + 1)[t] - second};
    std::fill(pair.begin() + length, pair.end(), 0);
    fourier_transform(pair);
    for (std::size_t k = 0; k < padded; ++k) spectrum[k] += std::norm(pair[k]);
  }
  fourier_transform(spectrum);
  std::vector<double> covariance;
  covariance.reserve(memory_size(length));
  const double scale = static_cast<double>(padded) * static_cast<double>(length) * static_cast<double>(count);
  for (Index t = 0; t < length; ++t) covariance.push_back(spectrum[memory_size(t)].real() / scale);
  return covariance;
}

}  // namespace neb::sampling
