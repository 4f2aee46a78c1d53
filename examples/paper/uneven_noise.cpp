#include "paper/uneven_noise.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include <neb/bayes/gaussian_noise.hpp>
#include <neb/data/sample.hpp>
#include <neb/optim/adam.hpp>
#include <neb/optim/ema.hpp>
#include <neb/optim/schedule.hpp>
#include <neb/sampling/preconditioned_langevin.hpp>

#include "common/contact_sheet.hpp"
#include "paper/curves.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::Covariance, neb::Index, neb::Tensor, neb::Var;

namespace {

constexpr double first = 0.1, last = 0.6;  // standard deviations of the left and of the right column

/// The mean over the columns of a quarter of the image.
double quarter(const std::vector<double>& columns, std::size_t which) {
  const std::size_t width = columns.size() / 4, begin = which == 0 ? 0 : columns.size() - width;
  return std::accumulate(columns.begin() + static_cast<std::ptrdiff_t>(begin),
                         columns.begin() + static_cast<std::ptrdiff_t>(begin + width), 0.0) /
         static_cast<double>(width);
}

double average(const std::vector<double>& columns) {
  return std::accumulate(columns.begin(), columns.end(), 0.0) / static_cast<double>(columns.size());
}

/// A curve over the columns, from 1 on.
Curve curve_of(const std::string& name, const std::vector<double>& columns) {
  Curve curve{.name = name, .x = {}, .y = columns};
  for (std::size_t k = 1; k <= columns.size(); ++k) curve.x.push_back(static_cast<double>(k));
  return curve;
}

/// Sums of a b over all but the column, for a and b: (N, H, W, C).
std::vector<double> products_by_column(const Tensor<float>& a, const Tensor<float>& b) {
  const Index width = a.shape()[2], channels = a.shape()[3];
  std::vector<double> sums(static_cast<std::size_t>(width));
  for (Index i = 0; i < a.size(); ++i)
    sums[static_cast<std::size_t>(i / channels % width)] +=
        static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sums;
}

Tensor<float> difference(const Tensor<float>& a, const Tensor<float>& b) {
  return (Var<float>::constant(a) - Var<float>::constant(b)).value();
}

}  // namespace

Tensor<float> deviations_to_one_side(const neb::Shape& image, double from, double to) {
  Tensor<float> deviations(image);
  for (Index i = 0; i < deviations.size(); ++i) {
    const auto column = static_cast<double>(i / image[2] % image[1]);
    deviations.mutable_data()[i] = static_cast<float>(std::lerp(from, to, column / static_cast<double>(image[1] - 1)));
  }
  return deviations;
}

double mean_deviation(const Tensor<float>& deviations) {
  double squares = 0;
  for (const float s : deviations.span()) squares += static_cast<double>(s) * static_cast<double>(s);
  return std::sqrt(squares / static_cast<double>(deviations.size()));
}

Var<float> UnevenEnergy::operator()(const Var<float>& y) const {
  const Var<float> offset = (y - Var<float>::constant(centre)) / Var<float>::constant(deviations);
  return network(y) + 0.5f * sum(square(flatten(offset)), 1);
}

EnergyFunction learn_uneven(const Program& program, const Images& images, const Tensor<float>& deviations,
                            const UnevenTraining& training) {
  const neb::Key key = neb::Key(program.seed).fold("uneven noise");
  const neb::Shape& data = images.train.shape();
  neb::ConvEnergyOptions architecture = training.architecture;
  architecture.image = {data[1], data[2], data[3]};
  UnevenEnergy phi{neb::ConvEnergy<float>(architecture, key.fold("weights")), deviations, neb::mean_row(images.train)};
  const auto noise = Covariance<float>::diagonal(deviations);
  neb::Adam<float> adam;
  neb::Ema average(phi, 0.995);
  ProgressBar bar = program.progress("training", "images");
  for (Index step = 0; step < training.steps; ++step) {
    const double progress = static_cast<double>(step) / static_cast<double>(training.steps);
    const neb::Key draw = key.at(static_cast<std::uint64_t>(step));
    const auto x = Var<float>::constant(sample_rows(images.train, training.batch, draw));
    adam.set_learning_rate(training.learning_rate * schedule_factor(neb::Schedule::trapezoid, progress, 0.02));
    adam.step(phi, grad(deen_loss(phi, x, smooth(x, noise, draw), noise), phi));
    average.update(phi);
    bar.update(progress, static_cast<double>(step * training.batch));
  }
  const auto learned = std::make_shared<const UnevenEnergy>(average.averaged(phi));
  return [learned](const Var<float>& y) { return (*learned)(y); };
}

std::vector<double> errors_by_column(const Tensor<float>& a, const Tensor<float>& b) {
  const Tensor<float> apart = difference(a, b);
  std::vector<double> errors = products_by_column(apart, apart);
  for (double& error : errors) error *= static_cast<double>(errors.size()) / static_cast<double>(a.size());
  return errors;
}

std::vector<double> memory_by_column(const EnergyFunction& phi, const Tensor<float>& y, const Covariance<float>& noise,
                                     const Covariance<float>& preconditioner, double delta, Index steps,
                                     const neb::Key& key) {
  const auto noise_of = [&](const Tensor<float>& at) { return difference(at, neb::robbins_jump(phi, at, noise)); };
  const neb::PreconditionedLangevin<float> chains{.y = y, .delta = delta, .preconditioner = preconditioner};
  const Tensor<float> before = noise_of(y), after = noise_of(neb::walk(phi, chains, steps, key).y);
  std::vector<double> memory = products_by_column(before, after);
  const std::vector<double> squares = products_by_column(before, before), others = products_by_column(after, after);
  for (std::size_t k = 0; k < memory.size(); ++k) memory[k] /= std::sqrt(squares[k] * others[k]);
  return memory;
}

Results uneven_noise(Laboratory& laboratory) {
  const Program& program = laboratory.program();
  const Images& images = laboratory.images();
  const neb::Shape image{images.train.shape()[1], images.train.shape()[2], images.train.shape()[3]};
  const Tensor<float> deviations = deviations_to_one_side(image, first, last);
  const double mean = mean_deviation(deviations);
  const auto noise = Covariance<float>::diagonal(deviations),
             assumed = Covariance<float>::isotropic(static_cast<float>(mean));
  const UnevenTraining training;
  const EnergyFunction phi = learn_uneven(program, images, deviations, training);
  const EnergyFunction even =
      learn_uneven(program, images, Tensor<float>::full(image, static_cast<float>(mean)), training);

  const Index test = std::min<Index>(1000, images.test.shape()[0]), shown = std::min<Index>(10, test);
  const Tensor<float> x = images.test.rows(0, test);
  const Tensor<float> y = smooth(x, noise, neb::Key(program.seed).fold("uneven test"));
  const Tensor<float> xhat = robbins_jump(phi, y, noise), other = robbins_jump(even, y, assumed);
  const std::vector<double> alone = errors_by_column(x, y), ours = errors_by_column(x, xhat),
                            theirs = errors_by_column(x, other);

  // A walk is stable where delta^2 < 2 s^2 in all pixels: without P, those of little noise decide.
  constexpr Index steps = 64;
  constexpr double share = 1.0 / 8;
  const Tensor<float> y0 = smooth(images.train.rows(0, std::min<Index>(100, images.train.shape()[0])), noise,
                                  neb::Key(program.seed).fold("uneven chains"));
  const neb::Key walk_key = neb::Key(program.seed).fold("uneven walk");
  const std::vector<double> with = memory_by_column(phi, y0, noise, noise, share, steps, walk_key),
                            without =
                                memory_by_column(phi, y0, noise, Covariance<float>(), share * first, steps, walk_key);

  const auto errors = [&](const std::vector<double>& columns) {
    return text("%.4f, %.4f, %.4f", average(columns), quarter(columns, 0), quarter(columns, 1));
  };
  const auto memories = [&](const std::vector<double>& columns) {
    return text("%.2f, %.2f", quarter(columns, 0), quarter(columns, 1));
  };
  Results results{
      .numbers = {{"first_deviation", first},
                  {"last_deviation", last},
                  {"mean_deviation", mean},
                  {"steps", training.steps},
                  {"test_digits", test},
                  {"noise_errors", alone},
                  {"errors", ours},
                  {"errors_assuming_the_mean", theirs},
                  {"memory_of_walk", without},
                  {"memory_of_preconditioned_walk", with}},
      .findings =
          {{"squared error of a pixel, of all, of the left quarter, of the right quarter: noise alone", "",
            errors(alone)},
           {"the same after a jump by the energy of this noise", "", errors(ours)},
           {text("after a jump by the energy of sigma = %.3f, the mean variance, everywhere", mean), "",
            errors(theirs)},
           {text("noise that is the same after %td steps of the walk, delta = s_min / 8: correlation in the left "
                 "quarter, in the right one",
                 steps),
            "", memories(without)},
           {"the same of the walk preconditioned by Sigma, delta = 1 / 8", "", memories(with)}},
      .pictures = {}};
  for (const Finding& finding : results.findings)
    program.print("%s: %s\n", finding.quantity.c_str(), finding.ours.c_str());

  ContactSheet sheet("Noise from 0.1 at the left to 0.6 at the right, and two jumps", image);
  sheet.add_row("clean", x, 0, shown);
  sheet.add_row("noisy", y, 0, shown);
  sheet.add_row("jump", xhat, 0, shown);
  sheet.add_row("mean s", other, 0, shown);
  const std::string picture = Program::picture_file("uneven-noise"),
                    chart = Program::picture_file("uneven-noise-errors");
  sheet.write(program.path(picture));
  const auto columns = static_cast<double>(ours.size());
  const double worst =
      std::max(*std::max_element(ours.begin(), ours.end()), *std::max_element(theirs.begin(), theirs.end()));
  draw_curves({curve_of("energy of this noise", ours), curve_of("assuming the mean variance", theirs)},
              {"column", "squared error of a pixel", {1, columns, 0, 1.1 * worst}}, program.path(chart));
  results.pictures = {
      {picture,
       "Test digits; with noise that grows from left to right; after a jump by the energy that has learned this "
       "noise; after one by an energy that assumes its mean variance in all pixels."},
      {chart, text("Squared error of a pixel after each jump, by column, over %td test digits.", test)}};
  return results;
}

}  // namespace examples::paper
