/// What the jump does not know: the covariance of its posterior. The paper does not ask.
#pragma once

#include <vector>

#include <neb/bayes/posterior_covariance.hpp>

#include "common/double_energy.hpp"
#include "paper/laboratory.hpp"
#include "paper/results.hpp"

namespace examples::paper {

/// The leading eigenpairs by Lanczos beside all of them by the dense solver.
struct LanczosCheck {
  double difference = 0;  ///< of eigenvalues, the largest, over sigma^2
  double residual = 0;    ///< the largest, over sigma^2
  double outside = 0;     ///< what the space of the exact vectors has outside of the space that was found, the largest
  double allowed = 0;     ///< the largest of outside over its bound, residual over gap: at most 1
  neb::Index products = 0;
  double seconds = 0, exact_seconds = 0;
  neb::Eigenpairs leading;
  neb::Tensor<double> spectra;  ///< all eigenvalues of C: (N, d)
};

LanczosCheck check_lanczos(const neb::PosteriorCovariance<>& c, neb::Index count, const neb::Key& key);

/// The mean over points of (v.(x - xhat))^2 / lambda along each leading direction: 1 where C is right. Points whose eigenvalue
/// is not positive are left out; NaN where all are.
std::vector<double> spread_along(const neb::PosteriorCovariance<>& c, const neb::Eigenpairs& leading,
                                 const neb::Tensor<double>& x);

/// Leading directions at sigma = 0.3 and 0.7, and the spectrum of sigma^2 H beside that of a convex energy.
Results posterior(Laboratory& laboratory);

}  // namespace examples::paper
