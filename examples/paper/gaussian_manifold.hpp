/// Noise concentrates on a sphere, and a smoothed manifold disintegrates and expands to one: Sec. 2.
#pragma once

#include <vector>

#include <neb/core/random.hpp>

#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// X ~ N(0, Sigma) in R^d: `dimension` coordinates of variance 1, the others of variance epsilon^2. Without the former
/// and with epsilon = 0, X is the origin, and Y is noise alone. The defaults are not from the paper.
struct GaussianManifold {
  neb::Index d = 784;
  neb::Index dimension = 10;  ///< d# in the paper
  double epsilon = 0.05;
};

/// Mean and variance of |Y|^2.
struct SquaredRadius {
  double mean = 0, variance = 0;
  /// 2 mean^2 / variance, which is (sum v)^2 / sum v^2 for a Gaussian of variances v: in how many directions it extends.
  double dimensions() const { return 2 * mean * mean / variance; }
};

/// Of Y = X + N(0, sigma^2 I) (Saremi & Hyvärinen 2019, Sec. 2).
SquaredRadius predicted(const GaussianManifold& manifold, double sigma);

/// How well the paper's condition for its sphere is met, (d / d# - 1) >> max(Delta, Delta^2) with Delta = (1 + sigma^2) /
/// (epsilon^2 + sigma^2): the left side over the right one, far above 1 if it is (Saremi & Hyvärinen 2019, Sec. 2).
double condition_margin(const GaussianManifold& manifold, double sigma);

struct MeasuredRadius {
  SquaredRadius squared;
  SquaredRadius error;        ///< of one standard deviation
  std::vector<double> radii;  ///< |Y| of every sample
};

/// From samples of X, smoothed unless sigma is 0.
MeasuredRadius measured(const GaussianManifold& manifold, double sigma, neb::Index samples, const neb::Key& key);

Results section_2(Laboratory& laboratory);

}  // namespace examples::paper
