/// How much work is worth a task: matrix products and direct kernels cut their loops by it, from the geometry alone.
#pragma once

#include <algorithm>

#include "neb/core/shape.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/kernels/instruction_set.hpp"

namespace neb::kernels::inline NEB_INSTRUCTION_SET::detail {

inline constexpr Index conv2d_tasks = 16;            ///< to aim at, so that threads share the work evenly
inline constexpr Index conv2d_least_work = 1 << 18;  ///< multiply-adds, microseconds: less is not worth a task

/// Into how many shares to cut `bands` of the batch, beside `blocks` of the output channels, each with a partial dw.
inline Index filter_grad_shares(const Conv2dGeometry& g, Index blocks, Index bands) {
  constexpr Index partials = 1 << 22;  // scalars in all partial sums together
  const Index worthwhile = g.macs() / conv2d_least_work / blocks;
  const Index most = std::min({conv2d_tasks / blocks, partials / g.filter_shape().size(), worthwhile});
  return std::clamp(most, Index{1}, bands);
}

}  // namespace neb::kernels::inline NEB_INSTRUCTION_SET::detail
