/// Chapter 8, docs/08-walks-that-can-be-trusted.md. Given a path, draws a picture there.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include <neb/bayes/smooth.hpp>
#include <neb/draw/chart.hpp>
#include <neb/ops/arithmetic.hpp>
#include <neb/ops/elementary.hpp>
#include <neb/sampling/conventions.hpp>
#include <neb/sampling/diagnostics.hpp>
#include <neb/sampling/langevin.hpp>
#include <neb/sampling/leimkuhler_matthews.hpp>
#include <neb/sampling/mala.hpp>
#include <neb/sampling/underdamped.hpp>

using namespace neb;

namespace {

const Key key(8);

/// The mean of the squares of all elements.
double mean_square(const Tensor<double>& y) {
  double sum = 0;
  for (const double value : y.span()) sum += value * value;
  return sum / static_cast<double>(y.size());
}

/// N(0, 1) in each coordinate.
Var<double> bowl(const Var<double>& y) { return 0.5 * sum(square(y), 1); }

void bias() {
  const Tensor<double> y0 = random_normal<double>({2000, 10}, key);  // 20000 numbers that have variance 1
  const auto variance = [](const auto& chains) { return mean_square(walk(bowl, chains, 20, key).y); };
  std::printf("the paper's walk:    %.2f   closed form %.2f\n", variance(Langevin<double>{.y = y0, .delta = 0.8}),
              1 / (1 - 0.64 / 2));
  std::printf("Leimkuhler-Matthews: %.2f\n", variance(LeimkuhlerMatthews<double>{.y = y0, .delta = 0.8}));
  std::printf("MALA:                %.2f\n", variance(Mala<double>{.y = y0, .delta = 0.8}));
  std::printf("BAOAB:               %.2f\n", variance(Underdamped<double>{.y = y0, .delta = 0.8, .friction = 1}));
}

/// Two wells, at -1 and 1, with a barrier of 2 between them.
Var<double> wells(const Var<double>& y) { return 2.0 * sum(square(square(y) - 1.0), 1); }

/// E y^2 between the wells, by quadrature.
double exact() {
  double weights = 0, squares = 0;
  for (double y = -3; y <= 3; y += 0.001) {
    const double weight = std::exp(-2 * std::pow(y * y - 1, 2));
    weights += weight;
    squares += weight * y * y;
  }
  return squares / weights;
}

/// The same by 10 000 walkers of each sampler, over the exact one. They start where MALA has brought them.
std::vector<double> between_wells(double delta) {
  const Mala<double> start{.y = random_uniform<double>({10000, 1}, key, -1.2, 1.2), .delta = 0.25};
  const Tensor<double> y0 = walk(wells, start, 40, key.fold("start")).y;
  const auto found = [](const auto& chains) { return mean_square(walk(wells, chains, 40, key).y) / exact(); };
  return {found(Langevin<double>{.y = y0, .delta = delta}), found(LeimkuhlerMatthews<double>{.y = y0, .delta = delta}),
          found(Underdamped<double>{.y = y0, .delta = delta, .friction = 3}),
          found(Mala<double>{.y = y0, .delta = delta})};
}

void two_wells() {
  std::printf("E y^2 over the exact one, %.4f\n", exact());
  std::printf("delta    walk   Leimkuhler-Matthews   BAOAB   MALA\n");
  for (const double delta : {0.1, 0.2}) {
    const std::vector<double> found = between_wells(delta);
    std::printf("%5.1f %7.2f %21.2f %7.2f %6.2f\n", delta, found[0], found[1], found[2], found[3]);
  }
}

void warm_up() {
  constexpr double sigma = 0.3;
  const auto phi = [](const Var<double>& y) { return sum(square(y), 1) / (2 * sigma * sigma); };
  const Tensor<double> y0 = smooth(Tensor<double>::zeros({10, 784}), sigma, key);
  Mala<double> chains{.y = y0, .delta = sigma / 10, .warm_up = 300};
  chains = walk(phi, chains, 300, key);  // finds the step size
  chains = walk(phi, chains, 300, key);  // keeps it
  double taken = 0;
  for (const double part : chains.acceptance()) taken += part / 10;
  std::printf("delta = %.2f sigma, of which %.0f %% of the steps are taken\n", chains.delta / sigma, 100 * taken);
}

void cut() {
  const Tensor<double> y0 = random_normal<double>({3, 2}, key);
  const Underdamped<double> start{.y = y0, .delta = 0.1, .friction = 1};
  const auto whole = walk(bowl, start, 100, key);
  const auto first = walk(bowl, start, 40, key);
  const auto second = walk(bowl, first, 60, key);
  const auto same = [&](const auto& chains) {
    return std::equal(whole.y.span().begin(), whole.y.span().end(), chains.y.span().begin()) ? "yes" : "no";
  };
  std::printf("40 steps, then 60, are 100: %s\n", same(second));
  Underdamped<double> forgetful = first;
  forgetful.velocity = {};  // y alone is not all that there is to keep
  std::printf("without the velocities: %s\n", same(walk(bowl, forgetful, 60, key)));
}

void conventions() {
  const UnderdampedSettings ours = underdamped_of(0.5, 1.0, 1.0);  // their time step, friction and inverse mass
  const Underdamped<double> chains{.y = Tensor<double>::zeros({1, 1}),
                                   .delta = ours.delta,
                                   .friction = ours.friction,
                                   .splitting = Splitting::aboba};
  std::printf("delta = %.4f, friction = %.2f\n", chains.delta, chains.friction);
}

/// The first coordinate of each chain after each of `draws` steps: (chains, draws).
template <class Phi, class C>
Tensor<double> recorded(const Phi& phi, C chains, Index draws) {
  const Index count = chains.y.shape()[0];
  Tensor<double> series({count, draws});
  for (Index draw = 0; draw < draws; ++draw) {
    chains = walk(phi, std::move(chains), 1, key);
    for (Index i = 0; i < count; ++i) series.mutable_data()[i * draws + draw] = chains.y(i, 0);
  }
  return series;
}

void worth() {
  const Langevin<double> chains{.y = random_normal<double>({10, 1}, key.fold("ten")), .delta = 0.5};
  const Diagnosis found = diagnose(recorded(bowl, chains, 2000));
  std::printf("20000 draws are worth %.0f: one for every %.1f steps\n", found.bulk_ess, found.autocorrelation_time);
  std::printf("mean %.3f, give or take %.3f\n", found.mean, found.error);
}

void mixed() {
  Tensor<double> y0 = Tensor<double>::ones({10, 1});
  std::fill_n(y0.mutable_data(), 5, -1.0);  // five chains in either well
  std::printf("barrier    mean   error   R-hat   bulk ESS\n");
  for (const double barrier : {2.0, 4.0, 8.0}) {
    const auto phi = [&](const Var<double>& y) { return barrier * sum(square(square(y) - 1.0), 1); };
    const Diagnosis found = diagnose(recorded(phi, Mala<double>{.y = y0, .delta = 0.25}, 2000));
    std::printf("%7.0f %7.2f %7.2f %7.2f %10.0f\n", barrier, found.mean, found.error, found.r_hat, found.bulk_ess);
  }
}

void draw(const char* path) {
  constexpr Colour black{0.1, 0.1, 0.1}, red{0.85, 0.2, 0.1}, blue{0.1, 0.35, 0.8}, green{0.1, 0.6, 0.3};
  const std::vector<std::pair<const char*, Colour>> lines{
      {"the walk", red}, {"Leimkuhler-Matthews", blue}, {"BAOAB", green}, {"MALA", black}};
  std::vector<Tensor<float>> points(lines.size(), Tensor<float>({6, 2}));
  for (Index k = 0; k < 6; ++k) {
    const double delta = 0.07 + 0.03 * static_cast<double>(k);
    const std::vector<double> found = between_wells(delta);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      points[i].mutable_data()[2 * k] = static_cast<float>(delta);
      points[i].mutable_data()[2 * k + 1] = static_cast<float>(found[i]);
    }
  }
  Chart chart({0.05, 0.23, 0.88, 1.04}, 340, 620);
  chart.label_axes("delta", "ratio");
  for (std::size_t i = 0; i < lines.size(); ++i) chart.line(points[i], lines[i].second, lines[i].first);
  chart.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  bias();
  two_wells();
  warm_up();
  cut();
  conventions();
  worth();
  mixed();
  if (argc > 1) draw(argv[1]);
}
