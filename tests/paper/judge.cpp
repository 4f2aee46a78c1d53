#include "paper/judge.hpp"

#include <doctest/doctest.h>

#include "common/program.hpp"
#include "neb/core/random.hpp"
#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;
using examples::Nearest, examples::nearest_rows, examples::NearestNeighbour;

const Tensor<float> points = flat_images({0, 0.4f, 1});
const std::vector<std::uint8_t> labels{7, 3, 7};
const Judge judge{"nearest", NearestNeighbour(points, labels)};

}  // namespace

TEST_CASE("the nearest row is that of plain loops, in blocks as well") {
  const Tensor<float> data = random_uniform<float>({2500, 2, 2, 1}, Key(1)),
                      y = random_uniform<float>({40, 2, 2, 1}, Key(2), -0.5f, 1.5f);
  const Nearest nearest = nearest_rows(y, data);
  const std::vector<int> expected = nearest_point(data, y);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(nearest.row[i] == expected[i]);
  CHECK(nearest_rows(data.rows(1020, 1030), data).row ==
        std::vector<Index>{1020, 1021, 1022, 1023, 1024, 1025, 1026, 1027, 1028, 1029});
}

TEST_CASE("chi to the nearest is half the distance in units of the root of the dimension") {
  const Nearest nearest = nearest_rows(flat_images({0.9f, -7}), points);
  CHECK(nearest.chi[0] == doctest::Approx(0.05));
  CHECK(nearest.chi[1] == doctest::Approx(3.5));
  CHECK(nearest_rows(points.rows(0, 0), points).row.empty());
}

TEST_CASE("the nearest neighbour says the label of the nearest, and needs labels") {
  CHECK(NearestNeighbour(points, labels)(flat_images({0.1f, 0.3f, 2})) == std::vector<int>{7, 3, 7});
  CHECK_THROWS_AS(NearestNeighbour(points, {}), examples::UsageError);
}

TEST_CASE("what is kept is the class that the judge gave the start; the labels stand beside") {
  // The judge takes the second start for a 3, though it is labelled 7; the third memory becomes a 3.
  const Tensor<float> starts = flat_images({0, 0.35f, 0.9f, 0.1f}), memories = flat_images({0.05f, 0.45f, 0.5f, 0});
  const Kept kept = kept_classes(judge, starts, {7, 7, 7, 7}, memories, {true, true, true, true});
  CHECK(kept.share == 0.75);
  CHECK(kept.labelled == 0.5);
  CHECK(kept.accuracy == 0.75);
}

TEST_CASE("what did not settle keeps no class, wherever it is") {
  const Tensor<float> starts = flat_images({0, 0.4f});
  const Kept kept = kept_classes(judge, starts, {7, 3}, starts, {true, false});
  CHECK(kept.share == 0.5);
  CHECK(kept.labelled == 0.5);
  CHECK(kept.accuracy == 1);
}

TEST_CASE("a judge that answers from the labels and not from pictures does not notice when memories are exchanged") {
  const Tensor<float> starts = flat_images({0, 0.4f}), exchanged = flat_images({0.4f, 0});
  const Judge mutant{"labels", [](const Tensor<float>&) { return std::vector<int>{7, 3}; }};
  CHECK(kept_classes(judge, starts, {7, 3}, exchanged, {true, true}).share == 0);
  CHECK(kept_classes(mutant, starts, {7, 3}, exchanged, {true, true}).share == 1);
}

}  // namespace neb::test
