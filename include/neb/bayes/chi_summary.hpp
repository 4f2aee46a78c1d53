/// The distribution of chi over pairs of samples, and how it is gathered.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neb/core/bits.hpp"
#include "neb/core/shape.hpp"
#include "neb/distributed/all_reduce.hpp"

namespace neb {

/// The distribution of chi_ij = |X_i - X_j| / (2 sqrt d) over pairs i < j (Saremi & Hyvärinen 2019, Eq. 2): spheres of
/// radius sigma sqrt(d) around X_i and X_j overlap iff sigma > chi_ij.
struct SphereOverlap {
  Index images = 0;              ///< how many samples there were
  Index pairs = 0;               ///< how many pairs were measured
  double min = 0;                ///< the smallest chi
  double median = 0;             ///< the middle one, to the precision of a bin
  double mean = 0;               ///< the average
  double max = 0;                ///< s_c: beyond it all spheres overlap. From a sample of pairs, a lower bound
  double bin_width = 0;          ///< of the histogram, and the precision of the median
  std::vector<Index> histogram;  ///< bin k counts chi in [k, k + 1) bin_width

  /// Part of the pairs whose spheres overlap at noise level sigma, to the precision of a bin.
  double overlapping(double sigma) const {
    const auto bins = static_cast<Index>(std::clamp(sigma / bin_width, 0.0, static_cast<double>(histogram.size())));
    Index below = 0;
    for (Index k = 0; k < bins; ++k) below += histogram[static_cast<std::size_t>(k)];
    return pairs == 0 ? 0 : static_cast<double>(below) / static_cast<double>(pairs);
  }
};

namespace bayes {

/// A running summary of chi; two of them add up, in a fixed order where it matters.
class ChiSummary {
 public:
  static constexpr std::size_t bins = 1 << 16;

  explicit ChiSummary(double bin_width) : bin_width_(bin_width), per_chi_(1 / bin_width), histogram_(bins, 0) {}

  void add(double chi) {
    ++histogram_[std::min(bins - 1, static_cast<std::size_t>(chi * per_chi_))];
    sum_ += chi;
    min_ = std::min(min_, chi);
    max_ = std::max(max_, chi);
  }
  void add(const ChiSummary& other) {
    for (std::size_t k = 0; k < bins; ++k) histogram_[k] += other.histogram_[k];
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  double sum() const { return sum_; }

  /// Makes of the summaries of all ranks that of all pairs, with the sums of all pieces of it in order.
  template <AllReduce Ranks>
  void combine(const std::vector<double>& sums, Ranks& ranks) {
    sum_ = 0;
    for (const double sum : sums) sum_ += sum;
    ranks.sum(std::span(histogram_));
    // Bits of numbers that are not negative are ordered as they are.
    std::int64_t extremes[] = {-bit_cast<std::int64_t>(min_), bit_cast<std::int64_t>(max_)};
    ranks.max(extremes);
    min_ = bit_cast<double>(-extremes[0]);
    max_ = bit_cast<double>(extremes[1]);
  }

  SphereOverlap result(Index images) const {
    SphereOverlap overlap{.images = images, .bin_width = bin_width_, .histogram = histogram_};
    for (const Index count : histogram_) overlap.pairs += count;
    overlap.min = min_;
    overlap.max = max_;
    overlap.mean = sum_ / static_cast<double>(overlap.pairs);
    Index below = 0;
    std::size_t k = 0;
    while (2 * (below + histogram_[k]) < overlap.pairs) below += histogram_[k++];
    overlap.median = (static_cast<double>(k) + 0.5) * bin_width_;
    return overlap;
  }

 private:
  double bin_width_, per_chi_;
  double sum_ = 0, min_ = HUGE_VAL, max_ = 0;
  std::vector<Index> histogram_;
};

}  // namespace bayes

}  // namespace neb
