#include "paper/samplers.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include <neb/bayes/escaped.hpp>
#include <neb/data/sample.hpp>
#include <neb/sampling/functionals.hpp>
#include <neb/sampling/walk_jump.hpp>

#include "paper/curves.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::Index, neb::Tensor;

std::vector<MeasuredWalk> Samplers::measured_walks() {
  return {{.name = "walk, sigma / 4", .share = 1.0 / 4, .units = 1200},
          {.name = "walk, sigma / 8", .share = 1.0 / 8, .units = 1200},
          {.name = "walk, sigma / 16", .share = 1.0 / 16, .units = 1200},
          {.name = "leimkuhler-matthews", .sampler = Sampler::leimkuhler_matthews},
          {.name = "mala", .sampler = Sampler::mala, .units = 3000},
          {.name = "baoab", .sampler = Sampler::baoab},
          {.name = "aboba", .sampler = Sampler::aboba},
          {.name = "aboba, delta as baoab", .sampler = Sampler::aboba, .share = 0.57}};
}

double SamplerFound::steps_per_sample(const neb::Diagnosis& of) const {
  return static_cast<double>(draws * every * chains) / of.bulk_ess;
}

namespace {

constexpr std::size_t projections = 10;
enum Functional : std::size_t { energy_of_y, square_of_y, noise_of_y, first_projection };

/// Numbers of the chains at each draw, by functional, and the classes of their jumps.
class Draws {
 public:
  Draws(const TrainedEnergy& energy, const Classify& classify, const neb::Key& key)
      : energy_(energy), classify_(classify), of_(first_projection + projections) {
    const neb::Shape& image = energy.image;
    directions_ = neb::random_directions<float>({static_cast<Index>(projections), image[0], image[1], image[2]}, key);
  }

  void add(const Tensor<float>& y) {
    const auto at = neb::energy_and_gradient(energy_.phi, neb::Var<float>::constant(y));
    const Tensor<float>&phi = at.energy.value(), &slope = at.gradient.value();
    const auto variance = static_cast<float>(energy_.sigma * energy_.sigma);
    Tensor<float> xhat = y;
    for (Index i = 0; i < y.size(); ++i) xhat.mutable_data()[i] -= variance * slope.data()[i];
    const Tensor<double> norm = neb::lengths(y), steepness = neb::lengths(slope);
    const Tensor<double> coordinates = neb::coordinates_along(directions_, y);
    for (Index chain = 0; chain < y.shape()[0]; ++chain) {
      of_[energy_of_y].push_back(static_cast<double>(phi(chain)));
      of_[square_of_y].push_back(std::pow(norm(chain), 2));
      of_[noise_of_y].push_back(std::pow(energy_.sigma * steepness(chain), 2));
      for (std::size_t k = 0; k < projections; ++k)
        of_[first_projection + k].push_back(coordinates(chain, static_cast<Index>(k)));
    }
    const std::vector<int> now = classify_(xhat);
    for (std::size_t chain = 0; chain < last_classes_.size(); ++chain) changes_ += now[chain] != last_classes_[chain];
    last_classes_ = now;
    ++count_;
  }

  /// A functional as a series (chains, draws), without the first tenth.
  Tensor<double> series(std::size_t which) const {
    const auto chains = std::ssize(last_classes_);
    const Index first = count_ / 10;
    Tensor<double> numbers({chains, count_ - first});
    double* next = numbers.mutable_data();
    for (Index chain = 0; chain < chains; ++chain)
      for (Index draw = first; draw < count_; ++draw)
        *next++ = of_[which][static_cast<std::size_t>(draw * chains + chain)];
    return numbers;
  }

  /// Changes of class from one draw to the next, per chain.
  double changes() const {
    return static_cast<double>(changes_) / static_cast<double>((count_ - 1) * std::ssize(last_classes_));
  }

 private:
  const TrainedEnergy& energy_;
  const Classify& classify_;
  Tensor<float> directions_;
  std::vector<std::vector<double>> of_;
  std::vector<int> last_classes_;
  Index count_ = 0, changes_ = 0;
};

WalkJump settings_of(const MeasuredWalk& walk) { return {.sampler = walk.sampler, .friction = walk.friction}; }

}  // namespace

SamplerStart start_samplers(const Program& program, const TrainedEnergy& energy, const Images& images,
                            const Samplers& settings) {
  const neb::Key key = neb::Key(program.seed).fold("samplers");
  const Tensor<float> x0 = neb::sample_rows(images.train, settings.chains, key);
  neb::Mala<float> warm{.y = neb::smooth(x0, static_cast<float>(energy.sigma), key),
                        .delta = energy.sigma / 10,
                        .warm_up = settings.warm_up};
  ProgressBar bar = program.progress("warming up", "steps");
  const auto shown = [&](Index before) {
    return [&bar, &settings, before](const neb::Progress& walked) {
      const auto steps = static_cast<double>(before + walked.count);
      bar.update(steps / static_cast<double>(settings.warm_up + settings.spread), steps);
      return true;
    };
  };
  warm = neb::walk(energy.phi, std::move(warm), settings.warm_up, key.fold("warm-up"), shown(0));
  neb::Underdamped<float> fast{.y = warm.y,
                               .delta = warm.delta * facts_of(Sampler::baoab).share,
                               .friction = MeasuredWalk{}.friction / energy.sigma};
  fast = neb::walk(energy.phi, std::move(fast), settings.spread, key.fold("spread"), shown(settings.warm_up));
  return {.y = fast.y, .mala_delta = warm.delta};
}

SamplerFound measure(const Program& program, const TrainedEnergy& energy, const Classify& classify,
                     const SamplerStart& start, const MeasuredWalk& walk) {
  const neb::Key key = neb::Key(program.seed).fold("samplers").fold(walk.name);
  SamplerFound found{
      .walk = walk,
      .delta = walk.share > 0 ? walk.share : start.mala_delta * facts_of(walk.sampler).share / energy.sigma,
      .chains = start.y.shape()[0]};
  found.every = std::max<Index>(1, static_cast<Index>(std::round(found.steps_per_unit())));
  const Index draws = static_cast<Index>(static_cast<double>(walk.units) * found.steps_per_unit()) / found.every + 1;

  AnyChains any = chains_of(settings_of(walk), start.y, found.delta * energy.sigma, energy.sigma);
  Draws looks(energy, classify, neb::Key(program.seed).fold("samplers"));
  ProgressBar bar = program.progress(walk.name, "steps");
  std::visit(
      [&]<class C>(C& chains) {
        for (Index draw = 0; draw < draws; ++draw) {
          chains = neb::walk(energy.phi, std::move(chains), found.every, key);
          looks.add(chains.y);
          bar.update(static_cast<double>(draw + 1) / static_cast<double>(draws), static_cast<double>(chains.steps));
        }
        const std::vector<bool> lost = neb::escaped(chains.y);
        found.escaped = std::count(lost.begin(), lost.end(), true);
        if constexpr (std::is_same_v<C, neb::Mala<float>>)
          for (const double part : chains.acceptance()) found.acceptance += part / static_cast<double>(found.chains);
      },
      any);

  const Tensor<double> phi = looks.series(energy_of_y);
  found.draws = phi.shape()[1];
  found.energy = neb::diagnose(phi);
  found.energy_memory = neb::autocorrelations(phi);
  found.square = neb::diagnose(looks.series(square_of_y));
  found.noise = neb::diagnose(looks.series(noise_of_y));
  for (std::size_t k = 0; k < projections; ++k) {
    const neb::Diagnosis one = neb::diagnose(looks.series(first_projection + k));
    if (k == 0 || one.bulk_ess < found.slowest.bulk_ess) found.slowest = one;
  }
  found.changes = looks.changes() * found.steps_per_unit() / static_cast<double>(found.every);
  return found;
}

std::vector<double> seconds_per_step(const TrainedEnergy& energy, const std::vector<SamplerFound>& found, Index chains,
                                     Index rounds, Index steps) {
  const Tensor<float> y =
      neb::random_uniform<float>({chains, energy.image[0], energy.image[1], energy.image[2]}, neb::Key(0));
  std::vector<AnyChains> all;
  for (const SamplerFound& one : found)
    all.push_back(chains_of(settings_of(one.walk), y, one.delta * energy.sigma, energy.sigma));
  std::vector<std::vector<double>> seconds(found.size());
  for (Index round = 0; round <= rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i)
      std::visit(
          [&](auto& walkers) {
            const auto start = std::chrono::steady_clock::now();
            walkers = neb::walk(energy.phi, std::move(walkers), steps, neb::Key(1));
            const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            if (round > 0) seconds[i].push_back(taken.count() / static_cast<double>(steps));  // the first one warms up
          },
          all[i]);
  std::vector<double> medians;
  for (std::vector<double>& of_one : seconds) {
    std::nth_element(of_one.begin(), of_one.begin() + std::ssize(of_one) / 2, of_one.end());
    medians.push_back(of_one[of_one.size() / 2]);
  }
  return medians;
}

namespace {

constexpr double paper_share = 0.01;  // delta over sigma

const SamplerFound* named(const std::vector<SamplerFound>& found, const std::string& name) {
  const auto one = std::find_if(found.begin(), found.end(), [&](const auto& each) { return each.walk.name == name; });
  return one == found.end() ? nullptr : &*one;
}

/// How far two means are apart, in their Monte-Carlo errors.
double apart(const neb::Diagnosis& a, const neb::Diagnosis& b) {
  return std::abs(a.mean - b.mean) / std::hypot(a.error, b.error);
}

/// Whether chains have mixed, and are worth enough.
bool counts(const neb::Diagnosis& of) { return of.r_hat < 1.05 && of.bulk_ess > 100; }

std::string diagnosis_text(const neb::Diagnosis& of, double steps) {
  return text("%.0f steps a sample (ESS %.0f, R-hat %.3f)%s", steps, of.bulk_ess, of.r_hat,
              counts(of) ? "" : ", does not count");
}

void draw_memories(const std::vector<SamplerFound>& found, const std::string& path) {
  std::vector<Curve> curves;
  for (const SamplerFound& one : found) {
    Curve curve{.name = one.walk.name, .x = {}, .y = {}};
    for (std::size_t lag = 0; lag < one.energy_memory.size(); ++lag) {
      const double steps = static_cast<double>(lag) * static_cast<double>(one.every);
      if (lag == 0) continue;
      curve.x.push_back(std::log10(steps));
      curve.y.push_back(one.energy_memory[lag]);
      if (one.energy_memory[lag] < 0) break;
    }
    if (curve.x.size() > 1) curves.push_back(std::move(curve));
  }
  draw_curves(curves, {.x_name = "log10 of steps", .y_name = "autocorrelation of phi", .bounds = {0, 5, -0.05, 1}},
              path);
}

}  // namespace

Results compare_samplers(const Program& program, const std::vector<SamplerFound>& found,
                         const std::vector<double>& seconds) {
  Results results;
  const SamplerFound* const exact = named(found, "mala");
  const SamplerFound* const coarse = named(found, "walk, sigma / 8");
  // A step of the paper's walk is the same work as one of sigma / 8; its time in sigma^2 is (1 / 100)^2.
  const double paper_steps_per_unit = 1 / (paper_share * paper_share);
  const auto units_per_sample = [](const SamplerFound& one, const neb::Diagnosis& of) {
    return one.steps_per_sample(of) / one.steps_per_unit();
  };
  for (const auto& [what, of] :
       {std::pair("phi", &SamplerFound::energy), {"the slowest projection", &SamplerFound::slowest}}) {
    std::string times;
    for (const SamplerFound& one : found)
      if (one.walk.sampler == Sampler::langevin)
        times += text("%s%.1f at delta = %.4f sigma (ESS %.0f)", times.empty() ? "" : ", ",
                      units_per_sample(one, one.*of), one.delta, (one.*of).bulk_ess);
    if (!times.empty())
      results.findings.push_back({text("time of the walk, in sigma^2, that is worth a sample, by %s", what), "",
                                  times + "; the paper's delta = 0.01 sigma is extrapolated from sigma / 8"});
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const SamplerFound& one = found[i];
    const std::string& name = one.walk.name;
    const double phi_steps = one.steps_per_sample(one.energy), slow_steps = one.steps_per_sample(one.slowest);
    const double per_minute = 60 / seconds[i] * one.changes / one.steps_per_unit() * static_cast<double>(one.chains);
    std::vector<double> gains;
    if (coarse != nullptr) {
      const double walk_seconds = seconds[static_cast<std::size_t>(coarse - found.data())];
      const double phi_paper = units_per_sample(*coarse, coarse->energy) * paper_steps_per_unit;
      const double slow_paper = units_per_sample(*coarse, coarse->slowest) * paper_steps_per_unit;
      const double changes_paper = coarse->changes / paper_steps_per_unit;
      gains = {phi_paper * walk_seconds / (phi_steps * seconds[i]),
               slow_paper * walk_seconds / (slow_steps * seconds[i]),
               one.changes / one.steps_per_unit() / seconds[i] / (changes_paper / walk_seconds)};
    }
    results.findings.push_back(
        {name + text(", delta = %.3f sigma: phi", one.delta), "", diagnosis_text(one.energy, phi_steps)});
    results.findings.push_back({name + ": slowest of ten projections", "", diagnosis_text(one.slowest, slow_steps)});
    if (!gains.empty())
      results.findings.push_back(
          {name + ": samples a second over the walk of sigma / 100, by phi, by the slowest; changes of class", "",
           text("%.0f, %.0f; %.0f", gains[0], gains[1], gains[2])});
    results.findings.push_back({name + ": changes of class a minute, all chains", "", text("%.1f", per_minute)});
    std::string bias = text("phi %.2f +- %.2f, |y|^2 %.2f +- %.2f, noise %.2f +- %.2f", one.energy.mean,
                            one.energy.error, one.square.mean, one.square.error, one.noise.mean, one.noise.error);
    if (exact != nullptr && exact != &one)
      bias += text("; from MALA's %.1f, %.1f, %.1f errors", apart(one.energy, exact->energy),
                   apart(one.square, exact->square), apart(one.noise, exact->noise));
    results.findings.push_back({name + ": means", "", bias});
    std::string prefix = name;
    std::replace_if(
        prefix.begin(), prefix.end(), [](char c) { return c == ' ' || c == ',' || c == '/'; }, '_');
    const auto add = [&](const char* what, SummaryValue value) {
      results.numbers.emplace_back(prefix + "_" + what, std::move(value));
    };
    const auto add_diagnosis = [&](const std::string& what, const neb::Diagnosis& of) {
      add(what.c_str(), std::vector<double>{of.mean, of.error, of.r_hat, of.bulk_ess, of.autocorrelation_time});
    };
    add("delta", one.delta);
    add("steps", one.draws * one.every);
    add("acceptance", one.acceptance);
    add("escaped", one.escaped);
    add("seconds_per_step", seconds[i]);
    add_diagnosis("energy", one.energy);
    add_diagnosis("square", one.square);
    add_diagnosis("noise", one.noise);
    add_diagnosis("slowest", one.slowest);
    add("changes_per_unit", one.changes);
    add("changes_per_minute", per_minute);
    if (!gains.empty()) add("gains", gains);
    program.print("%s: %s; %s\n", name.c_str(), diagnosis_text(one.energy, phi_steps).c_str(), bias.c_str());
  }
  const std::string picture = Program::picture_file("samplers");
  draw_memories(found, program.path(picture));
  results.pictures.push_back(
      {picture, "How long phi remembers: its autocorrelation over the logarithm of the number of steps."});
  return results;
}

Results samplers(Laboratory& laboratory) {
  const Program& program = laboratory.program();
  const TrainedEnergy& energy = laboratory.energy(0.3);
  const Classify classify = std::cref(laboratory.classifier());
  const Samplers settings;
  std::vector<SamplerFound> found;
  const SamplerStart start = start_samplers(program, energy, laboratory.images(), settings);
  for (const MeasuredWalk& walk : settings.walks) found.push_back(measure(program, energy, classify, start, walk));
  return compare_samplers(program, found, seconds_per_step(energy, found, settings.chains));
}

}  // namespace examples::paper
