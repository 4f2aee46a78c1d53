/// The audit of an energy: in numbers, in words and in pictures.
#pragma once

#include <optional>
#include <string>

#include <neb/bayes/audit.hpp>
#include <neb/bayes/audit_verdict.hpp>

#include "common/double_energy.hpp"
#include "common/program.hpp"

namespace examples {

/// Noisy images (N, H, W, C), and the clean ones that they were made of where these are known.
struct NoisyImages {
  neb::Tensor<double> y;
  std::optional<neb::Tensor<double>> x;
};

/// The first `count` images of a safetensors file: "y", and "x" if it is there. Throws UsageError when they do not fit the energy.
NoisyImages read_noisy_images(const std::string& file, const DoubleEnergy& energy, neb::Index count);

/// What is wrong with an energy, or that nothing is, in sentences.
std::string words_of(const neb::Audit& audit, const neb::AuditVerdict& verdict);

/// Audits the energy as one of noise level sigma; prints a table and the verdict, and draws PICTURE_spectrum and, with clean
/// images, PICTURE_deciles and PICTURE_profile. Returns what summary.json holds.
Summary audit(const Program& program, const DoubleEnergy& energy, const NoisyImages& images, double sigma,
              const neb::AuditOptions& options, const std::string& picture_stem = "audit");

}  // namespace examples
