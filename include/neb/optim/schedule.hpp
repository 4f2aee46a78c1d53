/// Learning-rate schedules: factors of the base rate as functions of progress.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "neb/core/error.hpp"

namespace neb {

/// How the learning rate falls.
enum class Schedule { constant, linear, cosine, trapezoid };

/// The schedule of that name. Throws ValueError for any other.
inline Schedule schedule_named(const std::string& name) {
  if (name == "constant") return Schedule::constant;
  if (name == "linear") return Schedule::linear;
  if (name == "cosine") return Schedule::cosine;
  if (name == "trapezoid") return Schedule::trapezoid;
  throw ValueError("schedule: expects constant, linear, cosine or trapezoid, got " + name);
}

/// The factor of the base rate at `progress` in [0, 1] of the run, after a linear rise over the first `warmup` of it;
/// falls from 1 to 0, over all of the run or, for Schedule::trapezoid, its last 30 %; stays 1 for Schedule::constant.
inline double schedule_factor(Schedule schedule, double progress, double warmup = 0) {
  const double p = std::clamp(progress, 0.0, 1.0);
  const double rise = p < warmup ? p / warmup : 1.0;
  switch (schedule) {
    case Schedule::constant:
      return rise;
    case Schedule::linear:
      return rise * (1 - p);
    case Schedule::cosine:
      return rise * 0.5 * (1 + std::cos(std::numbers::pi * p));
    case Schedule::trapezoid:
      return rise * std::min(1.0, (1 - p) / 0.3);
  }
  return rise;
}

}  // namespace neb
