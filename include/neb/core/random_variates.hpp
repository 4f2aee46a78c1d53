/// Random numbers of other laws than the uniform and the normal: counts, waiting times and Laplace's errors.
///
/// Each element has a counter of its own, its row and its place in it, so a number depends on the key, its position and
/// its parameter, and on nothing else. Where a method may refuse what it proposed, the next proposal is at the key's
/// next step.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// log n! for a whole number n >= 0, to rounding.
inline double log_factorial(double n) {
  if (n < 16) {
    double product = 1;
    for (double k = 2; k <= n; ++k) product *= k;
    return std::log(product);
  }
  const double square = n * n;  // Stirling's series; what it leaves out is below 2e-14
  const double series = (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / (1680 * square)) / square) / square) / n;
  return (n + 0.5) * std::log(n) - n + 0.5 * std::log(2 * std::numbers::pi) + series;
}

namespace detail {

/// Uniform in [0, 1), with 53 random bits.
constexpr double uniform_53(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

/// A tensor of draw(row, place, i), where i is the number of the element in all, for the rows of fill_random().
template <Scalar T, class Draw>
Tensor<T> fill_elements(const Shape& shape, Draw&& draw) {
  const Index rows = shape.rank() <= 1 ? 1 : shape[0];
  const Index row_size = rows == 0 ? 0 : shape.size() / rows;
  return fill_random<T>(shape, 0, [&](std::uint32_t row, std::uint32_t block, std::array<T, 4>& four) {
    four = {};
    const Index begin = Index{4} * block, end = std::min(begin + 4, row_size);
    for (Index place = begin; place < end; ++place)
      four[static_cast<std::size_t>(place - begin)] =
          static_cast<T>(draw(row, static_cast<std::uint32_t>(place), row * row_size + place));
  });
}

/// The Poisson count that a uniform number stands for. Terms are taken from it, from the mode outwards, until nothing
/// is left: about two standard deviations of them.
inline double poisson_count(double uniform, double mean) {
  if (mean == 0) return 0;
  const double mode = std::floor(mean);
  double low = mode, high = mode;
  double p_low = std::exp(mode * std::log(mean) - mean - log_factorial(mode)), p_high = p_low;
  double left = uniform - p_low;
  while (left >= 0 && std::max(p_low, p_high) > 0x1p-60) {
    p_high *= mean / ++high;
    left -= p_high;
    if (left < 0) return high;
    p_low *= low / mean;  // 0 below 0
    left -= p_low;
    --low;
    if (left < 0) return low;
  }
  return mode;  // also what rounding has left over, some 1e-11 where counts are thousands
}

/// A number of the gamma law of a shape of at least 1 and scale 1 (Marsaglia & Tsang 2000): a cubed normal, refused
/// rarely.
inline double gamma_number(double shape, const Key& key, std::uint32_t row, std::uint32_t place) {
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (std::uint64_t attempt = 0;; ++attempt) {
    const auto bits = key.at(attempt).bits(row, place);
    const double normal = std::sqrt(-2 * std::log1p(-unit_uniform<double>(bits[0]))) *
                          std::cos(2 * std::numbers::pi * unit_uniform<double>(bits[1]));
    const double root = 1 + c * normal, v = root * root * root;
    if (v > 0 && std::log1p(-uniform_53(bits[2], bits[3])) < 0.5 * normal * normal + d - d * v + d * std::log(v))
      return d * v;
  }
}

/// Throws ValueError, in the name of `operation`, unless `holds` of every element.
template <Scalar T, class Rule>
void check_elements(const char* operation, const char* rule, const Tensor<T>& x, Rule&& holds) {
  for (const T value : x.span())
    if (!holds(value)) throw ValueError(std::string(operation) + ": " + rule + ", got " + std::to_string(value));
}

}  // namespace detail

/// The largest mean of random_poisson(): a float holds every whole number some 1000 standard deviations beyond it.
inline constexpr double largest_poisson_mean = 0x1p23;

/// Poisson counts, one for each element of `mean`: exact, by inversion of a uniform number of 53 bits, in a time that
/// grows as the root of the mean. Row i depends on the key, i and its means alone. Throws ValueError unless all are in
/// [0, 2^23].
template <Scalar T>
Tensor<T> random_poisson(const Tensor<T>& mean, const Key& key) {
  detail::check_elements("random_poisson", "a mean is in [0, 2^23]", mean, [](T value) {
    return is_finite(value) && value >= 0 && static_cast<double>(value) <= largest_poisson_mean;
  });
  const T* const means = mean.data();
  return detail::fill_elements<T>(mean.shape(), [&](std::uint32_t row, std::uint32_t place, Index i) {
    const auto bits = key.bits(row, place);
    return detail::poisson_count(detail::uniform_53(bits[0], bits[1]), static_cast<double>(means[i]));
  });
}

/// Geometric counts n = 0, 1, ... of probability (1 - x) x^n, one for each element of x: how many times in a row
/// something of probability x happens. Exact, by inversion. Throws ValueError unless all x are in [0, 1).
template <Scalar T>
Tensor<T> random_geometric(const Tensor<T>& x, const Key& key) {
  detail::check_elements("random_geometric", "x is a probability in [0, 1)", x,
                         [](T p) { return is_finite(p) && p >= 0 && p < 1; });
  const T* const probabilities = x.data();
  return detail::fill_elements<T>(x.shape(), [&](std::uint32_t row, std::uint32_t place, Index i) {
    const auto bits = key.bits(row, place);
    const double waited = -std::log1p(-detail::uniform_53(bits[0], bits[1]));  // exponential; n or more if >= -n log x
    return std::floor(waited / -std::log(static_cast<double>(probabilities[i])));
  });
}

/// Independent numbers of the gamma law with scale 1 and density y^(k - 1) e^-y / Gamma(k), k the law's `shape`, as a
/// tensor of shape `extents`; all are positive. Throws ValueError unless the law's shape is positive and finite.
template <Scalar T>
Tensor<T> random_gamma(const Shape& extents, double shape, const Key& key) {
  if (!is_finite(shape) || shape <= 0)
    throw ValueError("random_gamma: the shape of the law is positive, got " + std::to_string(shape));
  const Key proposals = key.fold("proposals"), powers = key.fold("powers");
  return detail::fill_elements<T>(extents, [&](std::uint32_t row, std::uint32_t place, Index) {
    double y = 0;
    if (shape >= 1) {
      y = detail::gamma_number(shape, proposals, row, place);
    } else {  // gamma of k is gamma of k + 1 times u^(1/k)
      const auto bits = powers.bits(row, place);
      y = detail::gamma_number(shape + 1, proposals, row, place) *
          std::exp(std::log1p(-detail::uniform_53(bits[0], bits[1])) / shape);
    }
    return std::max(y, static_cast<double>(std::numeric_limits<T>::min()));
  });
}

/// Independent numbers of Laplace's law, of density exp(-|y|) / 2, of `shape`; row i depends on the key and i alone.
template <Scalar T>
Tensor<T> random_laplace(const Shape& shape, const Key& key) {
  return detail::fill_elements<T>(shape, [&](std::uint32_t row, std::uint32_t place, Index) {
    const auto bits = key.bits(row, place);
    const double size = -std::log1p(-detail::uniform_53(bits[0], bits[1]));
    return bits[2] & 1 ? size : -size;
  });
}

}  // namespace neb
