/// Gradient flow down the energy to its attractors: the associative memory NEBULA.
///
/// y'(t) = -grad phi(y(t)) (Saremi & Hyvärinen 2019, Eq. 4), one flow per row, each with its own adaptive step size. A step
/// that raises the energy is never taken.
#pragma once

#include <type_traits>
#include <vector>

#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/flow/flow.hpp"
#include "neb/flow/moving_rows.hpp"

namespace neb {

/// Follows -grad phi from each row of y0: (N, ...) until it converges, escapes, or has made max_steps attempts at a step.
/// Calls `on_progress` after every attempt, with the number of flows that have ended; when it returns false, the others are
/// returned as unfinished, with what they have come to.
/// Throws ValueError for settings that are not positive, ShapeError when y0 is not a batch.
template <Scalar T, Energy<T> Phi>
Flow<T> gradient_flow(const Phi& phi, const Tensor<T>& y0, std::type_identity_t<T> sigma, FlowOptions options = {},
                      const OnProgress& on_progress = {}) {
  check_sigma("gradient_flow", static_cast<double>(sigma));
  if (!(options.tolerance > 0) || !(options.step_tolerance > 0) || !(options.bound > 0) || options.max_steps < 1)
    throw ValueError("gradient_flow: tolerance, step_tolerance, bound and max_steps are positive");
  if (y0.rank() < 1) throw ShapeError("gradient_flow: expects a batch (N, ...)   [y0: " + y0.shape().to_string() + "]");
  const Index rows = y0.shape()[0];
  const std::vector<double> zeros(memory_size(rows));
  Flow<T> flow{y0, std::vector(zeros.size(), FlowEnd::unfinished), zeros, zeros, zeros, zeros};
  if (y0.size() == 0) return flow;

  const double variance = static_cast<double>(sigma) * static_cast<double>(sigma);
  flow::MovingRows<T, Phi> moving(phi, y0, variance, options, flow);
  while (moving.size() > 0) {
    moving.step();
    const Index ended = rows - moving.size();
    if (on_progress && !on_progress({static_cast<double>(ended) / static_cast<double>(rows), ended})) moving.stop();
  }
  return flow;
}

}  // namespace neb
