/// A fully connected energy, for low-dimensional data.
#pragma once

#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/nn/mlp.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// phi: (N, D) -> (N), linear layers with the smooth ReLU between them and a linear readout. The readout has no bias: an
/// energy is defined up to a constant.
template <Scalar T>
struct MlpEnergy {
  using value_type = T;  ///< the scalar of its parameters
  Mlp<T> network;        ///< from D to 1, without a last bias

  /// `widths` are D and the hidden widths, as in {2, 128, 128}. Throws ValueError when there is no hidden width.
  MlpEnergy(std::vector<Index> widths, const Key& key, T beta = T(1)) {
    if (widths.size() < 2) throw ValueError("MlpEnergy: expects the input width and at least one hidden width");
    widths.push_back(1);
    network = Mlp<T>(widths, key, /*last_bias=*/false, beta);
  }

  /// y: (N, D), or (N, ...) of that many elements a row, -> (N). Throws ShapeError when the width differs.
  Var<T> operator()(const Var<T>& y) const { return reshape(network(flatten(y)), Shape{y.shape()[0]}); }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) { f("network", self.network); }
};

}  // namespace neb
