/// What a gradient flow is told, and what it tells.
#pragma once

#include <algorithm>
#include <vector>

#include "neb/bayes/escaped.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// Settings of gradient_flow(); none is from the paper.
struct FlowOptions {
  double tolerance = 1e-3;  ///< converged when sigma^2 |grad phi|_inf, the largest pixel of the jump, is below this
  double step_tolerance = 1e-3;  ///< largest error of any pixel in one step, in data units
  double bound = escape_bound;   ///< a flow has escaped() when a pixel leaves [-bound, bound]
  Index max_steps = 10000;       ///< attempts per row
};

/// How a flow ended.
enum class FlowEnd { converged, escaped, unfinished };

/// Where flows ended, one entry per row of the start.
template <Scalar T>
struct Flow {
  Tensor<T> y;                      ///< end points, of the start's shape
  std::vector<FlowEnd> end;         ///< how each ended
  std::vector<double> time;         ///< t, in units of y^2 (sigma^2 is one e-folding time of a single sample)
  std::vector<double> path_length;  ///< length of the path in data units
  std::vector<double> energy_drop;  ///< phi(start) - phi(end), never negative
  std::vector<double> residual;     ///< sigma^2 |grad phi|_inf at the end

  /// Number of rows that ended so.
  Index count(FlowEnd how) const { return std::count(end.begin(), end.end(), how); }
};

}  // namespace neb
