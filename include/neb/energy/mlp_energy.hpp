/// A fully connected energy, for low-dimensional data.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/energy/limits.hpp"
#include "neb/energy/quadratic.hpp"
#include "neb/nn/mlp.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The architecture of an MlpEnergy, field by field: model files derive from visit(). None of it is from the paper.
struct MlpEnergyOptions {
  static constexpr const char* kind = "mlp";  ///< what model files call such an energy

  std::vector<Index> widths = {2, 128, 128};  ///< elements of a sample, and the hidden widths
  double beta = 1;                            ///< of the smooth ReLU
  double quadratic = 0;  ///< coefficient of |y - centre|^2, as in quadratic(); 0: the network is all there is

  /// The shape of one row of the input. Throws ValueError when there is no width.
  Shape sample() const {
    if (widths.empty()) throw ValueError("MlpEnergy: expects the input width and at least one hidden width");
    return {widths[0]};
  }

  /// Calls f(name, shape) for every tensor that an energy of this architecture holds, and makes none: a file is compared with
  /// them first.
  void visit_shapes(auto&& f) const {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool last = i + 1 == widths.size();
      const std::string layer = "network.layers." + std::to_string(i);
      f(layer + ".weight", Shape{widths[i], last ? 1 : widths[i + 1]});
      if (!last) f(layer + ".bias", Shape{widths[i + 1]});
    }
    if (quadratic != 0) f("centre", sample());
  }

  /// Whether all fields are equal.
  bool operator==(const MlpEnergyOptions&) const = default;

  /// Lists all fields.
  static void visit(auto& self, auto&& f) {
    f("widths", self.widths);
    f("beta", self.beta);
    f("quadratic", self.quadratic);
  }
};

/// phi: (N, D) -> (N), linear layers with the smooth ReLU between them and a linear readout. The readout has no bias: an
/// energy is defined up to a constant. With a quadratic part the network learns only what -log f has beside it: see
/// quadratic().
template <Scalar T>
struct MlpEnergy {
  using value_type = T;      ///< the scalar of its parameters
  MlpEnergyOptions options;  ///< the architecture that it was made with
  Mlp<T> network;            ///< from D to 1, without a last bias
  Tensor<T> centre;          ///< of the quadratic part: one sample (D); empty when there is none

  /// `middle` is the centre of the quadratic part, by default the origin. Throws ValueError when there is no hidden width or
  /// an option is out of range, ShapeError when the centre is no sample.
  MlpEnergy(MlpEnergyOptions architecture, const Key& key, Tensor<T> middle = {}) : options(std::move(architecture)) {
    if (options.widths.size() < 2) throw ValueError("MlpEnergy: expects the input width and at least one hidden width");
    for (const Index width : options.widths)
      if (width < 1) throw ValueError("MlpEnergy: a layer has at least 1 unit, got " + std::to_string(width));
    check_layers("MlpEnergy", options.widths.size());
    if (!is_positive(static_cast<T>(options.beta)))
      throw ValueError("MlpEnergy: beta is positive, got " + std::to_string(options.beta));
    centre = quadratic_centre("MlpEnergy", options.quadratic, options.sample(), std::move(middle));
    std::vector<Index> widths = options.widths;
    widths.push_back(1);
    network = Mlp<T>(widths, key, /*last_bias=*/false, static_cast<T>(options.beta));
  }

  /// y: (N, D), or (N, ...) of that many elements a row, -> (N). Throws ShapeError when the width differs.
  Var<T> operator()(const Var<T>& y) const {
    const Var<T> h = reshape(network(flatten(y)), Shape{y.shape()[0]});
    return options.quadratic > 0 ? h + quadratic(y, centre, options.quadratic) : h;
  }

  /// Lists the members that hold parameters.
  static void visit(auto& self, auto&& f) { f("network", self.network); }

  /// Lists the tensors that belong to it and are not trained.
  static void visit_buffers(auto& self, auto&& f) { f("centre", self.centre); }
};

}  // namespace neb
