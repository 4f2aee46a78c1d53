/// A trained model as the folder models/ ships it, and its card.
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

TEST_CASE("a shipped model is the trained one in half precision, and its card tells what was measured") {
  const Scratch scratch;
  const Outcome training = run_program(
      "train_energy", {"--steps", "3", "--channels", "4,4,4", "--batch", "2", "--out", "run"}, scratch.folder());
  REQUIRE_MESSAGE(training.code == 0, training.err);
  Arguments arguments{"--run",     "run",
                      "--out",     "models",
                      "--command", "train_energy --seed 7 --steps 3",
                      "--commit",  "0abc",
                      "--cpu",     "one core of a \"big\" machine"};
  const Outcome shipped = run_program("ship_model", arguments, scratch.folder());
  REQUIRE_MESSAGE(shipped.code == 0, shipped.err);

  const auto model = read_model<ConvEnergy<float>>(scratch.path("models/sigma-0.30.safetensors"));
  CHECK(std::filesystem::file_size(scratch.path("models/sigma-0.30.safetensors")) <
        0.6 * static_cast<double>(std::filesystem::file_size(scratch.path("run/model.safetensors"))));
  CHECK(model.sigma == 0.3);
  const auto card = read_json(scratch.path("models/sigma-0.30.json")),
             summary = read_json(scratch.path("run/summary.json"));
  CHECK(card["model"] == "sigma-0.30.safetensors");
  CHECK(card["sigma"] == 0.3);
  CHECK(card["seed"] == 7);
  CHECK(card["steps"] == 3);
  CHECK(card["cpu"] == "one core of a \"big\" machine");
  CHECK(card["test_loss_before_rounding"] == summary["test_loss"]);
  CHECK(card["test_loss"] == card["shipped_test_loss"]);  // without --data the same images
  CHECK(card["test_loss"].get<double>() == doctest::Approx(summary["test_loss"].get<double>()).epsilon(0.001));

  // What denoise measures of the shipped file is what its card says.
  const Outcome denoised =
      run_program("denoise", {"--model", "models/sigma-0.30.safetensors", "--out", "denoised"}, scratch.folder());
  REQUIRE_MESSAGE(denoised.code == 0, denoised.err);
  CHECK(read_json(scratch.path("denoised/summary.json"))["test_loss"] == card["test_loss"]);
}

TEST_CASE("a seed is the one of the command, and a model of other images is shipped without digits") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 8, 1});
  const Outcome training =
      run_program("train_energy",
                  {"--steps", "3", "--channels", "4", "--kernel", "3", "--batch", "2", "--data", data, "--out", "run"},
                  scratch.folder());
  REQUIRE_MESSAGE(training.code == 0, training.err);
  const auto ship = [&](const std::string& command) {
    return run_program("ship_model",
                       {"--run", "run", "--data", data, "--out", "models", "--command", command, "--commit", "0abc",
                        "--cpu", "a core"},
                       scratch.folder());
  };
  for (const std::string seed : {"=7", " 18446744073709551615", "=1 --seed 9"}) {
    const Outcome shipped = ship("train_energy --seed" + seed + " --steps 3");
    REQUIRE_MESSAGE(shipped.code == 0, shipped.err);
    const auto card = read_json(scratch.path("models/sigma-0.30.json"));
    CHECK(std::to_string(card["seed"].get<std::uint64_t>()) == seed.substr(seed.find_last_of("= ") + 1));
    CHECK(card.contains("test_loss"));
    CHECK(!card.contains("shipped_test_loss"));
  }
  const Outcome wrong = ship("train_energy --seed x");
  CHECK(wrong.code == 2);
  CHECK(wrong.one_line_with("--seed is a whole number from 0 to 2^64 - 1, got \"x\""));

  put_model(scratch, "run/model.safetensors", {8, 8, 1});  // as if a newer run had been killed before its summary
  const Outcome none = ship("train_energy --steps 3 --seed");
  CHECK(none.code == 2);
  CHECK(none.one_line_with("--seed is a whole number from 0 to 2^64 - 1, got \"\""));
  const Outcome mixed = ship("train_energy --seed 1");
  CHECK(mixed.code == 2);
  CHECK(mixed.one_line_with("summary.json is of another run than model.safetensors"));
}

TEST_CASE("a model is not shipped without its history") {
  const Scratch scratch;
  const auto refuses = [&](const Arguments& arguments, const std::string& text) {
    const Outcome outcome = run_program("ship_model", arguments, scratch.folder());
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
  };
  refuses({}, "--run is missing");
  refuses({"--run", "run"}, "--command is missing");
  const Arguments all{"--run", "run", "--command", "c", "--commit", "h", "--cpu", "p"};
  refuses(all, "run/summary.json: cannot be opened: No such file or directory");
  std::filesystem::create_directory(scratch.path("run"));
  scratch.put("run/summary.json", "{}");
  refuses(all, "run/model.safetensors");
  put_model(scratch, "run/model.safetensors", {8, 8, 1});
  refuses(all, "choose two that fit");
}
