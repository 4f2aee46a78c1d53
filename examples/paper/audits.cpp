#include "paper/audits.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <neb/bayes/smooth.hpp>
#include <neb/ops/arithmetic.hpp>

#include "paper/curves.hpp"
#include "paper/text.hpp"
#include "parts/audit.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor;

std::vector<BrokenEnergy> broken_energies(const DoubleEnergy& sound, const DoubleEnergy& other) {
  const auto times = [&](double factor) {
    DoubleEnergy scaled = sound;
    scaled.phi = [phi = sound.phi, factor](const neb::Var<double>& y) { return factor * phi(y); };
    return scaled;
  };
  const double sigma = sound.sigma, claimed = 1.5 * sigma;
  DoubleEnergy misused = other, misled = sound;
  misused.sigma = sigma;
  misled.sigma = claimed;
  return {{"its sign is wrong", times(-1), sigma, "a slope of -1"},
          {text("sigma^2 was forgotten, sigma = %.2f", sigma), times(sigma * sigma), sigma,
           text("a slope of 1 / sigma^2 = %.1f", 1 / (sigma * sigma))},
          {text("the energy of %.2f, used at %.2f", other.sigma, sigma), std::move(misused), sigma,
           text("a slope of about %.2f", std::pow(other.sigma / sigma, 2))},
          {text("the data have noise of %.2f, said to be %.2f", sigma, claimed), std::move(misled), sigma,
           text("SURE is not the loss, and the noise is %.2f", sigma)}};
}

namespace {

/// Audits an energy on test digits with noise of level `noise`, and adds what is found to the results.
neb::Audit audited(const Laboratory& laboratory, const DoubleEnergy& energy, double noise, const std::string& name,
                   Results& results) {
  const Program& program = laboratory.program();
  const Tensor<float>& test = laboratory.images().test;
  const neb::Key key = neb::Key(program.seed).fold("audit");
  const Tensor<double> x = test.rows(0, std::min<Index>(300, test.shape()[0])).to<double>();
  const Tensor<double> y = neb::smooth(x, noise, key);
  ProgressBar bar = program.progress(name, "products");
  neb::Audit found = neb::audit(energy.phi, x, y, energy.sigma, key, {.spectra = 4}, std::ref(bar));
  const neb::SampleMean& difference = found.clean->sure_minus_loss;
  results.findings.push_back(
      {name, "",
       text(
           "slope %.3f +- %.3f; SURE - loss %.2f +- %.2f; loss %.2f; tr C = %.2f - %.2f; %.1f %% of the eigenvalues of "
           "sigma^2 H above 1. ",
           found.slope.value, found.slope.error, difference.value, difference.error, found.clean->loss.value,
           found.positive_trace, std::abs(found.negative_trace), 100 * found.share_above_one) +
           words_of(found, neb::verdict(found))});
  program.print("%s: %s\n", name.c_str(), results.findings.back().ours.c_str());
  return found;
}

/// The error of jumps over what C predicts of it, by tenths of the images, both over the loss.
Curve deciles_of(const neb::Audit& audit, const std::string& name) {
  Curve curve{.name = name, .x = {}, .y = {}};
  for (const neb::Decile& tenth : audit.clean->deciles) {
    curve.x.push_back(tenth.predicted / audit.clean->loss.value);
    curve.y.push_back(tenth.error.value / audit.clean->loss.value);
  }
  return curve;
}

}  // namespace

Results audits(Laboratory& laboratory) {
  Results results;
  constexpr double most = 2;
  std::vector<Curve> curves{{.name = "equal", .x = {0, most}, .y = {0, most}}};
  std::vector<double> slopes;
  for (const double sigma : {0.15, 0.25, 0.3, 0.7}) {
    const std::string name = text("sigma = %.2f", sigma);
    const DoubleEnergy energy = laboratory.double_energy(sigma);
    const neb::Audit found = audited(laboratory, energy, sigma, name, results);
    curves.push_back(deciles_of(found, name));
    slopes.insert(slopes.end(), {sigma, found.slope.value, found.slope.error});
  }
  results.numbers.emplace_back("sigma_slope_error", slopes);
  for (const BrokenEnergy& one : broken_energies(laboratory.double_energy(0.3), laboratory.double_energy(0.25)))
    audited(laboratory, one.energy, one.noise, one.name + ": expected is " + one.expected, results);
  const std::string picture = Program::picture_file("audit-deciles");
  draw_curves(curves,
              {.x_name = "predicted by the trace of C, over the loss",
               .y_name = "error of the jump, over the loss",
               .bounds = {0, most, 0, most}},
              laboratory.program().path(picture));
  results.pictures.push_back(
      {picture,
       "Test digits in tenths, from those of which the energy is most certain to those of which it is least. Where C is right "
       "the error of their jumps is what its trace says."});
  return results;
}

}  // namespace examples::paper
