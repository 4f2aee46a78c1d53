/// Transformations of functions, each a few lines over grad() and vjp().
///
/// Those of a graph that is there take its output, as grad() does: jvp(y, x, v), hvp(y, x, v). Those that must run the
/// function themselves take it first: value_and_grad(f, x), jacobian(f, x), hessian(f, x).
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "neb/autodiff/function.hpp"
#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

/// A scalar and its gradient.
template <Scalar T>
struct ValueAndGrad {
  Var<T> value;     ///< f(x)
  Var<T> gradient;  ///< of x's shape
};

/// f(x), a scalar, and its gradient at `x`; one evaluation of f. With create_graph both keep their history.
/// Throws GraphError when f(x) is not a scalar or does not depend on x.
template <Scalar T, Differentiable<T> F>
ValueAndGrad<T> value_and_grad(const F& f, const Var<T>& x, GradOptions options = {}) {
  const Var<T> at = attach(x);
  Var<T> output = f(at);
  Var<T> value = options.create_graph ? output : output.detach();
  return {std::move(value), autodiff::grad_for("value_and_grad", std::move(output), std::span(&at, 1), options)[0]};
}

namespace autodiff {

/// Throws ShapeError, in the name of `operation`, unless the direction v has x's shape.
template <Scalar T>
void check_direction(const char* operation, const Var<T>& x, const Var<T>& v) {
  if (x.shape() != v.shape())
    throw ShapeError(std::string(operation) + ": the direction has the shape of x   [x: " + x.shape().to_string() +
                     ", v: " + v.shape().to_string() + "]");
}

}  // namespace autodiff

/// The Jacobian-vector product of `output` at `x` in direction `v` (of x's shape), of output's shape: how the output
/// moves when x moves along v. By the double-vjp trick: w(u) = vjp(output, x, u) is J^T u, linear in the cotangent u, so
/// its own vjp with respect to u, with cotangent v, is J v. No rule for forward mode is ever needed; the price is
/// two sweeps.
/// Throws ShapeError when v has not x's shape, GraphError when the output does not depend on x.
template <Scalar T>
Var<T> jvp(const Var<T>& output, const std::type_identity_t<Var<T>>& x, const std::type_identity_t<Var<T>>& v,
           GradOptions options = {}) {
  autodiff::check_direction<T>("jvp", x, v);
  const Var<T> u(Tensor<T>::zeros(output.shape()));  // any value: w is linear in it
  Var<T> w = autodiff::vjp_for("jvp", output, std::span<const Var<T>>(&x, 1), u,
                               {.create_graph = true, .unreached_is_zero = options.unreached_is_zero})[0];
  return vjp(std::move(w), u, v, {.create_graph = options.create_graph, .unreached_is_zero = true});
}

/// The Hessian-vector product of the scalar `output` at `x` in direction `v` (of x's shape): the gradient is itself
/// differentiated, so a row of the Hessian costs two gradients and no Hessian is ever formed.
/// Throws ShapeError when v has not x's shape, GraphError when the output is no scalar or does not depend on x.
template <Scalar T>
Var<T> hvp(const Var<T>& output, const Var<T>& x, const std::type_identity_t<Var<T>>& v, GradOptions options = {}) {
  autodiff::check_direction<T>("hvp", x, v);
  Var<T> slope = autodiff::grad_for("hvp", output, std::span(&x, 1),
                                    {.create_graph = true, .unreached_is_zero = options.unreached_is_zero})[0];
  // A linear function has a constant gradient: its Hessian is zero, not an error.
  return vjp(std::move(slope), x, v, {.create_graph = options.create_graph, .unreached_is_zero = true});
}

/// How jacobian() and hessian() work.
struct JacobianOptions {
  Index rows = 128;                ///< of the matrix computed in one pass: more is wider, and needs more memory
  bool unreached_is_zero = false;  ///< a function that does not depend on x has zeros instead of a GraphError
};

/// The Jacobians of f at each row of x: (N, ...) with n elements a row, where f maps a batch (B, ...) to a batch (B, ...)
/// with m elements a row, and row b of f(x) depends on row b of x alone: (N, m, n). Rows and columns count the elements
/// of a row in row-major order. Rows of the matrix are vjps with unit vectors; each pass computes many, on a batch made
/// of copies of x's rows.
/// Throws ShapeError when f does not map rows to rows, GraphError when it does not depend on x.
template <Scalar T, Differentiable<T> F>
Tensor<T> jacobian(const F& f, const Var<T>& x, JacobianOptions options = {}) {
  const Shape in = x.shape(), out = Var<T>(f(Var<T>(x.value()))).shape();
  if (in.rank() < 1 || out.rank() < 1 || in[0] != out[0])
    throw ShapeError("jacobian: f maps a batch (B, ...) to a batch (B, ...)   [x: " + in.to_string() +
                     ", f(x): " + out.to_string() + "]");
  if (options.rows < 1) throw ValueError("jacobian: rows is at least 1, got " + std::to_string(options.rows));
  const Index m = out.stride(0), n = in.stride(0), total = in[0] * m;

  Tensor<T> matrix(Shape{in[0], m, n});
  for (Index begin = 0; begin < total && n > 0; begin += options.rows) {
    const Index count = std::min(options.rows, total - begin);
    Tensor<T> copies(in.with(0, count)), units = Tensor<T>::zeros(out.with(0, count));
    for (Index k = 0; k < count; ++k) {
      const Index sample = (begin + k) / m, row = (begin + k) % m;
      std::copy_n(x.value().data() + sample * n, n, copies.mutable_data() + k * n);
      units.mutable_data()[k * m + row] = T(1);
    }
    const Var<T> batch(std::move(copies));
    const Var<T> rows =
        autodiff::vjp_for("jacobian", Var<T>(f(batch)), std::span(&batch, 1), Var<T>::constant(std::move(units)),
                          {.unreached_is_zero = options.unreached_is_zero})[0];
    std::copy_n(rows.value().data(), count * n, matrix.mutable_data() + begin * n);
  }
  return matrix;
}

/// The Hessians of f at each row of x: (N, ...) with n elements a row, where f maps a batch (B, ...) to (B), one number
/// for each row, as energies do: (N, n, n). It is the Jacobian of the gradient: n Hessian-vector products, in few wide
/// passes.
/// Throws ShapeError when f does not map rows to numbers, GraphError when it does not depend on x.
template <Scalar T, Differentiable<T> F>
Tensor<T> hessian(const F& f, const Var<T>& x, JacobianOptions options = {}) {
  const auto gradient = [&f, &options](const Var<T>& y) {
    const Var<T> values = f(y);
    if (y.rank() < 1 || values.shape() != Shape{y.shape()[0]})
      throw ShapeError("hessian: f maps a batch (B, ...) to one number for each row, (B,)   [x: " +
                       y.shape().to_string() + ", f(x): " + values.shape().to_string() + "]");
    return autodiff::vjp_for("hessian", values, std::span(&y, 1), Var<T>::constant(Tensor<T>::ones(values.shape())),
                             {.create_graph = true, .unreached_is_zero = options.unreached_is_zero})[0];
  };
  // A linear function has a constant gradient: its Hessian is zero, not an error.
  return jacobian(gradient, x, {.rows = options.rows, .unreached_is_zero = true});
}

}  // namespace neb
