#include "paper/posterior.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>
#include <string>

#include <neb/bayes/deen.hpp>
#include <neb/bayes/smooth.hpp>

#include "common/contact_sheet.hpp"
#include "paper/curves.hpp"
#include "paper/text.hpp"
#include "parts/train.hpp"

namespace examples::paper {

using neb::Index, neb::PosteriorCovariance, neb::Tensor;

namespace {

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The part of v that is orthogonal to `count` orthonormal rows, as a length.
double length_outside(std::vector<double> v, const double* rows, Index count) {
  const Index d = std::ssize(v);
  for (Index k = 0; k < count; ++k)
    neb::bayes::add_multiple(d, -neb::bayes::inner_product(d, v.data(), rows + k * d), rows + k * d, v.data());
  return std::sqrt(neb::bayes::inner_product(d, v.data(), v.data()));
}

}  // namespace

LanczosCheck check_lanczos(const PosteriorCovariance<>& c, Index count, const neb::Key& key) {
  LanczosCheck check;
  neb::Eigenpairs exact;
  check.seconds = seconds_of([&] { check.leading = neb::leading_eigenpairs(c, count, key); });
  check.exact_seconds = seconds_of([&] { exact = neb::eigenpairs(c); });
  check.products = check.leading.products;
  const Index d = c.shape().stride(0);
  for (Index row = 0; row < c.shape()[0]; ++row) {
    double residual = 0, outside = 0;
    for (Index k = 0; k < count; ++k) {
      const double difference = std::abs(check.leading.values(row, k) - exact.values(row, k)) / c.variance();
      check.difference = std::max(check.difference, difference);
      check.residual = std::max(check.residual, check.leading.residuals(row, k) / c.variance());
      residual = std::hypot(residual, check.leading.residuals(row, k));
      const double* const v = exact.vectors.data() + (row * d + k) * d;
      outside = std::hypot(outside, length_outside({v, v + d}, check.leading.vectors.data() + row * count * d, count));
    }
    check.outside = std::max(check.outside, outside);
    // Davis & Kahan 1970, in the Frobenius norm, which is at least the sine of the largest angle.
    const double gap = check.leading.values(row, count - 1) - (count < d ? exact.values(row, count) : 0);
    check.allowed = std::max(check.allowed, outside * gap / residual);
  }
  check.spectra = exact.values;
  return check;
}

std::vector<double> spread_along(const PosteriorCovariance<>& c, const neb::Eigenpairs& leading,
                                 const Tensor<double>& x) {
  const Tensor<double> xhat = c.xhat();
  const Index n = c.shape()[0], d = c.shape().stride(0), count = leading.values.shape()[1];
  std::vector<double> spread;
  for (Index k = 0; k < count; ++k) {
    double sum = 0, points = 0;
    for (Index row = 0; row < n; ++row) {
      if (!(leading.values(row, k) > 0)) continue;
      const double* const v = leading.vectors.data() + (row * count + k) * d;
      const double off =
          neb::bayes::inner_product(d, v, x.data() + row * d) - neb::bayes::inner_product(d, v, xhat.data() + row * d);
      sum += off * off / leading.values(row, k);
      ++points;
    }
    spread.push_back(sum / points);
  }
  return spread;
}

namespace {

constexpr Index directions = 10, shown_directions = 3, shown_digits = 6;

/// xhat + times sqrt(lambda) v of direction k at each point: images.
Tensor<float> moved(const PosteriorCovariance<>& c, const neb::Eigenpairs& leading, Index k, double times) {
  Tensor<double> image = c.xhat();
  const Index n = c.shape()[0], d = c.shape().stride(0), count = leading.values.shape()[1];
  double* const pixels = image.mutable_data();
  for (Index row = 0; row < n; ++row)
    neb::bayes::add_multiple(d, times * std::sqrt(std::max(0.0, leading.values(row, k))),
                             leading.vectors.data() + (row * count + k) * d, pixels + row * d);
  return image.to<float>();
}

/// Rows of clean, noisy, xhat, and xhat -+ 2 sqrt(lambda) v along the first directions.
void draw_directions(const PosteriorCovariance<>& c, const neb::Eigenpairs& leading, const Tensor<double>& x,
                     const Tensor<double>& y, const std::string& title, const std::string& path) {
  std::vector<Tensor<float>> columns{x.to<float>(), y.to<float>(), c.xhat().to<float>()};
  for (Index k = 0; k < shown_directions; ++k)
    for (const double times : {-2.0, 2.0}) columns.push_back(moved(c, leading, k, times));
  const neb::Shape& shape = x.shape();
  const Index d = shape.stride(0);
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  for (Index row = 0; row < std::min(shown_digits, shape[0]); ++row) {
    Tensor<float> images(shape.with(0, std::ssize(columns)));
    for (std::size_t k = 0; k < columns.size(); ++k)
      std::copy_n(columns[k].data() + row * d, d, images.mutable_data() + static_cast<Index>(k) * d);
    sheet.add_row(std::to_string(row + 1), images, 0, std::ssize(columns));
  }
  sheet.write(path);
}

/// The mean over points of the k-th largest eigenvalue of C, for all k, as eigenvalues of sigma^2 H from the smallest on.
std::vector<double> mean_spectrum(const Tensor<double>& of_c, double variance) {
  std::vector<double> mean(static_cast<std::size_t>(of_c.shape()[1]), 0.0);
  for (Index row = 0; row < of_c.shape()[0]; ++row)
    for (Index k = 0; k < of_c.shape()[1]; ++k)
      mean[static_cast<std::size_t>(k)] += (1 - of_c(row, k) / variance) / static_cast<double>(of_c.shape()[0]);
  return mean;
}

/// "0.012 to 1.31, 46.2 % above 1; tr C 3.9 of which -2.1 negative".
std::string spectrum_text(const Tensor<double>& of_c, double variance) {
  const auto [least, largest] = std::minmax_element(of_c.span().begin(), of_c.span().end());
  double positive = 0, negative = 0, above = 0;
  for (const double value : of_c.span()) {
    (value < 0 ? negative : positive) += value / static_cast<double>(of_c.shape()[0]);
    above += value < 0 ? 1.0 / static_cast<double>(of_c.size()) : 0;
  }
  return text("%.3f to %.3f, %.1f %% above 1; tr C = %.2f - %.2f", 1 - *largest / variance, 1 - *least / variance,
              100 * above, positive, std::abs(negative));
}

struct SpectrumCurves {
  std::vector<Curve> curves{{.name = "1, the most of an optimal energy", .x = {}, .y = {}}};
  double high = 1, low = 0;

  void add(const std::string& name, const std::vector<double>& spectrum) {
    Curve curve{.name = name, .x = {}, .y = spectrum};
    for (std::size_t k = 0; k < spectrum.size(); ++k) curve.x.push_back(static_cast<double>(k + 1));
    high = std::max(high, spectrum.back());
    low = std::min(low, spectrum.front());
    curves.push_back(std::move(curve));
  }
};

/// A convex energy, trained on the spot.
DoubleEnergy trained_convex(const Laboratory& laboratory, double sigma, double& loss) {
  Program inner = laboratory.program();  // with files of its own
  inner.out = laboratory.program().path("posterior-convex");
  inner.quiet = true;
  make_folder(inner.out);
  Training training = training_at(sigma);
  training.architecture = neb::ConvexEnergyOptions{.quadratic = neb::exact_quadratic(sigma)};
  training.options.fill = 0;
  training.options.steps = laboratory.full() ? 3000 : 600;
  training.options.batch = 16;
  training.options.learning_rate = 2e-3;
  training.checkpoint = inner.path("checkpoint.safetensors");
  const std::optional<Trained> trained = train(inner, laboratory.images(), training);
  if (!trained) throw UsageError("interrupted");
  loss = std::get<double>(value_of(trained->summary, "test_loss"));
  return read_double_energy(inner.path("model.safetensors"));
}

/// Everything at one noise level; adds to the results, and to the curves of its spectra.
void measure(Laboratory& laboratory, double sigma, Results& results, SpectrumCurves& curves) {
  const Program& program = laboratory.program();
  const Tensor<float>& test = laboratory.images().test;
  const DoubleEnergy energy = laboratory.double_energy(sigma);
  const neb::Key key = neb::Key(program.seed).fold("posterior");
  const Index count = std::min<Index>(100, test.shape()[0]);
  const Tensor<double> x = test.rows(0, count).to<double>(), y = neb::smooth(x, sigma, key);
  const Index few = std::min<Index>(10, count);
  const std::string at = text("sigma = %.1f", sigma), prefix = text("sigma_%.1f_", sigma);
  const auto report = [&](const std::string& quantity, const std::string& ours) {
    results.findings.push_back({at + ": " + quantity, "", ours});
    program.print("%s: %s: %s\n", at.c_str(), quantity.c_str(), ours.c_str());
  };

  const PosteriorCovariance c(energy.phi, y.rows(0, few), sigma);
  const LanczosCheck check = check_lanczos(c, directions, key);
  report(
      text("%td leading eigenpairs at %td digits by Lanczos, beside all %td", directions, few, x.shape().stride(0)),
      text("eigenvalues differ by %.1e sigma^2, residuals are %.1e sigma^2, spaces by %.1e, which is %.2f of residual "
           "over gap; %td products",
           check.difference, check.residual, check.outside, check.allowed, check.products));
  report("seconds for these, and for all eigenpairs", text("%.1f, %.1f", check.seconds, check.exact_seconds));
  report("eigenvalues of sigma^2 H at these digits", spectrum_text(check.spectra, sigma * sigma));
  curves.add(at, mean_spectrum(check.spectra, sigma * sigma));

  std::vector<double> roots;
  for (Index k = 0; k < directions; ++k) {
    double sum = 0;
    for (Index row = 0; row < few; ++row) sum += std::max(0.0, check.leading.values(row, k)) / static_cast<double>(few);
    roots.push_back(std::sqrt(sum));
  }
  report("sqrt(lambda) of the ten directions, mean over digits", list_text("%.3f", roots));

  // More digits, fewer directions: is the clean image as far from the jump as C says?
  const PosteriorCovariance many(energy.phi, y, sigma);
  const neb::Eigenpairs leading = neb::leading_eigenpairs(many, shown_directions, key, {.tolerance = 1e-6});
  const std::vector<double> spread = spread_along(many, leading, x);
  report(text("(v.(x - xhat))^2 / lambda, mean over %td digits, in three directions", count),
         list_text("%.2f", spread));

  Tensor<double> first(c.shape());
  const Index d = x.shape().stride(0);
  for (Index row = 0; row < few; ++row)
    std::copy_n(check.leading.vectors.data() + row * directions * d, d, first.mutable_data() + row * d);
  const neb::PosteriorCumulants along = neb::posterior_cumulants(energy.phi, y.rows(0, few), first, sigma);
  std::vector<double> skewness, kurtosis;
  for (Index row = 0; row < few; ++row) {
    skewness.push_back(std::abs(along.third(row)) / std::pow(along.variance(row), 1.5));
    kurtosis.push_back(along.fourth(row) / std::pow(along.variance(row), 2));
  }
  std::sort(skewness.begin(), skewness.end());
  std::sort(kurtosis.begin(), kurtosis.end());
  const auto middle = static_cast<std::size_t>(few / 2);
  report("along the first direction: median abs(skewness) and excess kurtosis, by third and fourth derivatives",
         text("%.2f, %.2f", skewness[middle], kurtosis[middle]));

  results.numbers.insert(results.numbers.end(), {{prefix + "value_difference", check.difference},
                                                 {prefix + "residual", check.residual},
                                                 {prefix + "outside", check.outside},
                                                 {prefix + "over_bound", check.allowed},
                                                 {prefix + "products", check.products},
                                                 {prefix + "seconds", check.seconds},
                                                 {prefix + "exact_seconds", check.exact_seconds},
                                                 {prefix + "root_eigenvalues", roots},
                                                 {prefix + "spread", spread},
                                                 {prefix + "skewness", skewness},
                                                 {prefix + "kurtosis", kurtosis},
                                                 {prefix + "spectrum", mean_spectrum(check.spectra, sigma * sigma)}});
  const std::string picture = Program::picture_file(text("posterior-%.1f", sigma));
  draw_directions(c, check.leading, x.rows(0, few), y.rows(0, few), at + ": what the jump does not know",
                  program.path(picture));
  results.pictures.push_back(
      {picture,
       "Test digits, with noise, and their jumps xhat; then xhat - 2 sqrt(lambda) v and xhat + 2 sqrt(lambda) v "
       "along the three directions v in which the clean digit is least certain; " +
           at + "."});
}

}  // namespace

Results posterior(Laboratory& laboratory) {
  const Program& program = laboratory.program();
  Results results;
  SpectrumCurves curves;
  measure(laboratory, 0.3, results, curves);
  measure(laboratory, 0.7, results, curves);

  double loss = 0;
  const double sigma = 0.3;
  const DoubleEnergy convex = trained_convex(laboratory, sigma, loss);
  const Tensor<float>& test = laboratory.images().test;
  const neb::Key key = neb::Key(program.seed).fold("posterior");
  const Tensor<double> x = test.rows(0, std::min<Index>(10, test.shape()[0])).to<double>();
  const Tensor<double> spectra = neb::eigenvalues(PosteriorCovariance(convex.phi, neb::smooth(x, sigma, key), sigma));
  results.findings.push_back({text("a convex energy of sigma = 0.3 (test loss %.2f): eigenvalues of sigma^2 H", loss),
                              "", spectrum_text(spectra, sigma * sigma)});
  program.print("%s: %s\n", results.findings.back().quantity.c_str(), results.findings.back().ours.c_str());
  results.numbers.emplace_back("convex_test_loss", loss);
  results.numbers.emplace_back("convex_spectrum", mean_spectrum(spectra, sigma * sigma));
  curves.add("convex energy, sigma = 0.3", mean_spectrum(spectra, sigma * sigma));

  const double right = static_cast<double>(x.shape().stride(0)), margin = 0.05 * (curves.high - curves.low);
  curves.curves[0].x = {0, right};
  curves.curves[0].y = {1, 1};
  const std::string picture = Program::picture_file("posterior-spectrum");
  draw_curves(curves.curves,
              {.x_name = "eigenvalue number",
               .y_name = "of sigma^2 H",
               .bounds = {0, right, curves.low - margin, curves.high + margin}},
              program.path(picture));
  results.pictures.push_back(
      {picture,
       "The eigenvalues of sigma^2 H at noisy test digits, sorted, means over ten digits. Where the "
       "energy is right none exceeds 1, as C = sigma^2 (1 - sigma^2 H) is a covariance: so it is for "
       "the convex energy, by construction."});
  return results;
}

}  // namespace examples::paper
