/// What a gradient flow is told, and what it tells.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "neb/bayes/escaped.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// A picture has settled when its flow loses less energy than this in one unit sigma^2 of time, in nats; at one nat it moves
/// by sigma in that time, all pixels together. One value for all sigmas; not from the paper, which names no stop rule.
inline constexpr double settled_rate = 1;

/// What ends a flow that neither escapes nor runs out of time.
enum class FlowUntil {
  minimum,  ///< it is at rest (Saremi & Hyvärinen 2019, Def. 9): sigma^2 |grad phi|_inf is below the tolerance
  settled,  ///< sigma^2 |grad phi|_2^2, the energy lost in one unit sigma^2 of time, is below all of settled_below
  moved,    ///< chi to the start is moved_by, or it is at rest before: how long a picture lasts
};

/// Settings of gradient_flow(); none is from the paper.
struct FlowOptions {
  FlowUntil until = FlowUntil::minimum;  ///< the rule that ends a flow
  double tolerance = 1e-3;               ///< at rest, the largest pixel of the jump is below this, in data units
  std::vector<double> settled_below{settled_rate};        ///< rates in nats per sigma^2 of time, for Flow::settled
  double moved_by = 0;                                    ///< chi to the start, for FlowUntil::moved
  double time = std::numeric_limits<double>::infinity();  ///< the longest that a flow takes, in units of sigma^2
  std::vector<double> snapshots{};                        ///< rising times for Flow::snapshots, in units of sigma^2
  double step_tolerance = 1e-3;                           ///< largest error of any pixel in one step, in data units
  double bound =
      escape_bound;         ///< a flow has escaped when a pixel is larger, and larger than twice the start's largest
  Index max_steps = 10000;  ///< attempts per row
};

/// How a flow ended: by its rule; at rest where the energy curves down in some direction, at a saddle or a maximum; at the time
/// limit; out of the data; or given up after max_steps or by the caller.
enum class FlowEnd { minimum, saddle, settled, moved, out_of_time, escaped, unfinished };

/// Where flows are at one moment each, one entry per row of the start.
template <Scalar T>
struct FlowMoment {
  Tensor<T> y;                      ///< points, of the start's shape
  std::vector<double> time;         ///< since the start, in units of sigma^2, the e-folding time of a single sample
  std::vector<double> path_length;  ///< length of the path so far in data units
  std::vector<double> energy_drop;  ///< phi(start) - phi(y) in nats, never negative
  std::vector<double> rate;         ///< sigma^2 |grad phi|_2^2: nats lost per unit of time
};

/// Where flows ended, and what they came by: between the ends of two steps by the cubic through both.
template <Scalar T>
struct Flow : FlowMoment<T> {
  std::vector<FlowEnd> end;      ///< how each ended
  std::vector<double> residual;  ///< sigma^2 |grad phi|_inf at the end
  /// For each of settled_below the first moment below it; where there was none the time is infinite, the rest the end's.
  std::vector<FlowMoment<T>> settled;
  std::vector<FlowMoment<T>> snapshots;  ///< for each of the times; the end of a flow that ended before

  /// Number of rows that ended so.
  Index count(FlowEnd how) const { return std::count(end.begin(), end.end(), how); }
};

}  // namespace neb
