/// The affine layer.
#pragma once

#include <optional>

#include "neb/autodiff/var.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/nn/init.hpp"
#include "neb/nn/module.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/matmul.hpp"

namespace neb {

/// y = x W + b, for x: (N, in), W: (in, out), b: (out).
template <Scalar T>
struct Linear {
  using value_type = T;        ///< the scalar of its parameters
  Var<T> weight;               ///< W: (in, out)
  std::optional<Var<T>> bias;  ///< b: (out), if there is one

  Linear() = default;
  /// Weights with variance gain / in, bias 0; no bias at all unless `with_bias`.
  Linear(Index in, Index out, const Key& key, bool with_bias = true, T gain = T(2))
      : weight(fan_in_uniform<T>({in, out}, in, gain, key.fold("weight"))) {
    if (with_bias) bias = Var<T>(Tensor<T>::zeros({out}));
  }

  /// x: (N, in) -> (N, out). Throws ShapeError when the widths differ.
  Var<T> operator()(const Var<T>& x) const {
    const Var<T> y = matmul(x, weight);
    return bias ? y + *bias : y;
  }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }
};

}  // namespace neb
