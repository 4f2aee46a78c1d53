#include "parts/count_energy.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <neb/data/sample.hpp>
#include <neb/optim/adam.hpp>
#include <neb/optim/ema.hpp>
#include <neb/optim/schedule.hpp>

namespace examples {

using neb::Index, neb::Tensor, neb::Var;

CountEnergy::CountEnergy(const Tensor<float>& images, double photons, const neb::Key& key)
    : network({.image = {images.shape()[1], images.shape()[2], images.shape()[3]},
               .channels = {16, 32, 64},
               .kernel = 5,
               .stride = {2},
               .padding = 2},
              key),
      photons_(photons) {
  constexpr double darkest = 1e-3;  // no count is impossible, however black a pixel was so far
  const Tensor<float> mean = neb::mean_row(images);
  for (const float pixel : mean.span())
    log_mean_.push_back(std::log(photons * std::max(static_cast<double>(pixel), darkest)));
}

Var<float> CountEnergy::operator()(const Var<float>& y) const {
  const Index n = y.shape()[0], d = y.shape().stride(0);
  Tensor<float> known({n});
  for (Index row = 0; row < n; ++row) {
    double energy = 0;
    for (Index i = 0; i < d; ++i) {
      const double count = static_cast<double>(y.value().data()[row * d + i]);
      if (count > 0) energy += neb::log_factorial(count) - count * log_mean_[static_cast<std::size_t>(i)];
    }
    known.mutable_data()[row] = static_cast<float>(energy);
  }
  return Var<float>::constant(known) + network(static_cast<float>(1 / photons_) * y);
}

CountEnergy train_counts(const Program& program, const Tensor<float>& images, const neb::PoissonNoise& noise,
                         const CountTraining& training) {
  CountEnergy phi(images, noise.exposure, neb::Key(program.seed).fold("weights"));
  const neb::Key stream = neb::Key(program.seed).fold("photon_counts");
  neb::Adam<float> adam;
  neb::Ema average(phi.network, 0.99);
  ProgressBar bar = program.progress("training", "steps");
  double loss = 0;
  std::string note;
  for (Index step = 0; step < training.steps; ++step) {
    const neb::Key key = stream.at(static_cast<std::uint64_t>(step));
    const double progress = static_cast<double>(step) / static_cast<double>(training.steps);
    bar.update(progress, static_cast<double>(step), note);
    const Tensor<float> x = neb::sample_rows(images, training.batch, key);
    Var<float> objective = noise.objective(phi, x, noise.draw(x, key), training.pixels, key);
    const double value = static_cast<double>(objective.item());
    if (!(std::abs(value) < 1e30))
      throw neb::Error("training diverged at step " + std::to_string(step) + "; lower --learning-rate");
    loss += (value - loss) / static_cast<double>(std::min<Index>(step + 1, 100));  // the mean of some hundred steps
    if (step % 50 == 0) {
      char text[64];
      std::snprintf(text, sizeof text, "step %ld, loss %.1f", static_cast<long>(step), loss);
      note = text;
    }
    adam.set_learning_rate(training.learning_rate * neb::schedule_factor(neb::Schedule::cosine, progress, 0.02));
    adam.step(phi.network, neb::grad(std::move(objective), phi.network));
    average.update(phi.network);
  }
  phi.network = average.averaged(phi.network);
  return phi;
}

}  // namespace examples
