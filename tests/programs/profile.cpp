/// denoise --profile, on images that are quick to measure.
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("denoise --profile measures the energy and its control from r = 0 to 1.25, and draws them") {
  const Scratch scratch;
  const Shape image{8, 10, 1};
  const std::string data = put_images(scratch, "data", image), model = put_model(scratch, "model", image);
  const auto run = [&](const Arguments& more) {
    Arguments arguments{"--data", data, "--model", model, "--threads", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program("denoise", arguments, scratch.folder());
  };
  const Outcome outcome = run({"--out", "out", "--profile", "24"});
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find("the closed form, training images") != std::string::npos);
  CHECK(is_picture(scratch.path("out/denoise")));
  CHECK(is_picture(scratch.path("out/radial_profile")));

  const auto summary = read_json(scratch.path("out/summary.json"));
  REQUIRE(summary["profile_radius"].size() == 21);
  CHECK(summary["profile_radius"][0] == 0);
  CHECK(summary["profile_radius"][20] == 1.25);
  for (const char* of : {"profile_train", "profile_test", "profile_kde"})
    for (const char* quantity : {"_error", "_rate", "_energy", "_ink"})
      CHECK(summary[std::string(of) + quantity].size() == 21);
  CHECK(summary["profile_train_energy"][0] == 0);
  CHECK(summary["profile_kde_energy"][0] == 0);
  // At r = 1 the error is what the loss over these 24 test images is, with other noise.
  CHECK(summary["profile_test_error"][16].get<double>() ==
        doctest::Approx(summary["test_loss"].get<double>()).epsilon(0.15));
  // The model is untrained: its jump keeps the noise, which the closed form takes away.
  CHECK(summary["profile_kde_error"][8].get<double>() < summary["profile_train_error"][8].get<double>() / 2);

  REQUIRE(run({"--out", "alone", "--profile", "3", "--without-kde"}).code == 0);
  const auto alone = read_json(scratch.path("alone/summary.json"));
  CHECK(alone.contains("profile_train_rate"));
  CHECK_FALSE(alone.contains("profile_kde_rate"));
  CHECK(alone["test_loss"] == summary["test_loss"]);

  REQUIRE(run({"--out", "plain"}).code == 0);
  CHECK_FALSE(read_json(scratch.path("plain/summary.json")).contains("profile_radius"));
}

TEST_CASE("denoise refuses a profile of no images, and a control without a profile") {
  const Scratch scratch;
  const Outcome none = run_program("denoise", {"--profile", "0"}, scratch.folder());
  CHECK(none.code == 2);
  CHECK(none.err.find("--profile: expected a whole number") != std::string::npos);
  const Outcome alone = run_program("denoise", {"--without-kde"}, scratch.folder());
  CHECK(alone.code == 2);
  CHECK(alone.err.find("give --profile N as well") != std::string::npos);
}
