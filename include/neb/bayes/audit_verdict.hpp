/// What the numbers of an audit say.
///
/// An energy is multiplied by p. Of its jumps the loss is L(p) = L(a) + (p - a)^2 q with the slope a and q = E |sigma^2 g|^2: a
/// parabola, the least at a. So (1 - a)^2 q is what the wrong scale costs, and the scale is at fault where that is more than a
/// tenth of the loss, and a differs from 1 by more than three standard errors. Another p explains a slope if energies multiplied
/// by p would pass that test.
#pragma once

#include <cmath>
#include <vector>

#include "neb/bayes/audit.hpp"

namespace neb {

/// A reason why an energy, or its data, are not what they are taken for.
enum class Fault {
  missing_variance,  ///< the energy was trained without the sigma^2 before its gradient: it is sigma^2 times the right one
  energy_of_sigma,  ///< the energy is that of another noise level
  data_of_sigma,    ///< the data have another noise level
  not_white,  ///< the noise is of the right size, but not Gaussian, white and independent of x; or H is not that of phi
};

/// A fault that fits the numbers.
struct Explanation {
  Fault fault;       ///< what it is
  double sigma = 0;  ///< the other noise level, where the fault has one
};

/// What an audit says of an energy.
struct AuditVerdict {
  bool wrong_sign = false;  ///< the slope is negative: jumps go the wrong way
  /// Of the slope: any one of these explains it, beside the sign; none where it is right.
  std::vector<Explanation> scale;
  /// Of SURE minus loss, or of a negative tr C: any one of these; none where they are right.
  std::vector<Explanation> noise;
  bool flat_inside = false;  ///< flows meet a flat floor; no fault of the jump, and only known with clean data

  /// Whether nothing is wrong with the jump and the data.
  bool sound() const { return !wrong_sign && scale.empty() && noise.empty(); }
};

namespace bayes {

/// Standard errors that a number is away from where it should be before anything is said: by chance once in 370 audits.
inline constexpr double audit_errors = 3;

/// The part of the loss that the scale of the energy may cost; not derived from anything.
inline constexpr double audit_share = 0.1;

/// Whether p explains the slope: multiplied by p the energy would have no fault of scale.
inline bool scale_fits(const Audit& audit, double p) {
  const double q = audit.square, a = audit.slope.value;
  const double least = audit.sure.value - (1 - a) * (1 - a) * q, cost = (p - a) * (p - a) * q;
  return std::abs(p - a) <= audit_errors * audit.slope.error || cost <= audit_share * std::abs(least + cost);
}

/// What explains a slope that 1 does not, up to its sign. The slope knows the noise of the data and not what is claimed of it: an
/// energy of sigma_0 has about (sigma_0 / noise)^2.
inline std::vector<Explanation> explain_scale(const Audit& audit, const std::vector<Explanation>& noise) {
  const double a = std::abs(audit.slope.value), sign = std::copysign(1, audit.slope.value), sigma = audit.sigma;
  std::vector<Explanation> found;
  if (scale_fits(audit, sign)) return found;
  if (scale_fits(audit, sign / (sigma * sigma))) found.push_back({Fault::missing_variance});
  const bool measured = audit.clean.has_value();
  const double level = measured ? audit.clean->noise.value : sigma;
  // An energy of the level that is claimed, on data of another: the noise alone is at fault.
  if (measured && !noise.empty() && scale_fits(audit, sign * std::pow(sigma / level, 2))) return {};
  found.push_back({Fault::energy_of_sigma, level * std::sqrt(a)});
  if (!measured) found.push_back({Fault::data_of_sigma, sigma / std::sqrt(a)});
  return found;
}

/// What explains that SURE is not the loss. Without clean data, what explains a negative tr C where the slope is right.
inline std::vector<Explanation> explain_noise(const Audit& audit) {
  if (!audit.clean) {
    const bool negative = audit.trace.value < -audit_errors * audit.trace.error;
    if (!negative || !scale_fits(audit, 1)) return {};
    // tr C = s^2 (d - s^2 tr H) is not negative at the level s of the data: s^2 <= d / tr H, and near it where x is nearly certain.
    const double s2 = audit.sigma * audit.sigma, noise = static_cast<double>(audit.dimensions) * s2;
    return {{Fault::data_of_sigma, audit.sigma * std::sqrt(noise / (noise - audit.trace.value))}};
  }
  const SampleMean& difference = audit.clean->sure_minus_loss;
  if (std::abs(difference.value) <= audit_errors * difference.error) return {};
  const SampleMean& noise = audit.clean->noise;
  if (std::abs(noise.value - audit.sigma) > audit_errors * noise.error) return {{Fault::data_of_sigma, noise.value}};
  return {{Fault::not_white}};
}

/// Whether the energy loses less than half of its rate r^2 d on the way in, at r = 0.5.
inline bool is_flat_inside(const Audit& audit) {
  if (!audit.clean) return false;
  const RadialProfile& profile = audit.clean->profile;
  for (std::size_t k = 0; k < profile.radius.size(); ++k)
    if (profile.radius[k] == 0.5) return profile.rate[k] < 0.5 * 0.25 * static_cast<double>(audit.dimensions);
  return false;
}

}  // namespace bayes

/// The verdict on an audit's numbers: what is wrong, or everything that fits where several things do.
inline AuditVerdict verdict(const Audit& audit) {
  AuditVerdict found;
  found.noise = bayes::explain_noise(audit);
  found.scale = bayes::explain_scale(audit, found.noise);
  found.wrong_sign = audit.slope.value < 0;
  found.flat_inside = bayes::is_flat_inside(audit);
  return found;
}

}  // namespace neb
