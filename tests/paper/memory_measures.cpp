#include "paper/memory_measures.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;

const examples::Program quiet{.name = "test", .out = "", .quiet = true};

}  // namespace

TEST_CASE("the smallest curvature is 1 at a lone point and negative between two") {
  // H = I / sigma^2 - Cov / sigma^4, where half the distance, 0.2 in each of 4 pixels, is the root of Cov's eigenvalue.
  const Tensor<float> points = flat_images({-1, -0.5f, 0, 0.5f, 1}), pair = flat_images({0, 0.4f});
  const auto curvature = [](const Tensor<float>& data, double sigma, float level) {
    return smallest_curvatures(quiet, energy_of(data, sigma), flat_images({level})).at(0);
  };
  CHECK(curvature(points, 0.1, 0.5f) == doctest::Approx(1).epsilon(1e-3));
  CHECK(curvature(pair, 0.3, 0.2f) == doctest::Approx(1 - 0.16 / 0.09).epsilon(1e-3));
  CHECK(curvature(pair, 0.5, 0.2f) == doctest::Approx(1 - 0.16 / 0.25).epsilon(1e-3));
}

TEST_CASE("rows are distinct when chi to each that counts already is the tolerance at least") {
  // Levels 0.01 apart have chi 0.005.
  const Tensor<float> y = flat_images({0, 0.01f, 0.03f, 0.5f, 0.51f, 0});
  CHECK(distinct_rows(y) == std::vector<Index>{0, 2, 3});
  CHECK(distinct_rows(y, 0.004) == std::vector<Index>{0, 1, 2, 3, 4});
  CHECK(distinct_rows(y, 100) == std::vector<Index>{0});
}

TEST_CASE("flows are told by how they ended") {
  Flow<float> flow;
  flow.end = {FlowEnd::settled, FlowEnd::escaped, FlowEnd::settled};
  CHECK(rows_ended(flow, FlowEnd::settled) == std::vector<Index>{0, 2});
  CHECK(ended(flow, FlowEnd::escaped) == std::vector<bool>{false, true, false});
}

TEST_CASE("a spread has the least, the middle, the ninth decile, the largest and the mean") {
  std::vector<double> values;
  for (int i = 20; i > 0; --i) values.push_back(i);
  const Spread spread = spread_of(values);
  CHECK(spread.least == 1);
  CHECK(spread.median == 11);
  CHECK(spread.ninth == 18);
  CHECK(spread.largest == 20);
  CHECK(spread.mean == 10.5);
  CHECK(std::isnan(spread_of({}).ninth));
  CHECK(means_text("%.1f", {{1, 2}, {4}}) == "1.5, 4.0");
}

}  // namespace neb::test
