/// The step sizes of other codes as neb's delta, in which a step of the walk is y - delta^2 g + sqrt(2) delta e.
#pragma once

#include <cmath>

namespace neb {

/// Of a step y - h g + sqrt(2 h) e: h is a time, and most toolkits have it.
inline double delta_of_time(double h) { return std::sqrt(h); }

/// Of a step y - (epsilon / 2) g + sqrt(epsilon) e, as in stochastic gradient Langevin dynamics and TensorFlow Probability.
inline double delta_of_epsilon(double epsilon) { return std::sqrt(epsilon / 2); }

/// Of a step y - (h^2 / 2) g + h e, as in later papers on walk-jump sampling, or of one leapfrog step of length h from a fresh
/// momentum, as in Hamiltonian Monte Carlo.
inline double delta_of_leapfrog(double h) { return std::sqrt(0.5) * h; }

/// Step size and friction of Underdamped.
struct UnderdampedSettings {
  double delta = 0;     ///< step size, in data units
  double friction = 0;  ///< per time of unit mass
};

/// Of underdamped dynamics with a step of time h, friction per that time, and velocities of variance u, an inverse mass: dy = v
/// dt, dv = -u g dt - friction v dt + sqrt(2 friction u) dW. Walk-jump codes call h delta, and u is kT / m of molecular dynamics.
inline UnderdampedSettings underdamped_of(double h, double friction, double u) {
  return {.delta = delta_of_leapfrog(std::sqrt(u) * h), .friction = friction / std::sqrt(u)};
}

}  // namespace neb
