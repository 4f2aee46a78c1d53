/// Gradient flow down the energy to its attractors: the associative memory NEBULA.
///
/// y'(t) = -grad phi(y(t)) (Saremi & Hyvärinen 2019, Eq. 4), one flow per row, each with its own adaptive step size. A step
/// that raises the energy is never taken.
#pragma once

#include <cmath>
#include <string>
#include <type_traits>

#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/flow/flow.hpp"
#include "neb/flow/moments.hpp"
#include "neb/flow/moving_rows.hpp"
#include "neb/flow/saddles.hpp"

namespace neb {

namespace flow {

/// Throws ValueError for settings out of range.
inline void check_options(const FlowOptions& options) {
  if (!is_positive(options.tolerance) || !is_positive(options.step_tolerance) || !is_positive(options.bound) ||
      !(options.time > 0) || options.max_steps < 1)
    throw ValueError("gradient_flow: tolerance, step_tolerance, bound, time and max_steps are positive");
  for (const double below : options.settled_below)
    if (!is_positive(below))
      throw ValueError("gradient_flow: settled_below are rates above 0, in nats per sigma^2 of time, got " +
                       std::to_string(below));
  double last = -1;
  for (const double time : options.snapshots) {
    if (!is_finite(time) || time < 0 || time <= last)
      throw ValueError("gradient_flow: snapshots are times from 0 that rise, in units of sigma^2, got " +
                       std::to_string(time) + (last < 0 ? "" : " after " + std::to_string(last)));
    last = time;
  }
  if (options.until == FlowUntil::settled && options.settled_below.empty())
    throw ValueError("gradient_flow: until settled needs a rate in settled_below");
  if (options.until == FlowUntil::moved && !is_positive(options.moved_by))
    throw ValueError("gradient_flow: until moved needs moved_by, a chi above 0, got " +
                     std::to_string(options.moved_by));
}

}  // namespace flow

/// Follows -grad phi from each row of y0: (N, ...) until it ends by the rule `options.until`, escapes, is out of time, or has
/// made max_steps attempts at a step. Neither snapshots nor settled_below change a step. Points at rest are probed, by 48 gradients,
/// for a direction in which the energy curves down.
/// Calls `on_progress` after every attempt, with the number of flows that have ended; when it returns false, the others are
/// returned as unfinished, with what they have come to.
/// Throws ValueError for settings out of range, ShapeError when y0 is not a batch.
template <Scalar T, Energy<T> Phi>
Flow<T> gradient_flow(const Phi& phi, const Tensor<T>& y0, std::type_identity_t<T> sigma,
                      const FlowOptions& options = {}, const OnProgress& on_progress = {}) {
  check_sigma("gradient_flow", static_cast<double>(sigma));
  flow::check_options(options);
  if (y0.rank() < 1) throw ShapeError("gradient_flow: expects a batch (N, ...)   [y0: " + y0.shape().to_string() + "]");
  const Index rows = y0.shape()[0];
  const double variance = static_cast<double>(sigma) * static_cast<double>(sigma);
  Flow<T> flow;
  flow::Moments<T> moments(y0, variance, options, flow);
  if (y0.size() == 0) return flow;

  const auto& held = prepared(phi);
  flow::MovingRows<T, Phi> moving(held, y0, variance, options, moments);
  while (moving.size() > 0) {
    moving.step();
    const Index ended = rows - moving.size();
    if (on_progress && !on_progress({static_cast<double>(ended) / static_cast<double>(rows), ended})) moving.stop();
  }
  flow::tell_saddles(held, variance, flow);
  return flow;
}

}  // namespace neb
