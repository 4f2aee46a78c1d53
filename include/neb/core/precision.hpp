/// How exactly convolutions are computed where speed can be bought with a digit.
#pragma once

#include <atomic>

namespace neb {

/// `accurate` leaves Winograd's kernels six points of evaluation, with errors of some 2e-6 of the result's size in float, or seven,
/// with 4e-6, where these spare a fifth of the work or more; `fast` lets them take seven or eight, with errors of some 8e-6,
/// wherever that is less work. In double there are six points always.
enum class Conv2dPrecision { accurate, fast };

namespace detail {
[[gnu::visibility("default")]] inline std::atomic<Conv2dPrecision> conv2d_precision{Conv2dPrecision::accurate};
}  // namespace detail

/// The precision of all convolutions of this process; `accurate` unless it was set.
inline Conv2dPrecision conv2d_precision() { return detail::conv2d_precision.load(std::memory_order_relaxed); }

/// Sets it, for convolutions that begin from now on.
inline void set_conv2d_precision(Conv2dPrecision precision) {
  detail::conv2d_precision.store(precision, std::memory_order_relaxed);
}

}  // namespace neb
