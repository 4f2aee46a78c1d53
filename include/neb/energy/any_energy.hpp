/// Trained energies of any kind, for programs that read whatever a file holds.
#pragma once

#include <string>
#include <variant>

#include "neb/autodiff/var.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/convex_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/energy/model_file.hpp"
#include "neb/io/file.hpp"
#include "neb/io/safetensors.hpp"

namespace neb {

/// One of the energies that model files hold; std::visit() reaches it.
template <Scalar T>
using AnyEnergy = std::variant<ConvEnergy<T>, MlpEnergy<T>, ConvexEnergy<T>>;

/// Reads what write_model() wrote for an energy of any kind. Throws FileError when the file is not a model, is damaged or
/// contradicts itself.
template <Scalar T>
Model<AnyEnergy<T>> read_any_model(const std::string& path) {
  const SafeTensors file = energy::open_model(path);
  const double sigma = energy::read_sigma(file);
  const std::string& kind = file.text("energy");
  if (kind == ConvEnergyOptions::kind) return {read_energy<ConvEnergy<T>>(file), sigma};
  if (kind == MlpEnergyOptions::kind) return {read_energy<MlpEnergy<T>>(file), sigma};
  if (kind == ConvexEnergyOptions::kind) return {read_energy<ConvexEnergy<T>>(file), sigma};
  throw file_error(path,
                   "expected metadata \"energy\" to be \"conv\", \"mlp\" or \"convex\", got " + detail::shown(kind));
}

}  // namespace neb
