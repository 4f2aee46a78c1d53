/// The same elements under another shape.
#pragma once

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

namespace neb {

template <Scalar T>
Var<T> reshape(const Var<T>& x, const Shape& shape);

namespace ops {

template <Scalar T>
struct Reshape {
  static constexpr const char* name = "reshape";
  Shape shape;

  Tensor<T> forward(const Tensor<T>& x) const { return x.reshaped(shape); }
  static double flops(const Shape&, const Shape&) { return 0; }
  Var<T> vjp(Index, const Var<T>& g, const Shape& x) const { return reshape(g, x); }
};

}  // namespace ops

/// The elements of x in the same order under `shape`; no copy. Throws ShapeError when the sizes differ.
template <Scalar T>
Var<T> reshape(const Var<T>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return apply(ops::Reshape<T>{shape}, x);
}

/// x: (N, ...) as (N, D), one row a sample. Throws ShapeError for a scalar.
template <Scalar T>
Var<T> flatten(const Var<T>& x) {
  if (x.rank() == 0) throw ShapeError("flatten: expects a first axis of samples   [x: ()]");
  return reshape(x, Shape{x.shape()[0], x.shape().stride(0)});
}

}  // namespace neb
