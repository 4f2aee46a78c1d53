#include "paper/walk_noise.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <neb/bayes/escaped.hpp>
#include <neb/bayes/robbins_jump.hpp>
#include <neb/bayes/smooth.hpp>
#include <neb/data/sample.hpp>
#include <neb/ops/elementary.hpp>

#include "common/contact_sheet.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor, neb::Var;

namespace {

constexpr double walk_sigma = 0.3, walk_delta = walk_sigma / 100;

/// The energy of N(0, sigma^2 I), from a start within it: how wide either walk becomes.
void on_a_gaussian(const Program& program, const neb::Key& key, Results& results) {
  constexpr double variance = walk_sigma * walk_sigma;
  constexpr Index chains = 8, d = 784, steps = 30000;  // three natural time units
  const EnergyFunction phi = [](const Var<float>& y) {
    return neb::sum(neb::square(y), 1) / static_cast<float>(2 * variance);
  };
  ProgressBar bar = program.progress("walking on a Gaussian", "steps");
  const Tensor<float> y0 = neb::smooth(Tensor<float>::zeros({chains, d}), static_cast<float>(walk_sigma), key);
  const WalkNoise walks = walk_both(phi, y0, walk_delta, {steps}, key, std::ref(bar));
  const Tensor<float> origin = Tensor<float>::zeros({chains, d});
  const auto inflation = [&](double found) { return std::sqrt(found / variance); };
  const double right = inflation(mean_squared_distance(walks.y[0], origin));
  const double literal = inflation(mean_squared_distance(walks.literal[0], origin));
  const double right_form = inflation(stationary_variance(variance, walk_delta, std::sqrt(2.0) * walk_delta));
  const double literal_form = inflation(stationary_variance(variance, walk_delta, std::sqrt(2 * walk_delta)));
  const double error = 1 / std::sqrt(2.0 * chains * d);
  results.numbers = {{"delta", walk_delta},
                     {"gaussian_inflation", right},
                     {"gaussian_inflation_literal", literal},
                     {"gaussian_inflation_closed_form", right_form},
                     {"gaussian_inflation_literal_closed_form", literal_form},
                     {"gaussian_inflation_relative_error", error}};
  const std::string of_what = text(" (+-: the standard error of %td independent coordinates)", chains * d);
  results.findings.push_back({"standard deviation of a walk on N(0, s^2 I), over s, with noise sqrt(2) delta e", "",
                              text("%.3f +- %.3f; closed form %.5f", right, right * error, right_form) + of_what});
  results.findings.push_back(
      {"the same with the noise sqrt(2 delta) e of the text we have", "",
       text("%.2f +- %.2f; closed form %.2f", literal, literal * error, literal_form) + of_what});
}

/// The trained energy: jumps of both walks from the same starts, with the same e.
void on_digits(Laboratory& laboratory, const neb::Key& key, Results& results) {
  const TrainedEnergy& energy = laboratory.energy(walk_sigma);
  constexpr Index chains = 10;
  const std::vector<Index> steps{10, 100, laboratory.full() ? 10000 : 1000};
  const Tensor<float> x0 = neb::sample_rows(laboratory.images().train, chains, key);
  const Tensor<float> y0 = neb::smooth(x0, static_cast<float>(walk_sigma), key);

  WalkNoise walks;
  {
    ProgressBar bar = laboratory.program().progress("walking both ways", "steps");
    walks = walk_both(energy.phi, y0, walk_delta, steps, key, std::ref(bar));
  }

  ContactSheet sheet("sigma = 0.3, delta = 0.003: jumps of both walks from one start, with one noise", energy.image);
  sheet.add_row("data x0", x0, 0, chains);
  std::vector<double> distance, literal_distance, error, literal_error, lost, literal_lost;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const auto row = [&](const Tensor<float>& y, const char* label, std::vector<double>& moved,
                         std::vector<double>& off, std::vector<double>& away) {
      const Tensor<float> xhat = neb::robbins_jump(energy.phi, y, static_cast<float>(walk_sigma));
      sheet.add_row(label + std::to_string(steps[k]) + " steps", xhat, 0, chains, /*gap=*/&y == &walks.y[k]);
      const std::vector<bool> escaped = neb::escaped(y);
      for (Index chain = 0; chain < chains; ++chain)
        if (escaped[static_cast<std::size_t>(chain)]) sheet.cross_out(chain);
      moved.push_back(mean_squared_distance(y, y0));
      off.push_back(mean_squared_distance(xhat, x0));
      away.push_back(static_cast<double>(std::count(escaped.begin(), escaped.end(), true)));
    };
    row(walks.y[k], "sqrt(2) delta e, ", distance, error, lost);
    row(walks.literal[k], "sqrt(2 delta) e, ", literal_distance, literal_error, literal_lost);
  }
  const std::string stem = "walk-noise";
  sheet.write(laboratory.program().picture_path(stem));

  for (std::size_t k = 0; k < steps.size(); ++k) {
    const std::string after = text(" after %td steps", steps[k]);
    results.findings.push_back({"mean squared distance from y0 per pixel" + after, "",
                                text("%.3g; with sqrt(2 delta) e %.3g", distance[k], literal_distance[k])});
    results.findings.push_back({"mean squared distance of the jump from x0 per pixel" + after, "",
                                text("%.3g; with sqrt(2 delta) e %.3g", error[k], literal_error[k])});
  }
  results.findings.push_back(
      {text("chains with a pixel outside [-%.0f, %.0f] after %td steps", neb::escape_bound, neb::escape_bound,
            steps.back()),
       "", text("%.0f of %td; with sqrt(2 delta) e %.0f of %td", lost.back(), chains, literal_lost.back(), chains)});
  const std::vector<double> at(steps.begin(), steps.end());
  results.numbers.insert(results.numbers.end(), {{"steps", at},
                                                 {"distance", distance},
                                                 {"distance_literal", literal_distance},
                                                 {"jump_distance", error},
                                                 {"jump_distance_literal", literal_error},
                                                 {"escaped", lost},
                                                 {"escaped_literal", literal_lost}});
  results.pictures.push_back(
      {Program::picture_file(stem),
       "Jumps of a walk with the noise sqrt(2) delta e, and of one with the sqrt(2 delta) e of the text we have."});
}

}  // namespace

Tensor<float> literal_walk(const EnergyFunction& phi, Tensor<float> y, neb::WalkOptions options, const neb::Key& key,
                           const neb::OnProgress& on_progress) {
  const auto drift = static_cast<float>(options.delta * options.delta);
  const auto spread = static_cast<float>(std::sqrt(2 * options.delta));  // sqrt(2) delta would be right
  const neb::Key noise = key.fold("langevin");
  for (Index taken = 0; taken < options.steps;) {
    const Tensor<float> slope = neb::energy_and_gradient(phi, Var<float>::constant(y)).gradient.value();
    const Tensor<float> e =
        neb::random_normal<float>(y.shape(), noise.at(static_cast<std::uint64_t>(options.first_step + taken)));
    float* const out = y.mutable_data();
    for (Index i = 0; i < y.size(); ++i) out[i] += spread * e.data()[i] - drift * slope.data()[i];
    ++taken;
    if (on_progress && !on_progress({static_cast<double>(taken) / static_cast<double>(options.steps), taken})) break;
  }
  return y;
}

double stationary_variance(double variance, double delta_, double spread) {
  const double kept = 1 - delta_ * delta_ / variance;  // of y, in a step
  return spread * spread / (1 - kept * kept);
}

WalkNoise walk_both(const EnergyFunction& phi, const Tensor<float>& y0, double delta_, const std::vector<Index>& steps,
                    const neb::Key& key, const neb::OnProgress& on_progress) {
  WalkNoise walks{.steps = {}, .y = {}, .literal = {}};
  Tensor<float> y = y0, literal = y0;
  Index done = 0, taken = 0;  // by each, by both
  bool stopped = false;
  const auto goes_on = [&](const neb::Progress& walked) {
    const Index count = taken + walked.count;
    stopped =
        on_progress && !on_progress({static_cast<double>(count) / (2 * static_cast<double>(steps.back())), count});
    return !stopped;
  };
  for (const Index end : steps) {
    const neb::WalkOptions options{.delta = delta_, .steps = end - done, .first_step = done};
    y = neb::langevin_walk(phi, y, options, key, goes_on);
    taken += options.steps;
    if (!stopped) literal = literal_walk(phi, literal, options, key, goes_on);
    taken += options.steps;
    if (stopped) break;
    walks.steps.push_back(end);
    walks.y.push_back(y);
    walks.literal.push_back(literal);
    done = end;
  }
  return walks;
}

double mean_squared_distance(const Tensor<float>& a, const Tensor<float>& b) {
  double total = 0;
  for (Index i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]);
    total += difference * difference;
  }
  return total / static_cast<double>(a.size());
}

Results walk_noise(Laboratory& laboratory) {
  const neb::Key key = neb::Key(laboratory.program().seed).fold("walk noise");
  Results results;
  on_a_gaussian(laboratory.program(), key, results);
  on_digits(laboratory, key, results);
  return results;
}

}  // namespace examples::paper
