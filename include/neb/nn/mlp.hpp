/// Fully connected networks.
#pragma once

#include <cstddef>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/nn/linear.hpp"
#include "neb/ops/activation.hpp"

namespace neb {

/// Linear layers with the smooth ReLU between them: (N, widths.front()) -> (N, widths.back()).
template <Scalar T>
struct Mlp {
  using value_type = T;           ///< the scalar of its parameters
  std::vector<Linear<T>> layers;  ///< one from each width to the next
  T beta = 1;                     ///< of the smooth ReLU

  Mlp() = default;
  /// One layer from each width to the next; the last has a bias only if `last_bias`. Throws ValueError for fewer than two
  /// widths.
  Mlp(const std::vector<Index>& widths, const Key& key, bool last_bias = true, T smooth_relu_beta = T(1))
      : beta(smooth_relu_beta) {
    if (widths.size() < 2) throw ValueError("Mlp: expects at least an input and an output width");
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const bool last = i + 2 == widths.size();
      layers.emplace_back(widths[i], widths[i + 1], key.fold("mlp").at(i), !last || last_bias, last ? T(1) : T(2));
    }
  }

  /// x: (N, widths.front()) -> (N, widths.back()). Throws ShapeError when the width differs.
  Var<T> operator()(const Var<T>& x) const {
    Var<T> h = x;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (i > 0) h = smooth_relu(h, beta);
      h = layers[i](h);
    }
    return h;
  }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) { f("layers", self.layers); }
};

}  // namespace neb
