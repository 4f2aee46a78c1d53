/// Energies with the weights of a fixture: values and derivatives that PyTorch computed in double precision (see
/// tests/fixtures/make_deen_fixture.py).
#pragma once

#include <string>

#include "neb/energy/conv_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/io/safetensors.hpp"

namespace neb::test {

inline SafeTensors fixture(const std::string& name) {
  return SafeTensors(NEB_SOURCE_DIR "/tests/fixtures/" + name + ".safetensors");
}

/// The fixture's name of a parameter: that of the module without its first `skip` letters.
template <Scalar T, class Phi>
Phi with_weights(Phi phi, const SafeTensors& file, std::size_t skip) {
  visit_parameters(phi, [&](const std::string& name, Var<T>& parameter) {
    parameter = Var<T>(file.get<T>(name.substr(skip), parameter.shape()));
  });
  return phi;
}

template <Scalar T>
ConvEnergy<T> conv_energy(const SafeTensors& file) {
  const ConvEnergyOptions options{.image = {7, 7, 2},
                                  .channels = {4, 5},
                                  .stride = {file.number<Index>("stride")},
                                  .padding = file.number<Index>("padding"),
                                  .bottleneck = 3,
                                  .beta = file.number<double>("beta")};
  return with_weights<T>(ConvEnergy<T>(options, Key(0)), file, 0);
}

inline constexpr std::size_t mlp_prefix = 8;  // "network."

template <Scalar T>
MlpEnergy<T> mlp_energy(const SafeTensors& file) {
  return with_weights<T>(MlpEnergy<T>({.widths = {2, 8, 8}}, Key(0)), file, mlp_prefix);
}

}  // namespace neb::test
