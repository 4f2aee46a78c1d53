/// The part of an energy that needs no learning: a quadratic around the data.
#pragma once

#include <cmath>
#include <string>
#include <utility>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// coefficient |y - centre|^2 for each row of y: (N, ...) -> (N), with a centre of as many elements as a row.
///
/// With coefficient 1 / (2 sigma^2) it is what a network has not to learn. The density of y = x + sigma e is
/// f(y) = E_x exp(-|y - x|^2 / (2 sigma^2)) up to a constant, and with v = y - m and u = x - m the square opens:
///
///   -log f(y) = |v|^2 / (2 sigma^2) - log E_u exp(u.v / sigma^2 - |u|^2 / (2 sigma^2)),
///
/// a known quadratic minus a CONVEX function of y, as a logarithm of a sum of exponentials of linear functions is convex.
/// That function grows no faster than linearly, and far from the data the quadratic wins: such an energy holds its flows
/// and walks, whatever the network does between. Throws ShapeError when a row of y has another size than the centre.
template <Scalar T>
Var<T> quadratic(const Var<T>& y, const Tensor<T>& centre, double coefficient) {
  const Var<T> rows = flatten(y);
  if (rows.shape()[1] != centre.size())
    throw ShapeError("quadratic: expects rows of as many elements as the centre   [y: " + y.shape().to_string() +
                     ", centre: " + centre.shape().to_string() + "]");
  const Var<T> offset = rows - reshape(Var<T>::constant(centre), Shape{centre.size()});
  return static_cast<T>(coefficient) * sum(square(offset), 1);
}

/// 1 / (2 sigma^2), the coefficient of the quadratic() in the energy of data smoothed at sigma.
inline double exact_quadratic(double sigma) { return 0.5 / (sigma * sigma); }

/// The centre of an energy's quadratic part, for samples of `shape`: `centre`, or the origin where that is empty; nothing
/// at all when the coefficient is 0. Throws ValueError for a coefficient below 0, ShapeError for a centre of another shape.
template <Scalar T>
Tensor<T> quadratic_centre(const std::string& energy, double coefficient, const Shape& shape, Tensor<T> centre) {
  if (!is_finite(static_cast<T>(coefficient)) || coefficient < 0)
    throw ValueError(energy + ": the coefficient of the quadratic part is not negative, got " +
                     std::to_string(coefficient));
  if (coefficient == 0) return {};
  if (centre.size() == 0) return Tensor<T>::zeros(shape);
  if (centre.shape() != shape)
    throw ShapeError(energy + ": the centre of the quadratic part is one sample   [centre: " +
                     centre.shape().to_string() + ", sample: " + shape.to_string() + "]");
  return centre;
}

}  // namespace neb
