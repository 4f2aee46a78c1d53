#include "parts/film.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "io/scratch.hpp"
#include "paper/points_world.hpp"

using namespace neb;
using namespace neb::test;

namespace {

examples::Film bowl(const Tensor<float>& y0, double last, double factor = 1) {
  const examples::TrainedEnergy energy = energy_of(flat_images({0}), 0.3, factor);
  return examples::film_of({.name = "test", .out = "", .quiet = true}, energy, y0, last);
}

}  // namespace

TEST_CASE("a film's frames take equal parts of log time, and its rows are among them") {
  const examples::Film film = bowl(flat_images({1}), 300);
  CHECK(film.stages == std::vector<double>{0, 1, 3, 10, 30, 100, 300});
  for (const double stage : film.stages)
    CHECK(std::find(film.times.begin(), film.times.end(), stage) != film.times.end());
  CHECK(film.times[1] == 0.1);
  for (std::size_t k = 2; k < film.times.size(); ++k)
    CHECK(film.times[k] / film.times[k - 1] == doctest::Approx(std::pow(10, 1.0 / 12)).epsilon(0.02));
  CHECK(bowl(flat_images({1}), 5).stages == std::vector<double>{0, 1, 3, 5});
  CHECK(bowl(flat_images({1}), 0.05).times == std::vector<double>{0, 0.05});
}

TEST_CASE("a film shows a flow where it is, past where it settles") {
  const Tensor<float> y0 = flat_images({2, -1});
  const examples::Film film = bowl(y0, 4);
  REQUIRE(film.flow.snapshots.size() == film.times.size());
  for (std::size_t k = 0; k < film.times.size(); ++k)
    for (Index flow = 0; flow < 2; ++flow) {
      const double expected = y0(flow, 0, 0, 0) * std::exp(-film.times[k]);
      CHECK(film.flow.snapshots[k].y(flow, 1, 1, 0) == doctest::Approx(expected).epsilon(0.01));
    }
  CHECK(film.flow.settled[0].time[0] < 4);
  CHECK(film.flow.y(0, 0, 0, 0) < film.flow.settled[0].y(0, 0, 0, 0));
}

TEST_CASE("a film's picture holds its frames side by side, and its page plays as many") {
  const Scratch scratch;
  const examples::Film film = bowl(flat_images({1, 2, 3, 4, 5, 6}), 1), hill = bowl(flat_images({1}), 10, -1);
  const Index frames = draw_frames(film, scratch.path("film.ppm"));
  CHECK(frames > std::ssize(film.times));
  const std::string picture = content_of(scratch.path("film.ppm"));
  const Index width = std::stol(picture.substr(3));
  CHECK(width % frames == 0);
  // Tiles of 14 x 2 pixels, five in a row.
  CHECK(width / frames == 5 * (28 + 4) + 4);
  CHECK(examples::film_page("title", "film.ppm", frames).find("steps(" + std::to_string(frames)) != std::string::npos);
  // What escapes is crossed out in rows after that, and there is a picture all the same.
  draw_stages(hill, "escapes", scratch.path("stages.ppm"));
  CHECK(hill.flow.count(FlowEnd::escaped) == 1);
  CHECK(content_of(scratch.path("stages.ppm")).starts_with("P6"));
}
