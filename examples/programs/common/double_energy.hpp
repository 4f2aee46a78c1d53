/// A trained energy in double, for what is a small difference of large numbers: covariances, and derivatives beyond the second.
#pragma once

#include <functional>
#include <string>

#include <neb/autodiff/var.hpp>
#include <neb/core/shape.hpp>

namespace examples {

/// An energy, whatever network is behind it, with the weights of its file widened; the noise level that it was trained at; and the
/// shape of its samples.
struct DoubleEnergy {
  std::function<neb::Var<double>(const neb::Var<double>&)> phi;
  double sigma = 0;
  neb::Shape sample;
};

/// The energy in a file. Throws UsageError.
DoubleEnergy read_double_energy(const std::string& file);

}  // namespace examples
