/// The convolutional layer.
#pragma once

#include <memory>

#include "neb/autodiff/var.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/kernels/conv2d/geometry.hpp"
#include "neb/nn/init.hpp"
#include "neb/nn/module.hpp"
#include "neb/ops/conv2d.hpp"
#include "neb/ops/prepared_filters.hpp"

namespace neb {

/// y = conv2d(x, W) + b, for x: (N, H, W, in), W: (out, kernel, kernel, in), b: (out).
template <Scalar T>
struct Conv2d {
  using value_type = T;                              ///< the scalar of its parameters
  Var<T> weight;                                     ///< W: (out, kernel, kernel, in)
  Var<T> bias;                                       ///< b: (out)
  Conv2dOptions options;                             ///< stride and padding
  std::shared_ptr<ops::PreparedFilters<T>> filters;  ///< where what kernels make of W is kept; may be null

  Conv2d() = default;
  /// Weights with variance 2 / (kernel^2 in), bias 0.
  Conv2d(Index in, Index out, Index kernel, Conv2dOptions conv_options, const Key& key)
      : weight(fan_in_uniform<T>({out, kernel, kernel, in}, kernel * kernel * in, T(2), key.fold("weight"))),
        bias(Tensor<T>::zeros({out})),
        options(conv_options) {}

  /// x: (N, H, W, in) -> (N, OH, OW, out). Throws ShapeError when the channels or sizes do not fit.
  Var<T> operator()(const Var<T>& x) const { return conv2d(x, weight, bias, options, filters); }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }
};

}  // namespace neb
