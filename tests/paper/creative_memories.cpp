#include "paper/creative_memories.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "io/scratch.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

const examples::Program quiet{.name = "test", .out = "", .quiet = true};

Created created(const Tensor<float>& points, double sigma, double factor = 1) {
  return create(quiet, energy_of(points, sigma, factor), as_images(points), /*starts=*/20, /*longest=*/1000);
}

Minima minima_of(const Tensor<float>& points, double sigma, double factor = 1) {
  const Created memories = created(points, sigma, factor);
  return follow_to_minima(quiet, energy_of(points, sigma, factor), as_images(points), memories.memories,
                          {.followed = 20, .curved = 2});
}

}  // namespace

TEST_CASE("where points do not interact, what noise settles near is the data") {
  const Tensor<float> points = flat_images({0, 0.5f, 1});
  const Created found = created(points, 0.01);
  CHECK(found.flow.count(FlowEnd::settled) == 20);
  CHECK(found.distinct >= 2);
  CHECK(found.distinct <= 3);
  // It has settled at sigma sqrt(settled_rate) from its point.
  for (const double chi : found.chi) CHECK(chi == doctest::Approx(0.01 * std::sqrt(settled_rate) / 4).epsilon(0.1));
  // The darkest point is blank; the mean of the three has an ink of 2.
  const std::vector<int> nearest = nearest_point(points, found.memories);
  CHECK(found.blank == std::count(nearest.begin(), nearest.end(), 0));
}

TEST_CASE("minima are the points, and there the curvature is that of a lone one") {
  const Tensor<float> points = flat_images({0, 0.5f, 1});
  const Minima found = minima_of(points, 0.01);
  CHECK(found.time.size() == 20);
  CHECK(found.distinct >= 2);
  CHECK(found.distinct <= 3);
  CHECK(found.curvatures.size() == 2);
  for (const double curvature : found.curvatures) CHECK(curvature == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("where points interact, noise flows to a minimum that is no point") {
  // 1 in each of 4 pixels apart: half of it, 1, is less than sigma, and the only minimum is the middle.
  const Minima found = minima_of(flat_images({0, 1}), 1.2);
  CHECK(found.time.size() == 20);
  CHECK(found.distinct == 1);
  CHECK(found.blank == 0);
  for (const float pixel : found.flow.y.span()) CHECK(pixel == doctest::Approx(0.5).epsilon(0.02));
  REQUIRE(found.curvatures.size() == 1);
  CHECK(found.curvatures[0] == doctest::Approx(1 - 1 / 1.44).epsilon(0.02));
}

TEST_CASE("with the wrong sign every flow escapes and none is a memory") {
  const Created found = created(flat_images({0, 0.5f, 1}), 0.05, -1);
  CHECK(found.flow.count(FlowEnd::escaped) == 20);
  CHECK(found.distinct == 0);
  CHECK(found.chi.empty());
  CHECK(minima_of(flat_images({0, 0.5f, 1}), 0.05, -1).curvatures.empty());
}

TEST_CASE("without sigma^2 the curvatures are not those of the data") {
  const auto curvatures = minima_of(flat_images({0, 1}), 1.2, 1 / 1.44).curvatures;
  CHECK(std::abs(curvatures.at(0) - (1 - 1 / 1.44)) > 0.05);
}

TEST_CASE("the figure shows what settled, the minima, and the controls; all of it is in the numbers") {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const Tensor<float> points = flat_images({0, 0.5f, 1});
  const examples::TrainedEnergy energy = energy_of(points, 0.05), wrong = energy_of(points, 0.05, -1);
  for (const auto* control : {&energy, &wrong}) {
    const Results results = creative_memories(program, *control, as_images(points), {{"KDE", "the points", energy}},
                                              {.starts = 20, .followed = 3, .others = 10, .curved = 1}, "memories");
    for (const Picture& picture : results.pictures) CHECK(std::filesystem::exists(scratch.path(picture.file)));
    CHECK(std::get<Index>(examples::value_of(results.numbers, "KDE_settled")) == 10);
    CHECK(std::get<Index>(examples::value_of(results.numbers, "settled")) == (control == &energy ? 20 : 0));
  }
}

}  // namespace neb::test
