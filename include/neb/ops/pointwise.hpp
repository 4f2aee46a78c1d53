/// One function of each element: what the forward pass of a pointwise operation is made of.
#pragma once

#include "neb/core/tensor.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb {

/// f of each element, of x's shape. f is called in parallel and in no particular order.
template <Scalar T, class F>
Tensor<T> pointwise(const Tensor<T>& x, F f) {
  Tensor<T> y(x.shape());
  kernels::map(y.size(), y.mutable_data(), f, x.data());
  return y;
}

namespace ops {

/// The same for an f that takes registers, see kernels::map_registers.
template <Scalar T, class F>
Tensor<T> pointwise_registers(const Tensor<T>& x, F f) {
  Tensor<T> y(x.shape());
  kernels::map_registers(y.size(), y.mutable_data(), f, x.data());
  return y;
}

}  // namespace ops

}  // namespace neb
