#include "paper/creative_memories.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "io/scratch.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

examples::Summary recalled(const Tensor<float>& points, double sigma, double factor = 1) {
  const Scratch scratch;
  const examples::Program program{.name = "test", .out = scratch.folder(), .quiet = true};
  const auto results = examples::paper::creative_memories(program, energy_of(points, sigma, factor), as_images(points),
                                                          /*count=*/20, /*curved=*/2, "memories");
  CHECK(std::filesystem::exists(scratch.path(results.pictures.at(0).file)));
  return results.numbers;
}

template <class Value>
Value get(const examples::Summary& numbers, const char* key) {
  return std::get<Value>(examples::value_of(numbers, key));
}
std::vector<double> list(const examples::Summary& numbers, const char* key) {
  return get<std::vector<double>>(numbers, key);
}

}  // namespace

TEST_CASE("where points do not interact, what noise flows to is the data") {
  const examples::Summary numbers = recalled(flat_images({0, 0.5f, 1}), 0.05);
  CHECK(get<Index>(numbers, "converged") == 20);
  CHECK(get<Index>(numbers, "distinct_memories") >= 2);
  CHECK(get<Index>(numbers, "distinct_memories") <= 3);
  CHECK(get<double>(numbers, "median_chi_to_nearest") < 0.002);
  CHECK(get<double>(numbers, "s_c") == doctest::Approx(0.5));
  for (const double curvature : list(numbers, "smallest_curvatures"))
    CHECK(curvature == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("where points interact, noise flows to a memory that is no point") {
  // 1 in each of 4 pixels apart: half of it, 1, is less than sigma, and the only minimum is the middle.
  const examples::Summary numbers = recalled(flat_images({0, 1}), 1.2);
  CHECK(get<Index>(numbers, "converged") == 20);
  CHECK(get<Index>(numbers, "distinct_memories") == 1);
  CHECK(get<double>(numbers, "median_chi_to_nearest") == doctest::Approx(0.25).epsilon(0.02));
  REQUIRE(list(numbers, "smallest_curvatures").size() == 1);
  CHECK(list(numbers, "smallest_curvatures")[0] == doctest::Approx(1 - 1 / 1.44).epsilon(0.02));
  CHECK(list(numbers, "path_length").size() == 20);
}

TEST_CASE("with the wrong sign every flow escapes and none is a memory") {
  const examples::Summary numbers = recalled(flat_images({0, 0.5f, 1}), 0.05, -1);
  CHECK(get<Index>(numbers, "escaped") == 20);
  CHECK(get<Index>(numbers, "distinct_memories") == 0);
  CHECK(list(numbers, "chi_to_nearest").empty());
}

TEST_CASE("without sigma^2 the curvatures are not those of the data") {
  const auto curvatures = list(recalled(flat_images({0, 1}), 1.2, 1 / 1.44), "smallest_curvatures");
  CHECK(std::abs(curvatures.at(0) - (1 - 1 / 1.44)) > 0.05);
}

}  // namespace neb::test
