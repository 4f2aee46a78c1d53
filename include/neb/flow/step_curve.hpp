/// The path of a flow within one step.
#pragma once

#include <cmath>

#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb::flow {

/// The cubic in theta, 0 to 1, that has the ends of a step and the slopes there: the continuous extension that comes with
/// the pair (Bogacki & Shampine 1989). So to look between the ends of a step costs no gradient and changes no step.
template <Scalar T>
struct StepCurve {
  Index d;
  double h;                                // in units of y^2
  const T *y, *slope, *next, *next_slope;  // slopes are gradients, and the flow goes against them

  double point(double theta, Index p) const {
    const double rest = 1 - theta;
    return (1 + 2 * theta) * rest * rest * static_cast<double>(y[p]) +
           theta * theta * (1 + 2 * rest) * static_cast<double>(next[p]) -
           h * theta * rest * (rest * static_cast<double>(slope[p]) - theta * static_cast<double>(next_slope[p]));
  }

  double gradient(double theta, Index p) const {
    const double rest = 1 - theta;
    return 6 * theta * rest * (static_cast<double>(y[p]) - static_cast<double>(next[p])) / h +
           rest * (1 - 3 * theta) * static_cast<double>(slope[p]) +
           theta * (1 - 3 * rest) * static_cast<double>(next_slope[p]);
  }

  /// |grad phi|^2 at theta.
  double squared_slope(double theta) const {
    double sum = 0;
    for (Index p = 0; p < d; ++p) sum += gradient(theta, p) * gradient(theta, p);
    return sum;
  }

  /// |y(theta) - a|.
  double distance(double theta, const T* a) const {
    double squares = 0;
    for (Index p = 0; p < d; ++p) {
      const double difference = point(theta, p) - static_cast<double>(a[p]);
      squares += difference * difference;
    }
    return std::sqrt(squares);
  }
};

/// Where in (0, 1] `holds` begins to hold, when it holds at 1 and not at 0.
template <class Holds>
double crossing(const Holds& holds) {
  double before = 0, after = 1;
  for (int halving = 0; halving < 40; ++halving) {
    const double middle = (before + after) / 2;
    (holds(middle) ? after : before) = middle;
  }
  return after;
}

}  // namespace neb::flow
