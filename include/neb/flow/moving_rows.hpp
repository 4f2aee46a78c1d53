/// The steps of a gradient flow, for all rows that still move.
///
/// The Bogacki-Shampine pair: a step of third order, compared with the second-order step that shares its slopes, gives each
/// row an error estimate and from it the next step size. The last slope is the first one of the next step, so a step costs
/// three gradients.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "neb/bayes/escaped.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/flow/flow.hpp"
#include "neb/flow/moments.hpp"
#include "neb/flow/step_curve.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb::flow {

/// The largest |a[i]|; infinity when one is not finite.
template <Scalar T>
double largest_magnitude(Index n, const T* a) {
  T largest = T(0);
  for (Index i = 0; i < n; ++i) {
    if (!is_finite(a[i])) return HUGE_VAL;
    largest = std::max(largest, std::abs(a[i]));
  }
  return static_cast<double>(largest);
}

/// The rows that still move, kept together so that a finished one costs nothing.
template <Scalar T, Energy<T> Phi>
class MovingRows {
 public:
  MovingRows(const Phi& phi, const Tensor<T>& y0, double variance, const FlowOptions& options, Moments<T>& moments)
      : phi_(phi), variance_(variance), options_(options), moments_(moments), d_(y0.shape().stride(0)), y_(y0) {
    const auto [energy, gradient] = energy_and_gradient(phi, Var<T>::constant(y0));
    slope_ = gradient.value();
    for (Index row = 0; row < y0.shape()[0]; ++row) {
      const T start = energy.value().data()[row];
      const double far = 2 * largest_magnitude(d_, y0.data() + row * d_);
      rows_.push_back({.row = row,
                       .h = 0.1 * variance,
                       .bound = std::max(options.bound, far),
                       .start = start,
                       .energy = start,
                       .end = moments_.start(row, slope_.data() + row * d_)});
    }
    retire();
  }

  Index size() const { return std::ssize(rows_); }

  /// One attempt at a step for every row.
  void step() {
    // The Bogacki-Shampine pair; slopes are gradients, and the flow goes against them.
    const Tensor<T> k2 = gradient(advance({{0.5, &slope_}})).gradient.value();
    const Tensor<T> k3 = gradient(advance({{0.75, &k2}})).gradient.value();
    const Tensor<T> next = advance({{2.0 / 9, &slope_}, {1.0 / 3, &k2}, {4.0 / 9, &k3}});
    const EnergyGradient<T> reached = gradient(next);
    const Tensor<T>& k4 = reached.gradient.value();
    const Tensor<T> error = combine({{-5.0 / 72, &slope_}, {1.0 / 12, &k2}, {1.0 / 9, &k3}, {-1.0 / 8, &k4}});
    T* const y = y_.mutable_data();
    T* const slope = slope_.mutable_data();
    parallel_tasks(size(), [&](Index i) {
      const Index at = i * d_;
      judge(rows_[static_cast<std::size_t>(i)], reached.energy.value().data()[i],
            largest_magnitude(d_, error.data() + at), next.data() + at, k4.data() + at, y + at, slope + at);
    });
    retire();
  }

  /// Hands the rows that still move over as unfinished.
  void stop() {
    for (Index i = 0; i < size(); ++i) finish(i, FlowEnd::unfinished);
    rows_.clear();
  }

 private:
  struct Row {
    Index row;     // of the start
    double h;      // step size
    double bound;  // beyond which it has escaped
    T start, energy;
    std::optional<FlowEnd> end;
    Index attempts = 0;
  };
  struct Term {
    double factor;
    const Tensor<T>* slope;
  };

  EnergyGradient<T> gradient(const Tensor<T>& point) const {
    return energy_and_gradient(phi_, Var<T>::constant(point));
  }

  /// h times the sum of factor * slope, each row with its own h.
  Tensor<T> combine(std::initializer_list<Term> terms) const {
    Tensor<T> sum = Tensor<T>::zeros(y_.shape());
    T* const out = sum.mutable_data();
    parallel_tasks(size(), [&](Index i) {
      for (const Term& term : terms) {
        const T factor = static_cast<T>(rows_[static_cast<std::size_t>(i)].h * term.factor);
        const T* const k = term.slope->data();
        for (Index p = i * d_; p < (i + 1) * d_; ++p) out[p] += factor * k[p];
      }
    });
    return sum;
  }

  Tensor<T> advance(std::initializer_list<Term> terms) const {
    Tensor<T> moved = combine(terms);
    kernels::update(
        moved.size(), moved.mutable_data(), [](T step, T from) { return from - step; }, y_.data());
    return moved;
  }

  /// Takes a row's step from y to `next` if it is accurate and not uphill, and chooses the size of the next one.
  void judge(Row& row, T reached, double error, const T* next, const T* next_slope, T* y, T* slope) {
    ++row.attempts;
    const bool valid = is_finite(reached) && error < HUGE_VAL && largest_magnitude(d_, next_slope) < HUGE_VAL;
    const bool accurate = valid && error <= options_.step_tolerance;
    // Near the minimum the energies of neighbouring points differ by less than their rounding, and the work along the
    // step decides. Compared with the lowest energy so far, so that many such steps cannot add up to a climb.
    const T rounding = 4 * std::numeric_limits<T>::epsilon() * std::max(T(1), std::abs(row.energy));
    const bool uphill =
        reached > row.energy + rounding || (reached > row.energy - rounding && work(y, slope, next, next_slope) > 0);
    if (accurate && uphill) {
      row.h *= 0.5;
      return;
    }
    if (accurate) take(row, reached, {d_, row.h, y, slope, next, next_slope}, y, slope);
    const double factor = valid ? 0.9 * std::cbrt(options_.step_tolerance / std::max(error, 1e-300)) : 0.1;
    row.h *= std::clamp(factor, 0.1, 3.0);
  }

  /// Moves a row to the end of its step, or to where in it the flow ends.
  void take(Row& row, T reached, const StepCurve<T>& curve, T* y, T* slope) {
    row.energy = std::min(row.energy, reached);
    const auto [theta, end] =
        moments_.step(row.row, curve, static_cast<double>(row.start) - static_cast<double>(row.energy));
    row.end = end;
    if (theta == 1) {
      std::copy_n(curve.next, d_, y);
      std::copy_n(curve.next_slope, d_, slope);
      return;
    }
    for (Index p = 0; p < d_; ++p) {
      const double point = curve.point(theta, p), gradient = curve.gradient(theta, p);
      y[p] = static_cast<T>(point);
      slope[p] = static_cast<T>(gradient);
    }
  }

  /// Twice phi(next) - phi(y) by the trapezoid rule: unlike the difference of two energies it keeps its sign.
  double work(const T* y, const T* slope, const T* next, const T* next_slope) const {
    double sum = 0;
    for (Index p = 0; p < d_; ++p)
      sum += static_cast<double>(slope[p] + next_slope[p]) * static_cast<double>(next[p] - y[p]);
    return sum;
  }

  void finish(Index i, FlowEnd how) {
    moments_.finish(rows_[static_cast<std::size_t>(i)].row, how, y_.data() + i * d_,
                    variance_ * largest_magnitude(d_, slope_.data() + i * d_));
  }

  /// Hands over the rows that are done and closes the gaps they leave.
  void retire() {
    std::vector<Row> moving;
    T* const y = y_.mutable_data();
    T* const slope = slope_.mutable_data();
    for (Index i = 0; i < size(); ++i) {
      const Row& row = rows_[static_cast<std::size_t>(i)];
      const double residual = variance_ * largest_magnitude(d_, slope + i * d_);
      if (escaped(d_, y + i * d_, row.bound) || residual == HUGE_VAL || !is_finite(row.energy)) {
        finish(i, FlowEnd::escaped);
      } else if (row.end) {
        finish(i, *row.end);
      } else if (residual < options_.tolerance && options_.until != FlowUntil::settled) {
        finish(i, FlowEnd::minimum);
      } else if (row.attempts >= options_.max_steps) {
        finish(i, FlowEnd::unfinished);
      } else {
        const Index to = std::ssize(moving);
        if (to != i) {
          std::copy_n(y + i * d_, d_, y + to * d_);
          std::copy_n(slope + i * d_, d_, slope + to * d_);
        }
        moving.push_back(row);
      }
    }
    if (moving.size() == rows_.size()) return;
    rows_ = std::move(moving);
    y_ = y_.rows(0, size());
    slope_ = slope_.rows(0, size());
  }

  const Phi& phi_;
  double variance_;
  const FlowOptions& options_;
  Moments<T>& moments_;
  Index d_;
  Tensor<T> y_, slope_;
  std::vector<Row> rows_;
};

}  // namespace neb::flow
