/// What is kept of flows on their way, and where in a step a flow ends.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/flow/flow.hpp"
#include "neb/flow/step_curve.hpp"

namespace neb::flow {

/// Fills a Flow while its rows move, each row apart from the others.
template <Scalar T>
class Moments {
 public:
  /// How much of a step is gone before the flow ends: all of it, unless `end` says how.
  struct Passed {
    double theta = 1;
    std::optional<FlowEnd> end = {};
  };

  Moments(const Tensor<T>& y0, double variance, const FlowOptions& options, Flow<T>& flow)
      : y0_(y0), d_(y0.shape().stride(0)), variance_(variance), options_(options), flow_(flow) {
    const auto rows = static_cast<std::size_t>(y0.shape()[0]);
    const std::vector<double> zeros(rows);
    const auto begin = [&](FlowMoment<T>& moment, double time) {
      moment = {y0, std::vector(rows, time), zeros, zeros, zeros};
      moment.y.mutable_data();  // a buffer of its own, before threads write to it
    };
    begin(flow, 0);
    flow.end.assign(rows, FlowEnd::unfinished);
    flow.residual = zeros;
    flow.settled.resize(options.settled_below.size());
    flow.snapshots.resize(options.snapshots.size());
    for (FlowMoment<T>& moment : flow.settled) begin(moment, not_yet);
    for (FlowMoment<T>& moment : flow.snapshots) begin(moment, not_yet);
  }

  /// The start of a row, which may end there.
  std::optional<FlowEnd> start(Index row, const T* slope) {
    const auto r = static_cast<std::size_t>(row);
    double squares = 0;
    for (Index p = 0; p < d_; ++p) squares += static_cast<double>(slope[p]) * static_cast<double>(slope[p]);
    const double rate = flow_.rate[r] = variance_ * squares;
    const auto keep = [&](FlowMoment<T>& moment) {
      moment.time[r] = 0;
      moment.rate[r] = rate;
    };
    for (std::size_t k = 0; k < flow_.settled.size(); ++k)
      if (rate < options_.settled_below[k]) keep(flow_.settled[k]);
    if (!flow_.snapshots.empty() && options_.snapshots[0] == 0) keep(flow_.snapshots[0]);
    if (options_.until == FlowUntil::settled && rate < least_rate()) return FlowEnd::settled;
    return {};
  }

  /// A step of a row, which takes the energy to `drop` below the start's.
  Passed step(Index row, const StepCurve<T>& curve, double drop) {
    const auto r = static_cast<std::size_t>(row);
    const Step step{curve, r, flow_.time[r], curve.h / variance_, drop, variance_ * curve.squared_slope(1)};
    const Passed passed = end_of(step);
    for (std::size_t k = 0; k < flow_.settled.size(); ++k) {
      const double below = options_.settled_below[k];
      if (is_finite(flow_.settled[k].time[r]) || !(step.rate < below)) continue;
      if (const double theta = settling(step, below); theta <= passed.theta) keep(flow_.settled[k], step, theta);
    }
    for (std::size_t k = 0; k < flow_.snapshots.size(); ++k) {
      const double time = options_.snapshots[k];
      if (is_finite(flow_.snapshots[k].time[r]) || step.end() < time) continue;
      if (const double theta = step.theta_at(time); theta <= passed.theta) {
        keep(flow_.snapshots[k], step, theta);
        flow_.snapshots[k].time[r] = time;
      }
    }
    advance(flow_, step, passed.theta);
    if (passed.end == FlowEnd::out_of_time) flow_.time[r] = options_.time;
    return passed;
  }

  /// The end of a row, at y. What it never came by stays as it is from now on.
  void finish(Index row, FlowEnd how, const T* y, double residual) {
    const auto r = static_cast<std::size_t>(row);
    flow_.end[r] = how;
    flow_.residual[r] = residual;
    const auto stay = [&](FlowMoment<T>& moment) {
      std::copy_n(y, d_, moment.y.mutable_data() + row * d_);
      moment.path_length[r] = flow_.path_length[r];
      moment.energy_drop[r] = flow_.energy_drop[r];
      moment.rate[r] = flow_.rate[r];
    };
    stay(flow_);
    for (FlowMoment<T>& moment : flow_.settled)
      if (!is_finite(moment.time[r])) stay(moment);
    for (FlowMoment<T>& moment : flow_.snapshots) {
      if (is_finite(moment.time[r])) continue;
      stay(moment);
      moment.time[r] = flow_.time[r];
    }
  }

 private:
  static constexpr double not_yet = std::numeric_limits<double>::infinity();

  /// Times in units of sigma^2; the drop and the rate are those at its end.
  struct Step {
    const StepCurve<T>& curve;
    std::size_t row;
    double begin, duration, drop, rate;

    double end() const { return begin + duration; }
    double theta_at(double time) const { return std::clamp((time - begin) / duration, 0.0, 1.0); }
  };

  double least_rate() const { return *std::min_element(options_.settled_below.begin(), options_.settled_below.end()); }

  double rate(const Step& step, double theta) const { return variance_ * step.curve.squared_slope(theta); }

  double settling(const Step& step, double below) const {
    return crossing([&](double theta) { return rate(step, theta) < below; });
  }

  Passed end_of(const Step& step) const {
    Passed passed;
    const auto consider = [&](double theta, FlowEnd end) {
      if (!passed.end || theta < passed.theta) passed = {theta, end};
    };
    if (options_.until == FlowUntil::settled && step.rate < least_rate())
      consider(settling(step, least_rate()), FlowEnd::settled);
    if (options_.until == FlowUntil::moved) {
      const T* const start = y0_.data() + static_cast<Index>(step.row) * d_;
      const double distance = 2 * std::sqrt(static_cast<double>(d_)) * options_.moved_by;  // chi, Eq. 2
      const auto moved = [&](double theta) { return step.curve.distance(theta, start) >= distance; };
      if (moved(1)) consider(crossing(moved), FlowEnd::moved);
    }
    if (step.end() >= options_.time) consider(step.theta_at(options_.time), FlowEnd::out_of_time);
    return passed;
  }

  /// The row's numbers at theta, which are still those of its last step's end in the flow.
  void advance(FlowMoment<T>& moment, const Step& step, double theta) const {
    const std::size_t r = step.row;
    const double first_drop = flow_.energy_drop[r], first_rate = flow_.rate[r], rest = 1 - theta;
    // The cubic through the energies, whose slopes are the rates.
    const double drop = (1 + 2 * theta) * rest * rest * first_drop + theta * theta * (1 + 2 * rest) * step.drop +
                        step.duration * theta * rest * (rest * first_rate - theta * step.rate);
    const double length = flow_.path_length[r] + step.curve.distance(theta, step.curve.y);
    moment.time[r] = step.begin + theta * step.duration;
    moment.path_length[r] = length;
    moment.energy_drop[r] = theta < 1 ? std::clamp(drop, first_drop, step.drop) : step.drop;
    moment.rate[r] = rate(step, theta);
  }

  void keep(FlowMoment<T>& moment, const Step& step, double theta) const {
    advance(moment, step, theta);
    T* const y = moment.y.mutable_data() + static_cast<Index>(step.row) * d_;
    for (Index p = 0; p < d_; ++p) y[p] = static_cast<T>(step.curve.point(theta, p));
  }

  const Tensor<T>& y0_;
  Index d_;
  double variance_;
  const FlowOptions& options_;
  Flow<T>& flow_;
};

}  // namespace neb::flow
