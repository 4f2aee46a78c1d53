#include "parts/audit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <functional>
#include <span>
#include <vector>

#include <neb/draw/chart.hpp>
#include <neb/io/number_text.hpp>
#include <neb/io/safetensors.hpp>

#include "parts/radial_profile.hpp"

namespace examples {

using neb::Audit, neb::Fault, neb::Index, neb::Tensor;

namespace {

constexpr neb::Colour blue{0.12, 0.35, 0.70}, red{0.85, 0.2, 0.1}, grey{0.6, 0.6, 0.6};

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string pair_text(const neb::SampleMean& mean) { return formatted("%.4g +- %.2g", mean.value, mean.error); }

/// A tensor of images that fit the energy, the first `count`.
Tensor<double> images_in(const neb::SafeTensors& file, const std::string& name, const DoubleEnergy& energy,
                         Index count) {
  const Tensor<double> all = file.get<double>(name);
  if (all.rank() < 2 || all.shape().stride(0) != energy.sample.size() || all.shape()[0] < 2)
    throw UsageError(file.path() + ": \"" + name + "\" has shape " + all.shape().to_string() +
                     ", expected at least two samples of the energy's shape, " + energy.sample.to_string());
  const Tensor<double> first = all.rows(0, std::min(count, all.shape()[0]));
  std::vector<Index> shape{first.shape()[0]};
  shape.insert(shape.end(), energy.sample.begin(), energy.sample.end());
  return first.reshaped(neb::Shape(std::span<const Index>(shape)));
}

std::string words_of(const neb::Explanation& explanation, double sigma) {
  switch (explanation.fault) {
    case Fault::missing_variance:
      return formatted("it was trained without the sigma^2 before its gradient, which has a slope of %.4g",
                       1 / (sigma * sigma));
    case Fault::energy_of_sigma:
      return formatted("it is the energy of a sigma of about %.3g", explanation.sigma);
    case Fault::data_of_sigma:
      return formatted("the noise of the data has a sigma of %.4g, not %.4g", explanation.sigma, sigma);
    case Fault::not_white:
      break;
  }
  return "the noise is of the right size but not Gaussian, white and independent of the image, or the energy has kinks, "
         "or its Hessian is not that of its gradient";
}

std::string joined(const std::vector<neb::Explanation>& explanations, double sigma) {
  std::string all;
  for (const neb::Explanation& one : explanations) all += (all.empty() ? "" : "; or ") + words_of(one, sigma);
  return all;
}

Tensor<float> points_of(const std::vector<double>& x, const std::vector<double>& y) {
  Tensor<float> points({std::ssize(x), 2});
  for (std::size_t i = 0; i < x.size(); ++i) {
    points.mutable_data()[2 * i] = static_cast<float>(x[i]);
    points.mutable_data()[2 * i + 1] = static_cast<float>(y[i]);
  }
  return points;
}

/// The eigenvalues of sigma^2 H, sorted and averaged over points, with a line at 1.
void draw_spectrum(const Audit& audit, const std::string& path) {
  const Index points = audit.spectra.shape()[0], d = audit.dimensions;
  std::vector<double> place, mean(static_cast<std::size_t>(d), 0.0);
  for (Index k = 0; k < d; ++k) {
    place.push_back(static_cast<double>(k + 1));
    for (Index row = 0; row < points; ++row)
      mean[static_cast<std::size_t>(k)] += audit.spectra(row, k) / static_cast<double>(points);
  }
  const double right = static_cast<double>(d), low = std::min(0.0, mean.front()), high = std::max(1.0, mean.back());
  const double margin = 0.05 * (high - low);
  neb::Chart chart({0, right, low - margin, high + margin}, 380, 640);
  chart.label_axes("eigenvalue number", "eigenvalue");
  chart.line(points_of({0, right}, {1, 1}), grey, "1, the most of an optimal energy");
  chart.line(points_of(place, mean), blue, "of sigma^2 H, mean of " + std::to_string(points) + " points");
  chart.write(path);
}

/// The error of jumps against what C predicts, with two standard errors either way.
void draw_deciles(const neb::CleanAudit& clean, const std::string& path) {
  double high = 0, low = 0;
  for (const neb::Decile& tenth : clean.deciles) {
    high = std::max({high, tenth.predicted, tenth.error.value + 2 * tenth.error.error});
    low = std::min(low, tenth.predicted);
  }
  neb::Chart chart({low * 1.05, high * 1.05, low * 1.05, high * 1.05}, 420, 480);
  chart.label_axes("predicted by the trace of C", "error of the jump");
  chart.line(points_of({low, high}, {low, high}), grey, "equal");
  std::vector<double> predicted, error;
  for (const neb::Decile& tenth : clean.deciles) {
    predicted.push_back(tenth.predicted);
    error.push_back(tenth.error.value);
    chart.line(points_of({tenth.predicted, tenth.predicted},
                         {error.back() - 2 * tenth.error.error, error.back() + 2 * tenth.error.error}),
               red);
  }
  chart.line(points_of(predicted, error), blue, "tenths of the images, +- 2 standard errors");
  chart.write(path);
}

void print_numbers(const Program& program, const Audit& audit) {
  program.print("%ld noisy images of %ld numbers, sigma %.4g: noise alone has %.4g\n", static_cast<long>(audit.samples),
                static_cast<long>(audit.dimensions), audit.sigma,
                static_cast<double>(audit.dimensions) * audit.sigma * audit.sigma);
  program.print("slope E tr H / E |g|^2         %-18s 1 at the optimum\n", pair_text(audit.slope).c_str());
  program.print("SURE                           %-18s the loss, without clean images\n", pair_text(audit.sure).c_str());
  program.print("trace of C                     %-18s what the energy says that the loss is\n",
                pair_text(audit.trace).c_str());
  if (audit.spectra.size() > 0) {
    const auto [least, largest] = std::minmax_element(audit.spectra.span().begin(), audit.spectra.span().end());
    program.print("eigenvalues of sigma^2 H       %.3f to %.3f at %ld images; %.1f %% above 1\n", *least, *largest,
                  static_cast<long>(audit.spectra.shape()[0]), 100 * audit.share_above_one);
    program.print("trace of C, its parts          %.3f positive, %.3f negative\n", audit.positive_trace,
                  audit.negative_trace);
  }
  if (!audit.clean) return;
  const neb::CleanAudit& clean = *audit.clean;
  program.print("loss                           %-18s with the clean images\n", pair_text(clean.loss).c_str());
  program.print("SURE - loss                    %-18s 0 for any energy: of the noise and the code\n",
                pair_text(clean.sure_minus_loss).c_str());
  program.print("noise that was found           %.5g +- %.2g\n", clean.noise.value, clean.noise.error);
  if (!clean.deciles.empty()) {
    program.print("by tenths: trace of C         ");
    for (const neb::Decile& tenth : clean.deciles) program.print(" %6.2f", tenth.predicted);
    program.print("\n           error of the jump  ");
    for (const neb::Decile& tenth : clean.deciles) program.print(" %6.2f", tenth.error.value);
    program.print("\n");
  }
  for (std::size_t k = 0; k < clean.profile.radius.size(); ++k)
    program.print("%sr = %-5.4g error %8.3f, rate %8.2f nats, energy %8.2f nats, ink %6.3f\n",
                  k == 0 ? "radial profile: " : "                ", clean.profile.radius[k], clean.profile.error[k],
                  clean.profile.rate[k], clean.profile.energy[k], clean.profile.ink[k]);
}

Summary numbers_of(const Audit& audit, double model_sigma) {
  const auto list = [](const neb::SampleMean& mean) { return std::vector<double>{mean.value, mean.error}; };
  Summary summary{{"sigma", audit.sigma},       {"model_sigma", model_sigma}, {"samples", audit.samples},
                  {"slope", list(audit.slope)}, {"sure", list(audit.sure)},   {"trace", list(audit.trace)},
                  {"square", audit.square}};
  if (audit.spectra.size() > 0) {
    const auto [least, largest] = std::minmax_element(audit.spectra.span().begin(), audit.spectra.span().end());
    summary.insert(summary.end(), {{"least_eigenvalue", *least},
                                   {"largest_eigenvalue", *largest},
                                   {"share_above_one", audit.share_above_one},
                                   {"positive_trace", audit.positive_trace},
                                   {"negative_trace", audit.negative_trace}});
  }
  if (!audit.clean) return summary;
  const neb::CleanAudit& clean = *audit.clean;
  std::vector<double> predicted, error, standard_error;
  for (const neb::Decile& tenth : clean.deciles) {
    predicted.push_back(tenth.predicted);
    error.push_back(tenth.error.value);
    standard_error.push_back(tenth.error.error);
  }
  summary.insert(summary.end(), {{"loss", list(clean.loss)},
                                 {"sure_minus_loss", list(clean.sure_minus_loss)},
                                 {"noise", list(clean.noise)},
                                 {"decile_trace", predicted},
                                 {"decile_error", error},
                                 {"decile_standard_error", standard_error},
                                 {"profile_radius", clean.profile.radius}});
  const Summary profile = profile_numbers("profile", clean.profile);
  summary.insert(summary.end(), profile.begin(), profile.end());
  return summary;
}

}  // namespace

NoisyImages read_noisy_images(const std::string& file, const DoubleEnergy& energy, Index count) {
  return check_input([&] {
    const neb::SafeTensors tensors(file);
    NoisyImages images{images_in(tensors, "y", energy, count), {}};
    if (tensors.contains("x")) images.x = images_in(tensors, "x", energy, count);
    if (images.x && images.x->shape() != images.y.shape()) throw UsageError(file + ": \"x\" and \"y\" are not as many");
    return images;
  });
}

std::string words_of(const Audit& audit, const neb::AuditVerdict& verdict) {
  std::string words;
  if (verdict.wrong_sign)
    words += "WRONG SIGN: the slope is " + pair_text(audit.slope) + ". Jumps go away from the data. ";
  if (!verdict.scale.empty())
    words += "WRONG SCALE: the slope is " + pair_text(audit.slope) +
             ", not 1. Either way the energy does not fit: " + joined(verdict.scale, audit.sigma) + ". ";
  if (!verdict.noise.empty())
    words += (audit.clean ? "WRONG NOISE: SURE is not the loss, whatever the energy is: "
                          : "WRONG NOISE: C has a negative trace though the slope is right: ") +
             joined(verdict.noise, audit.sigma) + ". ";
  if (verdict.sound())
    words += "Sound: the slope is " + pair_text(audit.slope) + (audit.clean ? ", and SURE is the loss. " : ". ");
  if (audit.share_above_one >= 0.0005)
    words += "C is not positive: " + formatted("%.1f %%", 100 * audit.share_above_one) +
             " of the eigenvalues of sigma^2 H exceed 1. ";
  if (verdict.flat_inside) words += "The energy is flat inside the spheres: flows stop anywhere there. ";
  words.pop_back();
  return words;
}

Summary audit(const Program& program, const DoubleEnergy& energy, const NoisyImages& images, double sigma,
              const neb::AuditOptions& options, const std::string& picture_stem) {
  Audit found;
  {
    ProgressBar bar = program.progress("auditing", "products");
    const neb::Key key(program.seed);
    found = check_input([&] {
      return images.x ? neb::audit(energy.phi, *images.x, images.y, sigma, key, options, std::ref(bar), *program.ranks)
                      : neb::audit(energy.phi, images.y, sigma, key, options, std::ref(bar), *program.ranks);
    });
  }
  if (program.ranks->rank() > 0) return {};
  const neb::AuditVerdict verdict = neb::verdict(found);
  print_numbers(program, found);
  const std::string words = words_of(found, verdict);
  program.print("%s\n", words.c_str());
  std::string pictures;
  const auto picture = [&](const char* ending) {
    const std::string path = program.picture_path(picture_stem + ending);
    pictures += (pictures.empty() ? "" : ", ") + path;
    return path;
  };
  if (found.spectra.size() > 0) draw_spectrum(found, picture("_spectrum"));
  if (found.clean && !found.clean->deciles.empty()) draw_deciles(*found.clean, picture("_deciles"));
  if (found.clean)
    draw_profiles({{"around the clean images", found.clean->profile}},
                  "radial profile, sigma = " + neb::number_text(sigma), picture("_profile"));
  if (!pictures.empty()) program.print("pictures: %s\n", pictures.c_str());

  Summary summary = numbers_of(found, energy.sigma);
  summary.emplace_back("sound", Index{verdict.sound()});
  summary.emplace_back("verdict", words);
  return summary;
}

}  // namespace examples
