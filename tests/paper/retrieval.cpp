#include "paper/retrieval.hpp"

#include <doctest/doctest.h>

#include "points_world.hpp"

namespace neb::test {
namespace {

using namespace examples::paper;
using examples::NearestNeighbour;

const examples::Program quiet{.name = "test", .out = "", .quiet = true};
const Tensor<float> points = flat_images({0, 0.4f, 1});
const NearestNeighbour judge(points, {0, 1, 2});

std::vector<Attempt> attempts(const Tensor<float>& cues, const std::vector<int>& classes, double factor = 1) {
  return retrieve(quiet, energy_of(points, 0.05, factor), energy_of(points, 0.05), judge, cues, classes);
}

Attempt of(const std::vector<bool>& right) { return {"", right}; }

}  // namespace

TEST_CASE("cues near points that do not interact come back, by every way") {
  for (const Attempt& attempt : attempts(flat_images({0.15f, 0.3f, 0.9f, 0.5f}), {0, 1, 2, 1})) {
    CAPTURE(attempt.name);
    CHECK(attempt.share() == 1);
  }
}

TEST_CASE("a cue that is nearer to another point comes back as that, and counts as wrong") {
  for (const Attempt& attempt : attempts(flat_images({0.15f, 0.3f}), {0, 0})) CHECK(attempt.share() == 0.5);
}

TEST_CASE("with the wrong sign the learned flow brings nothing back, though the judge knows the cue") {
  const std::vector<Attempt> all = attempts(flat_images({-0.1f, 1.2f}), {0, 2}, -1);
  CHECK(all[0].share() == 0);
  CHECK(all[1].share() == 1);
  CHECK(all[2].share() == 1);
  CHECK(all[3].share() == 1);
}

TEST_CASE("a jump with too much noise is the mean of the points, and brings every cue back as the same") {
  const auto wide = energy_of(points, 100);
  const std::vector<Attempt> all = retrieve(quiet, wide, wide, judge, flat_images({0.1f, 0.45f, 0.9f}), {0, 1, 2});
  CHECK(all[2].share() == doctest::Approx(1.0 / 3));
  CHECK(all[3].share() == 1);
}

TEST_CASE("one way is ahead of another when it is right on more cues than chance would make it") {
  std::vector<bool> all(100, true), most = all, few = all;
  std::fill_n(most.begin(), 3, false);
  std::fill_n(few.begin(), 30, false);
  CHECK(standing(of(all), of(most)) == Standing::level);  // 3 against 0 may be chance
  CHECK(standing(of(all), of(few)) == Standing::ahead);
  CHECK(standing(of(few), of(all)) == Standing::behind);
  CHECK(standing(of(all), of(all)) == Standing::level);
  // As many right, on other cues.
  std::vector<bool> first(100, false), second(100, false);
  std::fill_n(first.begin(), 50, true);
  std::fill_n(second.rbegin(), 50, true);
  CHECK(standing(of(first), of(second)) == Standing::level);
}

}  // namespace neb::test
