/// Order statistics of repeated times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

/// The value below which a part (0..1) of the values lies, with straight lines between them; of at least one value.
inline double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

/// Where the middle half of some values lies.
struct Spread {
  double low = 0;  ///< first quartile
  double median = 0;
  double high = 0;  ///< third quartile
};

inline Spread spread(const std::vector<double>& values) {
  return {quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
}

}  // namespace bench
