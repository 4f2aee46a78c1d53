#include "paper/attractors.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "io/scratch.hpp"
#include "neb/bayes/chi.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

using examples::paper::attractors, examples::paper::chi_to_nearest, examples::paper::distinct_attractors,
    examples::paper::nearer, examples::paper::smallest_curvatures;

constexpr double sigma = 0.1;

const Tensor<float> points = flat_images({-1, -0.5f, 0, 0.5f, 1});

/// Nine starts, each off a point by 0.2 in its first pixel: points 0 to 4, and 0 to 3 again.
Tensor<float> starts() {
  Tensor<float> y0({9, 2, 2, 1});
  for (Index i = 0; i < y0.size(); ++i)
    y0.mutable_data()[i] = points.data()[i % points.size()] + (i % 4 == 0 ? 0.2f : 0);
  return y0;
}

Flow<float> flow_down(const examples::TrainedEnergy& energy, const Tensor<float>& y0, double tolerance = 2e-4) {
  return examples::flow_to_memories({.name = "test", .out = "", .quiet = true}, energy, y0,
                                    {.until = FlowUntil::minimum, .tolerance = tolerance});
}

examples::Summary measured(double factor) {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const examples::TrainedEnergy energy = energy_of(points, sigma, factor);
  const Tensor<float> y0 = starts();
  const auto classify = [](const Tensor<float>& images) { return nearest_point(points, images); };
  return attractors(program, energy, classify, y0, flow_down(energy, y0, 2e-4 * std::max(1.0, factor)), /*shown=*/5,
                    "attractors")
      .numbers;
}

double number(const examples::Summary& numbers, const char* key) {
  return std::get<double>(examples::value_of(numbers, key));
}
Index count(const examples::Summary& numbers, const char* key) {
  return std::get<Index>(examples::value_of(numbers, key));
}

}  // namespace

TEST_CASE("flows near far points end at them: distances, paths, energies and classes are exact") {
  const examples::Summary numbers = measured(1);
  CHECK(count(numbers, "converged") == 9);
  CHECK(count(numbers, "distinct_attractors") == 5);
  CHECK(count(numbers, "class_kept") == 9);
  // |start - attractor| = 0.2: chi = 0.2 / (2 sqrt 4), energy 0.2^2 / (2 sigma^2).
  CHECK(number(numbers, "mean_chi") == doctest::Approx(0.05).epsilon(1e-2));
  CHECK(number(numbers, "mean_path_length") == doctest::Approx(0.2).epsilon(1e-2));
  CHECK(number(numbers, "mean_straight_length") == doctest::Approx(0.2).epsilon(1e-2));
  CHECK(number(numbers, "mean_energy_drop") == doctest::Approx(0.04 / (2 * sigma * sigma)).epsilon(1e-2));
}

TEST_CASE("attractors: the wrong sign never converges, a missing sigma^2 shows in the energies") {
  const examples::Summary wrong = measured(-1);
  CHECK(count(wrong, "converged") == 0);
  CHECK(count(wrong, "escaped") == 9);
  CHECK(number(measured(1 / (sigma * sigma)), "mean_energy_drop") > 10 * 0.04 / (2 * sigma * sigma));
}

TEST_CASE("attractors are nearer to their start where points interact less") {
  // Two points 0.4 apart: at sigma = 0.05 each is its own attractor, at sigma = 0.5 both flow to the middle.
  const Tensor<float> pair = flat_images({0, 0.2f});
  const auto near = flow_down(energy_of(pair, 0.05), pair), far = flow_down(energy_of(pair, 0.5), pair);
  CHECK(distinct_attractors(near).size() == 2);
  CHECK(distinct_attractors(far).size() == 1);
  CHECK(chi(pair, far.y)[0] == doctest::Approx(0.05).epsilon(2e-2));
  const auto found = nearer(pair, near, far);
  CHECK(found.both == 2);
  CHECK(found.in_a == 2);
  CHECK(nearer(pair, far, near).in_a == 0);
}

TEST_CASE("flows that did not converge are no attractors, and are not compared") {
  Flow<float> flow = flow_down(energy_of(points, sigma), points);
  flow.end[1] = FlowEnd::escaped;
  flow.end[3] = FlowEnd::unfinished;
  CHECK(distinct_attractors(flow) == std::vector<Index>{0, 2, 4});
  CHECK(distinct_attractors(flow, /*tolerance=*/100) == std::vector<Index>{0});
  CHECK(nearer(points, flow, flow).both == 3);
}

TEST_CASE("chi to the nearest is the smallest") {
  CHECK(chi_to_nearest(flat_images({0.9f, -7}), points)[0] == doctest::Approx(0.05));
  CHECK(chi_to_nearest(flat_images({0.9f, -7}), points)[1] == doctest::Approx(3));
}

TEST_CASE("the smallest curvature is 1 at a lone point and negative between two") {
  // H = I / sigma^2 - Cov / sigma^4, where half the distance, 0.2 in each of 4 pixels, is the root of Cov's eigenvalue.
  const Tensor<float> pair = flat_images({0, 0.4f});
  CHECK(smallest_curvatures(energy_of(points, sigma), flat_images({0.5f}))[0] == doctest::Approx(1).epsilon(1e-3));
  CHECK(smallest_curvatures(energy_of(pair, 0.3), flat_images({0.2f}))[0] ==
        doctest::Approx(1 - 0.16 / 0.09).epsilon(1e-3));
  CHECK(smallest_curvatures(energy_of(pair, 0.5), flat_images({0.2f}))[0] ==
        doctest::Approx(1 - 0.16 / 0.25).epsilon(1e-3));
}

}  // namespace neb::test
