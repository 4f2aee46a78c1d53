/// photon_counts, on images that train in no time.
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

nlohmann::json count_photons(const Scratch& scratch, const std::string& data, Arguments arguments) {
  for (const char* common : {"--data", data.c_str(), "--out", "out", "--threads", "2"}) arguments.emplace_back(common);
  const Outcome outcome = run_program("photon_counts", arguments, scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.err.empty());
  CHECK(is_picture(scratch.path("out/photon_counts")));
  return read_json(scratch.path("out/summary.json"));
}

}  // namespace

TEST_CASE("photon_counts starts from the mean image, and learns to take noise away") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 10, 1});
  const auto untrained = count_photons(scratch, data, {"--steps", "1", "--learning-rate", "1e-6"});
  CHECK(untrained["photons"] == 2);
  CHECK(untrained["images"] == 24);
  const double mean = untrained["error_mean_image"].get<double>();
  CHECK(untrained["error_jump"].get<double>() == doctest::Approx(mean).epsilon(0.05));
  CHECK(untrained["error_counts"].get<double>() > 0);

  const auto trained = count_photons(scratch, data, {"--steps", "300", "--batch", "8"});
  CHECK(trained["error_jump"].get<double>() < 0.6 * mean);
  CHECK(trained["error_jump"].get<double>() < 0.8 * trained["error_pixels"].get<double>());
  CHECK(count_photons(scratch, data, {"--steps", "300", "--batch", "8"}) == trained);
}

TEST_CASE("photon_counts takes colour, and any number of photons") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {9, 7, 3});
  for (const char* photons : {"0.25", "200"}) {
    const auto summary =
        count_photons(scratch, data, {"--photons", photons, "--steps", "3", "--count", "3", "--test", "2"});
    CHECK(summary["images"] == 3);
    for (const char* error : {"error_mean_image", "error_counts", "error_pixels", "error_jump"})
      CHECK(summary[error].get<double>() > 0);
  }
}

TEST_CASE("photon_counts refuses what it cannot use") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 8, 1});
  const std::vector<std::pair<Arguments, std::string>> wrong{{{"--photons", "0"}, "--photons"},
                                                             {{"--photons", "many"}, "--photons"},
                                                             {{"--photons", "1e9"}, "[0, 2^23]"},
                                                             {{"--steps", "0"}, "--steps"},
                                                             {{"--pixels", "65"}, "an image has only 64"},
                                                             {{"--data", "nowhere"}, "nowhere"}};
  for (const auto& misuse : wrong) {
    CAPTURE(misuse.second);
    Arguments arguments = misuse.first;
    if (arguments[0] != "--data") arguments.insert(arguments.end(), {"--data", data});
    const Outcome outcome = run_program("photon_counts", arguments, scratch.folder());
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(misuse.second));
  }
}
