#include "paper/several_measurements.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <neb/bayes/chi.hpp>
#include <neb/bayes/measurements.hpp>
#include <neb/sampling/mala.hpp>

#include "common/contact_sheet.hpp"
#include "paper/text.hpp"
#include "parts/nearest.hpp"
#include "parts/train.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor, neb::Var;

namespace {

constexpr double measurement_sigma = 0.6;  // of a measurement

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
  return values[values.size() / 2];
}

/// MALA in an energy from y0, for the length of a block.
MeanMeasurement walk_block(const Program& program, const TrainedEnergy& of_jump, const EnergyFunction& phi,
                           const Tensor<float>& y0, const MeasurementWalks& settings, const neb::Key& key) {
  neb::Mala<float> chains{.y = y0, .delta = of_jump.sigma / 10, .warm_up = settings.warm_up};
  ProgressBar bar = program.progress(text("measurements, noise %.2f", of_jump.sigma), "steps");
  chains = neb::walk(phi, std::move(chains), settings.warm_up + settings.steps, key, std::ref(bar));
  MeanMeasurement found{.sigma = of_jump.sigma, .y = chains.y, .delta = chains.delta / of_jump.sigma};
  found.xhat = neb::robbins_jump(of_jump.phi, found.y, static_cast<float>(of_jump.sigma));
  for (const double part : chains.acceptance()) found.acceptance += part / static_cast<double>(settings.chains);
  return found;
}

/// The energy of 0.6, from the weights of the shipped one of 0.7.
TrainedEnergy train_first(const Program& program, Laboratory& laboratory, Summary& numbers) {
  Program inner = program;  // with files of its own
  inner.out = program.path("several-measurements");
  make_folder(inner.out);
  Training training = training_at(measurement_sigma);
  training.start = laboratory.model_file(0.7);
  training.start_quadratic = neb::exact_quadratic(measurement_sigma);
  training.options.batch = 16;
  training.options.steps = 2000;
  training.options.learning_rate = 1e-3;
  training.options.schedule = neb::Schedule::trapezoid;
  training.options.seed = program.seed;
  training.checkpoint = inner.path("checkpoint.safetensors");
  const std::optional<Trained> trained = train(inner, laboratory.images(), training);
  if (!trained) throw UsageError("interrupted");
  numbers.emplace_back("train_steps", training.options.steps);
  numbers.emplace_back("train_seconds", value_of(trained->summary, "seconds"));
  numbers.emplace_back("test_loss", value_of(trained->summary, "test_loss"));
  return trained->energy;
}

std::string sharpness_text(const Sharpness& of) {
  return text("%.4f; %.4f, above 0.99 for %.0f %%", of.chi, of.confidence, 100 * of.sure);
}

}  // namespace

std::vector<MeanMeasurement> measure_in_sequence(const Program& program, const std::vector<TrainedEnergy>& energies,
                                                 const MeasurementWalks& settings) {
  const neb::Key key = neb::Key(program.seed).fold("several measurements");
  const neb::Shape& image = energies.front().image;
  const neb::Shape shape{settings.chains, image[0], image[1], image[2]};
  std::vector<MeanMeasurement> all;
  for (const TrainedEnergy& energy : energies) {
    const neb::Key block = key.at(all.size());
    const auto noise = static_cast<float>(energy.sigma);
    if (all.empty()) {
      const Tensor<float> y0 = neb::smooth(neb::random_uniform<float>(shape, block.fold("start")), noise, block);
      all.push_back(walk_block(program, energy, energy.phi, y0, settings, block));
      continue;
    }
    const MeanMeasurement& before = all.back();
    const auto noise_before = static_cast<float>(before.sigma);
    const EnergyFunction given = [&](const Var<float>& z) {
      return neb::energy_given(energy.phi, z, noise, before.y, noise_before);
    };
    MeanMeasurement next = walk_block(program, energy, given, neb::smooth(before.xhat, noise, block), settings, block);
    const double more = before.sigma * before.sigma - energy.sigma * energy.sigma;
    for (const double chi : neb::chi(before.y, next.y))  // |a - b|^2 = 4 d chi^2
      next.added += 4 * chi * chi / more / static_cast<double>(settings.chains);
    all.push_back(std::move(next));
  }
  return all;
}

Sharpness sharpness_of(const Tensor<float>& xhat, const Tensor<float>& train, const Confidence& confidence) {
  const std::vector<double> sure = confidence(xhat);
  const auto above = std::count_if(sure.begin(), sure.end(), [](double p) { return p > 0.99; });
  return {median(nearest_rows(xhat, train).chi), median(sure),
          static_cast<double>(above) / static_cast<double>(sure.size())};
}

Results several_measurements(Laboratory& laboratory) {
  const Program& program = laboratory.program();
  const Images& images = laboratory.images();
  const Classifier& classifier = laboratory.classifier();
  const Confidence confidence = [&](const Tensor<float>& x) { return classifier.confidence(x); };
  const MeasurementWalks settings;
  Results results{.numbers = {{"sigma", measurement_sigma}, {"chains", settings.chains}, {"steps", settings.steps}},
                  .findings = {},
                  .pictures = {}};
  const std::vector<TrainedEnergy> energies{train_first(program, laboratory, results.numbers), laboratory.energy(0.3),
                                            laboratory.energy(0.15)};
  const std::vector<MeanMeasurement> found = measure_in_sequence(program, energies, settings);

  const Index test = std::min<Index>(1000, images.test.shape()[0]), shown = std::min<Index>(10, settings.chains);
  ContactSheet sheet("Means of 1, 4 and 16 measurements of noise 0.6, and the jumps from them", energies[0].image);
  std::vector<int> classes;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const MeanMeasurement& one = found[i];
    const auto count = static_cast<Index>(std::lround(std::pow(measurement_sigma / one.sigma, 2)));
    const std::string name = text("M = %td", count), prefix = text("m%td_", count);
    sheet.add_row(name, one.y, 0, shown, /*gap=*/i > 0);
    sheet.add_row("jump", one.xhat, 0, shown);
    const auto noise = static_cast<float>(one.sigma);
    const Tensor<float> real = neb::robbins_jump(
        energies[i].phi, neb::smooth(images.test.rows(0, test), noise, neb::Key(program.seed)), noise);
    const Sharpness ours = sharpness_of(one.xhat, images.train, confidence),
                    theirs = sharpness_of(real, images.train, confidence);
    results.findings.push_back(
        {name + ": chi of the jumps to the nearest training digit; confidence in their class, medians", "",
         sharpness_text(ours)});
    results.findings.push_back({text("the same of %td test digits with that noise", test), "", sharpness_text(theirs)});
    const std::vector<int> now = classifier(one.xhat);
    Index changed = 0;
    for (std::size_t k = 0; k < classes.size(); ++k) changed += now[k] != classes[k] ? 1 : 0;
    if (i > 0) {
      results.findings.push_back(
          {name + ": |y - y before|^2 over d times the difference of variances", "1", text("%.4f", one.added)});
      results.findings.push_back(
          {name + ": chains whose class is another than before", "", text("%td of %td", changed, settings.chains)});
    }
    results.findings.push_back(
        {name + ": classes seen; delta of MALA over the noise, and its acceptance", "",
         text("%zu; %.2f, %.2f", std::set<int>(now.begin(), now.end()).size(), one.delta, one.acceptance)});
    classes = now;
    const auto add = [&](const char* what, SummaryValue value) {
      results.numbers.emplace_back(prefix + what, std::move(value));
    };
    add("sharpness", std::vector<double>{ours.chi, ours.confidence, ours.sure});
    add("sharpness_of_test_digits", std::vector<double>{theirs.chi, theirs.confidence, theirs.sure});
    add("added", one.added);
    add("changed", changed);
    add("delta", one.delta);
    add("acceptance", one.acceptance);
    program.print("%s: %s\n", name.c_str(), sharpness_text(ours).c_str());
  }
  const std::string picture = Program::picture_file("several-measurements");
  sheet.write(program.path(picture));
  results.pictures.push_back(
      {picture,
       "Measurements of images that nobody has seen, a chain in each column: drawn from mere noise, first one, then three more "
       "given that one, then twelve more given the four. Their mean, and the jump from it."});
  return results;
}

}  // namespace examples::paper
