/// What an energy knows inside its noise spheres and outside them: the jump, the slope and the energy against the radius.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/energy/energy.hpp"
#include "neb/kernels/pointwise.hpp"

namespace neb {

/// Means over images x of what an energy says of y = x + r sigma e, e ~ N(0, I), at each radius r. Noise of level sigma is
/// r = 1, in d dimensions a shell of radius sigma sqrt(d), and only there does the objective look. The energy of a single
/// sample has error 0, rate r^2 d, energy r^2 d / 2 and ink 1.
struct RadialProfile {
  std::vector<double> radius;  ///< r, in units of sigma
  std::vector<double> error;   ///< |x - xhat(y)|^2 of the jump
  std::vector<double> rate;    ///< sigma^2 |grad phi(y)|^2: nats that a flow there loses in a unit of natural time
  std::vector<double> energy;  ///< phi(y) - phi(x), in nats
  std::vector<double> ink;     ///< the sum of the pixels of all jumps, divided by that of all images
};

namespace bayes {

/// Sums over images of what a profile is made of.
struct ProfileSums {
  double error = 0, rate = 0, energy = 0, ink_of_jumps = 0, ink_of_images = 0;

  /// Adds images x and points y: (n, ...) with their energies and gradients; `energy_at_x` is that of the images.
  template <Scalar T>
  void add(const Tensor<T>& x, const Tensor<T>& y, const EnergyGradient<T>& at_y, const double* energy_at_x,
           double variance) {
    const Tensor<T>&energy_at_y = at_y.energy.value(), &gradient = at_y.gradient.value();
    for (Index row = 0; row < energy_at_y.size(); ++row)
      energy += static_cast<double>(energy_at_y(row)) - energy_at_x[row];
    for (Index i = 0; i < x.size(); ++i) {
      const double slope = static_cast<double>(gradient.data()[i]), pixel = static_cast<double>(x.data()[i]);
      const double xhat = static_cast<double>(y.data()[i]) - variance * slope;
      error += (pixel - xhat) * (pixel - xhat);
      rate += variance * slope * slope;
      ink_of_jumps += xhat;
      ink_of_images += pixel;
    }
  }

  /// Adds their means to the profile, as those of radius r.
  void append_to(RadialProfile& profile, double r, Index images) const {
    const auto count = static_cast<double>(images);
    profile.radius.push_back(r);
    profile.error.push_back(error / count);
    profile.rate.push_back(rate / count);
    profile.energy.push_back(energy / count);
    profile.ink.push_back(ink_of_jumps / ink_of_images);
  }
};

template <Scalar T>
void check_profile(const Tensor<T>& x, double sigma, const std::vector<double>& radii, Index batch) {
  check_sigma("radial_profile", sigma);
  if (x.rank() < 1 || x.size() == 0)
    throw ShapeError("radial_profile: expects at least one image   [x: " + x.shape().to_string() + "]");
  if (batch < 1) throw ValueError("radial_profile: batch is at least 1, got " + std::to_string(batch));
  for (const double r : radii)
    if (!is_finite(r) || r < 0) throw ValueError("radial_profile: a radius is 0 or greater, got " + std::to_string(r));
}

}  // namespace bayes

/// The profile of phi around the images x: (N, ...) at each of `radii`, with noise that `key` fixes, the same at all radii.
/// Works through x in batches and calls `on_progress` after each, with the number of points measured; when that returns
/// false, the profile is that of the radii measured for all images. Throws ShapeError when there are no images, ValueError
/// when sigma is not positive, a radius is negative or batch is less than 1.
template <Scalar T, Energy<T> Phi>
RadialProfile radial_profile(const Phi& phi, const Tensor<T>& x, std::type_identity_t<T> sigma,
                             const std::vector<double>& radii, const Key& key, Index batch = 100,
                             const OnProgress& on_progress = {}) {
  bayes::check_profile(x, static_cast<double>(sigma), radii, batch);
  const Index images = x.shape()[0], points = images * std::ssize(radii);
  const double variance = static_cast<double>(sigma) * static_cast<double>(sigma);
  const Tensor<T> noise = random_normal<T>(x.shape(), key.fold("radial_profile"));
  std::vector<double> energy_at_x(memory_size(images));
  RadialProfile profile;
  Index measured = 0;
  for (const double r : radii) {
    bayes::ProfileSums sums;
    for (Index begin = 0; begin < images; begin += batch) {
      const Index end = std::min(begin + batch, images);
      const Tensor<T> clean = x.rows(begin, end);
      if (profile.radius.empty()) {
        const Tensor<T> energy = energies(phi, Var<T>::constant(clean)).value();
        std::copy(energy.span().begin(), energy.span().end(), energy_at_x.data() + begin);
      }
      Tensor<T> y = noise.rows(begin, end);
      kernels::update(
          y.size(), y.mutable_data(), [step = static_cast<T>(r) * sigma](T e, T pixel) { return pixel + step * e; },
          clean.data());
      sums.add(clean, y, energy_and_gradient(phi, Var<T>::constant(y)), energy_at_x.data() + begin, variance);
      measured += end - begin;
      const Progress progress{static_cast<double>(measured) / static_cast<double>(points), measured};
      if (on_progress && !on_progress(progress) && measured < points) return profile;
    }
    sums.append_to(profile, r, images);
  }
  return profile;
}

}  // namespace neb
