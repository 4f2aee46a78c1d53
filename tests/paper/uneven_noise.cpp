#include "paper/uneven_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "bayes/closed_forms.hpp"
#include "neb/bayes/gaussian_noise.hpp"
#include "nn/support.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

constexpr double variance = 0.04;
const Shape image{6, 5, 1};
const Tensor<float> deviations = deviations_to_one_side(image, 0.1, 0.5);

Tensor<float> normal_images(Index n, const Key& key) {
  return normal_samples<float>(n, image.size(), variance, key).reshaped({n, image[0], image[1], image[2]});
}

/// The energy of independent pixels N(0, variance) with noise of these deviations.
examples::EnergyFunction best_energy(const Tensor<float>& s) {
  Tensor<float> weights = s;
  for (float& w : weights.mutable_span()) w = 0.5F / (static_cast<float>(variance) + w * w);
  return [weights](const Var<float>& y) { return sum(flatten(square(y) * Var<float>::constant(weights)), 1); };
}

double deviation_of(std::size_t column) { return 0.1 + 0.1 * static_cast<double>(column); }

}  // namespace

TEST_CASE("uneven noise: deviations grow with the column, and their mean is one of squares") {
  for (Index i = 0; i < image.size(); ++i)
    CHECK(static_cast<double>(deviations.data()[i]) == doctest::Approx(deviation_of(static_cast<std::size_t>(i % 5))));
  CHECK(mean_deviation(deviations) == doctest::Approx(std::sqrt((0.01 + 0.04 + 0.09 + 0.16 + 0.25) / 5)));
}

TEST_CASE("uneven noise: errors by column are those of a posterior mean, and of one that assumes the mean variance") {
  constexpr Index n = 4000;
  const double mean = mean_deviation(deviations);
  const auto noise = Covariance<float>::diagonal(deviations);
  const Tensor<float> x = normal_images(n, Key(1)), y = smooth(x, noise, Key(2));
  const auto ours = errors_by_column(x, robbins_jump(best_energy(deviations), y, noise));
  const auto theirs =
      errors_by_column(x, robbins_jump(best_energy(Tensor<float>::full(image, static_cast<float>(mean))), y,
                                       Covariance<float>::isotropic(static_cast<float>(mean))));
  const double kept = variance / (variance + mean * mean);
  for (std::size_t column = 0; column < 5; ++column) {
    const double s2 = std::pow(deviation_of(column), 2), tolerance = 5 * std::sqrt(2 / (6.0 * n));
    CHECK(ours[column] == doctest::Approx(variance * s2 / (variance + s2)).epsilon(tolerance));
    CHECK(theirs[column] == doctest::Approx(variance * (1 - kept) * (1 - kept) + s2 * kept * kept).epsilon(tolerance));
    CHECK(ours[column] < theirs[column]);
  }
}

TEST_CASE("uneven noise: a walk with P = Sigma forgets all columns alike, the plain one those of much noise last") {
  const auto phi = best_energy(deviations);
  const auto noise = Covariance<float>::diagonal(deviations);
  const Tensor<float> y = smooth(normal_images(1500, Key(1)), noise, Key(2));
  constexpr double share = 0.25;
  constexpr Index steps = 16;
  const auto with = memory_by_column(phi, y, noise, noise, share, steps, Key(3));
  const auto without = memory_by_column(phi, y, noise, Covariance<float>(), share * 0.1, steps, Key(3));
  for (std::size_t column = 0; column < 5; ++column) {
    const double s2 = std::pow(deviation_of(column), 2), curvature = 1 / (variance + s2);
    // A step keeps 1 - delta^2 P curvature of y, and of y - xhat, which is a multiple of it.
    CHECK(with[column] == doctest::Approx(std::pow(1 - share * share * s2 * curvature, steps)).epsilon(0.05));
    CHECK(without[column] == doctest::Approx(std::pow(1 - share * share * 0.01 * curvature, steps)).epsilon(0.05));
  }
  CHECK(with[4] < 0.5);
  CHECK(without[4] > 0.9);
}

TEST_CASE(
    "uneven noise: an energy that learns it comes near the best one, in the columns of little noise and of much") {
  const examples::Program program{.name = "test", .out = "", .quiet = true};
  const examples::Images images{
      .train = normal_images(2000, Key(4)), .test = {}, .train_labels = {}, .test_labels = {}};
  const UnevenTraining training{
      .architecture = {.channels = {8}, .kernel = 3, .stride = {1}, .padding = 1}, .steps = 400, .learning_rate = 4e-3};
  const auto noise = Covariance<float>::diagonal(deviations);
  const Tensor<float> x = normal_images(1000, Key(5)), y = smooth(x, noise, Key(6));
  const auto error = [&](const examples::EnergyFunction& phi) {
    return errors_by_column(x, robbins_jump(phi, y, noise));
  };
  const auto learned = error(learn_uneven(program, images, deviations, training)),
             best = error(best_energy(deviations));
  // Before it learns it has the quadratic part, by which all jumps go to the mean image: an error of the variance.
  CHECK(learned[0] < 0.5 * variance);
  CHECK(learned[0] > 0.9 * best[0]);
  CHECK(learned[4] < 1.1 * variance);
}

}  // namespace neb::test
