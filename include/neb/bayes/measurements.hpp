/// Several measurements of one image, each with noise of its own: their mean is one measurement with less noise, and
/// says all that they say of the image.
#pragma once

#include <string>
#include <type_traits>

#include "neb/autodiff/var.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"

namespace neb {

/// The energy of M measurements y_m = x + sigma e_m of each image (Saremi & Srivastava 2022, "Multimeasurement
/// generative models"), for y: (N, M, ...) -> (N): with `phi` that of one measurement whose noise is sigma / sqrt(M),
///
///   phi_M(y_1, ..., y_M) = phi(mean of y) + sum_m |y_m - mean of y|^2 / (2 sigma^2),
///
/// up to a constant. Every energy is thus one of M measurements already. The jump from any of them, y_m - sigma^2
/// grad_m phi_M, is that from the mean, whose noise is sigma / sqrt(M). Throws ShapeError unless there is a measurement
/// of each image, ValueError unless sigma > 0.
template <Scalar T, Energy<T> Phi>
Var<T> measurements_energy(const Phi& phi, const Var<T>& y, std::type_identity_t<T> sigma) {
  check_sigma("measurements_energy", static_cast<double>(sigma));
  if (y.rank() < 2 || y.shape()[1] < 1)
    throw ShapeError(
        "measurements_energy: expects measurements (N, M, ...), M at least 1   [y: " + y.shape().to_string() + "]");
  const Var<T> centre = mean(y, 1);
  const Var<T> apart = y - reshape(centre, y.shape().with(1, 1));
  return energies(phi, centre) + sum(square(flatten(apart)), 1) / (2 * sigma * sigma);
}

/// The energy of the mean z: (N, ...) of some measurements of each image when the mean of the first of them is known to
/// be y, of z's shape: -> (N). With sigma_z and sigma_y the noise of the two, sigma / sqrt(M) and sigma / sqrt(m), and
/// `phi` the energy of noise sigma_z, y is z and more noise, N(0, sigma_y^2 - sigma_z^2), so that
///
///   phi(z | y) = phi(z) + |y - z|^2 / (2 (sigma_y^2 - sigma_z^2)),
///
/// up to a constant. Walks of it draw further measurements, one after the other or many at a time. Throws ShapeError
/// when z and y have different shapes, ValueError unless 0 < sigma_z < sigma_y.
template <Scalar T, Energy<T> Phi>
Var<T> energy_given(const Phi& phi, const Var<T>& z, std::type_identity_t<T> sigma_z, const Tensor<T>& y,
                    std::type_identity_t<T> sigma_y) {
  check_sigma("energy_given", static_cast<double>(sigma_z));
  check_sigma("energy_given", static_cast<double>(sigma_y));
  if (!(sigma_z < sigma_y))
    throw ValueError("energy_given: the mean of more measurements has less noise, but sigma_z is " +
                     std::to_string(sigma_z) + " and sigma_y " + std::to_string(sigma_y));
  if (z.shape() != y.shape())
    throw ShapeError("energy_given: z and y have one shape   [z: " + z.shape().to_string() +
                     ", y: " + y.shape().to_string() + "]");
  const T more = sigma_y * sigma_y - sigma_z * sigma_z;
  return energies(phi, z) + sum(square(flatten(z - Var<T>::constant(y))), 1) / (2 * more);
}

}  // namespace neb
