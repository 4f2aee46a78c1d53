#include "paper/score_network.hpp"

#include <cmath>
#include <functional>

#include <neb/autodiff/transforms.hpp>
#include <neb/bayes/deen.hpp>
#include <neb/data/sample.hpp>
#include <neb/draw/canvas.hpp>
#include <neb/io/safetensors.hpp>
#include <neb/ops/pooling.hpp>
#include <neb/optim/adam.hpp>
#include <neb/optim/schedule.hpp>

#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor, neb::Var;

namespace {

std::vector<Index> widths(std::vector<Index> first, const std::vector<Index>& hidden, const std::vector<Index>& last) {
  first.insert(first.end(), hidden.begin(), hidden.end());
  first.insert(first.end(), last.begin(), last.end());
  return first;
}

/// The mean over samples of the summed squares of x - xhat.
Var<double> error_of(const Var<double>& x, const Var<double>& xhat) {
  return neb::sum(neb::square(x - xhat)) / static_cast<double>(x.shape()[0]);
}

Var<double> score_jump(const neb::Mlp<double>& psi, const Var<double>& y, double sigma) {
  return y + (sigma * sigma) * psi(y);
}

/// Every 4 x 4 pixels of images (N, H, W, C) averaged: (N, d) with a d that is small enough for whole Jacobians.
Tensor<double> small_images(const Tensor<float>& images) {
  const Tensor<float> pooled = neb::flatten(neb::average_pool2d(Var<float>::constant(images), {.window = 4})).value();
  Tensor<double> x(pooled.shape());
  std::copy(pooled.span().begin(), pooled.span().end(), x.mutable_data());
  return x;
}

/// (J + sign J^T) / 2 of the first of matrices (N, d, d), as an image (d, d, 1).
Tensor<double> part(const Tensor<double>& matrices, double sign) {
  const Index d = matrices.shape()[1];
  Tensor<double> image({d, d, 1});
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) image.mutable_data()[i * d + j] = (matrices(0, i, j) + sign * matrices(0, j, i)) / 2;
  return image;
}

/// Matrices (N, d, d) with `value` added to their diagonals.
Tensor<double> plus_diagonal(Tensor<double> matrices, double value) {
  const Index d = matrices.shape()[1];
  for (Index n = 0; n < matrices.shape()[0]; ++n)
    for (Index i = 0; i < d; ++i) matrices.mutable_data()[(n * d + i) * d + i] += value;
  return matrices;
}

/// Symmetric and antisymmetric parts of both matrices; the latter are small, and drawn five times as strong.
void draw(const Tensor<double>& score, const Tensor<double>& energy, const std::string& path) {
  const Index d = score.shape()[1], scale = std::max<Index>(1, 260 / d), side = d * scale;
  constexpr Index gap = 24, heading = 44;
  neb::Canvas canvas(2 * (side + heading) + gap, 2 * side + 3 * gap);
  double range = 0;  // beside the diagonal, where -1 / sigma^2 stands in both
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j)
      if (i != j) range = std::max(range, std::abs(score(0, i, j)));
  const auto panel = [&](Index row, Index column, const std::string& name, const Tensor<double>& image) {
    const Index top = row * (side + heading), left = gap + column * (side + gap);
    canvas.text(top + 20, left, name);
    const double shown = column == 0 ? range : range / 5;
    canvas.image(top + heading, left, neb::colour_map(image, {-shown, shown}), scale);
  };
  panel(0, 0, "score: (J + JT) / 2", part(score, 1));
  panel(0, 1, "5 (J - JT) / 2", part(score, -1));
  panel(1, 0, "energy: (H + HT) / 2", part(energy, 1));
  panel(1, 1, "5 (H - HT) / 2", part(energy, -1));
  canvas.write(path);
}

}  // namespace

EnergyAndScore::EnergyAndScore(Index d, const ScoreTraining& training, const neb::Key& key)
    : phi({.widths = widths({d}, training.hidden, {})}, key.fold("energy")),
      psi(widths({d}, training.hidden, {d}), key.fold("score")) {}

void EnergyAndScore::train(const Tensor<double>& x, const ScoreTraining& training, const neb::Key& key,
                           const neb::OnProgress& on_progress) {
  neb::Adam<double> energy_adam, score_adam;
  for (Index step = 0; step < training.steps; ++step) {
    const double done = static_cast<double>(step) / static_cast<double>(training.steps);
    const double rate = training.learning_rate * neb::schedule_factor(neb::Schedule::cosine, done, 0.02);
    const neb::Key here = key.fold("step").at(static_cast<std::uint64_t>(step));
    const auto clean = Var<double>::constant(neb::sample_rows(x, training.batch, here));
    const Var<double> y = neb::smooth(clean, training.sigma, here);
    energy_adam.set_learning_rate(rate);
    energy_adam.step(phi, neb::grad(neb::deen_loss(phi, clean, y, training.sigma), phi));
    score_adam.set_learning_rate(rate);
    score_adam.step(psi, neb::grad(error_of(clean, score_jump(psi, y, training.sigma)), psi));
    if (on_progress && !on_progress({static_cast<double>(step + 1) / static_cast<double>(training.steps), step + 1}))
      return;
  }
}

double energy_error(const EnergyAndScore& networks, const Tensor<double>& x, double sigma, const neb::Key& key) {
  return neb::denoising_error(networks.phi, x, sigma, key);
}

double score_error(const EnergyAndScore& networks, const Tensor<double>& x, double sigma, const neb::Key& key) {
  const auto y = Var<double>::constant(neb::smooth(x, sigma, key));
  return error_of(Var<double>::constant(x), score_jump(networks.psi, y, sigma)).item();
}

double asymmetry(const Tensor<double>& matrices) {
  const Index d = matrices.shape()[1];
  double total = 0;
  for (Index n = 0; n < matrices.shape()[0]; ++n) {
    double difference = 0, size = 0;
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j < d; ++j) {
        difference += std::pow(matrices(n, i, j) - matrices(n, j, i), 2);
        size += std::pow(matrices(n, i, j), 2);
      }
    total += std::sqrt(difference / size);
  }
  return total / static_cast<double>(matrices.shape()[0]);
}

Results remark_7(Laboratory& laboratory) {
  const ScoreTraining training{.steps = laboratory.full() ? 50000 : 5000};
  const neb::Key key = neb::Key(laboratory.program().seed).fold("remark 7");
  const Tensor<double> x = small_images(laboratory.images().train), test = small_images(laboratory.images().test);
  const auto points = Var<double>::constant(
      neb::smooth(test.rows(0, std::min<Index>(20, test.shape()[0])), training.sigma, key.fold("points")));
  EnergyAndScore networks(x.shape()[1], training, key);

  const auto score = [&] { return neb::jacobian(networks.psi, points); };
  const auto energy = [&] { return neb::hessian(networks.phi, points); };
  const double score_before = asymmetry(score()), energy_before = asymmetry(energy());
  {
    ProgressBar bar = laboratory.program().progress("training an energy and a score", "steps");
    networks.train(x, training, key, std::ref(bar));
  }
  const double score_after = asymmetry(score()), energy_after = asymmetry(energy());
  // At the optimum J = -I / sigma^2 + Cov(X | y) / sigma^4: the first term is no merit of the network.
  const double learned = asymmetry(plus_diagonal(score(), 1 / (training.sigma * training.sigma)));
  const double of_energy = energy_error(networks, test, training.sigma, key.fold("test"));
  const double of_score = score_error(networks, test, training.sigma, key.fold("test"));
  draw(score(), energy(), laboratory.program().picture_path("remark-7"));

  Results results;
  results.numbers = {{"pixels", x.shape()[1]},
                     {"points", points.shape()[0]},
                     {"steps", training.steps},
                     {"score_asymmetry_untrained", score_before},
                     {"score_asymmetry", score_after},
                     {"score_asymmetry_beside_diagonal", learned},
                     {"energy_asymmetry_untrained", energy_before},
                     {"energy_asymmetry", energy_after},
                     {"score_test_loss", of_score},
                     {"energy_test_loss", of_energy}};
  const std::string trained = text(" after %td steps", training.steps);
  results.findings = {
      {"norm of J - JT over norm of J, score network, before training", "", text("%.3f", score_before)},
      {"norm of J - JT over norm of J, score network," + trained, "", text("%.3f", score_after)},
      {"the same of J + 1 / s^2, what the score network has learned," + trained, "", text("%.3f", learned)},
      {"norm of H - HT over norm of H, energy," + trained, "0", text("%.1g", energy_after)},
      {"test loss at sigma = 0.3 of the energy, of the score", "", text("%.4f, %.4f", of_energy, of_score)}};
  results.pictures = {
      {Program::picture_file("remark-7"),
       "Symmetric and antisymmetric parts of the score's Jacobian and of the energy's Hessian at the first "
       "test digit; nought is the green in the middle of the scale."}};
  return results;
}

}  // namespace examples::paper
