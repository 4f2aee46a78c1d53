/// The programs that work with a trained energy, on grey and on colour images of any size.
#include <chrono>
#include <csignal>
#include <thread>

#include "neb/flow/flow.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

struct Kind {
  const char* name;
  Shape image;
};
const std::vector<Kind> kinds{{"grey", {8, 10, 1}}, {"colour", {9, 7, 3}}, {"two channels", {8, 8, 2}}};

}  // namespace

TEST_CASE("every program takes images of any size and any number of channels") {
  for (const Kind& kind : kinds) {
    CAPTURE(kind.name);
    const Scratch scratch;
    const std::string data = put_images(scratch, "data", kind.image), model = put_model(scratch, "model", kind.image);
    const auto summary_of = [&](const std::string& program, const std::string& picture, Arguments arguments) {
      for (const char* common : {"--data", data.c_str(), "--model", model.c_str(), "--out", "out", "--threads", "2"})
        arguments.emplace_back(common);
      const Outcome outcome = run_program(program, arguments, scratch.folder());
      REQUIRE_MESSAGE(outcome.code == 0, program, ": ", outcome.err);
      CHECK(outcome.err.empty());
      CHECK(is_picture(scratch.path("out/" + picture)));
      return read_json(scratch.path("out/summary.json"));
    };

    const auto denoised = summary_of("denoise", "denoise", {"--count", "12", "--sigma", "0.3"});
    CHECK(denoised["sigma"] == 0.3);
    CHECK(denoised["noisy_min"].get<double>() < -0.3);
    CHECK(denoised["noisy_max"].get<double>() > 1);
    CHECK(denoised["denoised_min"].get<double>() < denoised["denoised_max"].get<double>());
    CHECK(denoised["test_loss"].get<double>() > 0);

    const auto walked = summary_of("walk_jump", "walk_jump", {"--steps", "40", "--every", "20", "--chains", "3"});
    CHECK(walked["sigma"] == 0.3);
    CHECK(walked["delta"] == doctest::Approx(0.003));
    CHECK(walked["chains"] == 3);
    CHECK(walked["steps"] == 40);
    CHECK(walked["jump_min"].get<double>() < walked["jump_max"].get<double>());

    for (const char* start : {"test", "train", "uniform"}) {
      const auto remembered = summary_of("associative_memory", "associative_memory",
                                         {"--init", start, "--count", "11", "--max-steps", "300"});
      CHECK(remembered["sigma"] == 0.3);
      CHECK(remembered["count"] == 11);
      CHECK(remembered["until"] == "settled");
      Index ended = 0;
      for (const char* end : {"settled", "minimum", "out_of_time", "escaped", "unfinished"})
        ended += remembered[end].get<Index>();
      CHECK(ended == 11);
    }

    const auto overlap = summary_of("sphere_overlap", "sphere_overlap", {});
    CHECK(overlap["images"] == 96);
    CHECK(overlap["pairs"] == 96 * 95 / 2);
    CHECK(overlap["min"].get<double>() <= overlap["median"].get<double>());
    CHECK(overlap["median"].get<double>() <= overlap["max"].get<double>());
    CHECK(overlap["mean"].get<double>() < overlap["max"].get<double>());
    CHECK(summary_of("sphere_overlap", "sphere_overlap", {"--pairs", "50"})["pairs"] == 50);
    const auto marked = summary_of("sphere_overlap", "sphere_overlap", {"--sigma", "0.000001,0.25,0.3,1000"});
    REQUIRE(marked["overlapping"].size() == 4);
    CHECK(marked["overlapping"][0] == 0);
    CHECK(marked["overlapping"][3] == 1);
    CHECK(summary_of("sphere_overlap", "sphere_overlap", {"--pairs", "all"})["pairs"] == 96 * 95 / 2);

    const Outcome trained = run_program(
        "train_energy", {"--data", data, "--channels", "4", "--steps", "2", "--out", "trained"}, scratch.folder());
    REQUIRE_MESSAGE(trained.code == 0, trained.err);
  }
}

TEST_CASE("walk_jump shows rows of a walk of any length") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 8, 1}), model = put_model(scratch, "model", {8, 8, 1});
  const auto walked = [&](Arguments arguments) {
    for (const char* common : {"--data", data.c_str(), "--model", model.c_str(), "--out", "out", "--chains", "2"})
      arguments.emplace_back(common);
    const Outcome outcome = run_program("walk_jump", arguments, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    const auto summary = read_json(scratch.path("out/summary.json"));
    return std::pair(summary["every"].get<Index>(), summary["jumps"].get<Index>());
  };
  CHECK(walked({"--steps", "500"}) == std::pair<Index, Index>{100, 6});  // the start is one of them
  CHECK(walked({"--steps", "3"}) == std::pair<Index, Index>{1, 4});
  CHECK(walked({"--steps", "0"}) == std::pair<Index, Index>{1, 1});
  CHECK(walked({"--steps", "50", "--every", "10000"}) == std::pair<Index, Index>{50, 2});
  CHECK(walked({"--steps", "50", "--every", "20"}) == std::pair<Index, Index>{20, 3});
}

TEST_CASE("associative_memory tells by which rule flows end, and where") {
  // A network that is 0 leaves the bowl |y|^2 / (2 s^2), in which y(t) = y(0) exp(-t) and a flow loses |y|^2 / s^2 nats.
  const Scratch scratch;
  const Shape image{6, 6, 1};
  const std::string data = put_images(scratch, "data", image);
  constexpr double s = 0.3;
  ConvEnergy<float> phi({.image = image, .channels = {2}, .bottleneck = 2, .quadratic = 1 / (2 * s * s)}, Key(1));
  visit_parameters(phi, [](const std::string&, Var<float>& parameter) {
    parameter = Var<float>(Tensor<float>::zeros(parameter.shape()));
  });
  write_model(scratch.path("model"), phi, s);
  const auto remembered = [&](Arguments arguments) {
    for (const char* common : {"--data", data.c_str(), "--model", "model", "--init", "uniform", "--out", "out"})
      arguments.emplace_back(common);
    const Outcome outcome = run_program("associative_memory", arguments, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return read_json(scratch.path("out/summary.json"));
  };
  const double start = std::sqrt(36.0 / 3),
               left = s * std::sqrt(settled_rate);  // |y| of uniform noise, and of what has settled
  const auto settled = remembered({});
  CHECK(settled["settled"] == 20);
  CHECK(settled["settled_mean_time"].get<double>() == doctest::Approx(std::log(start / left)).epsilon(0.05));
  CHECK(settled["settled_mean_path_length"].get<double>() == doctest::Approx(start - left).epsilon(0.05));
  CHECK(settled["settled_mean_chi"].get<double>() == doctest::Approx((start - left) / 12).epsilon(0.05));
  CHECK(settled["settled_mean_energy_drop"].get<double>() ==
        doctest::Approx(start * start / (2 * s * s)).epsilon(0.08));
  CHECK_FALSE(settled.contains("minimum_mean_time"));
  const auto rests = remembered({"--until", "minimum"});
  CHECK(rests["minimum"] == 20);
  CHECK(rests["minimum_mean_time"].get<double>() > 5);
  const auto stopped = remembered({"--time", "0.5"});
  CHECK(stopped["out_of_time"] == 20);
  CHECK(stopped["out_of_time_mean_time"] == 0.5);
  CHECK(stopped["out_of_time_mean_path_length"].get<double>() ==
        doctest::Approx(start * (1 - std::exp(-0.5))).epsilon(0.05));
  CHECK_FALSE(std::filesystem::exists(scratch.path("out/associative_memory_film.html")));
  remembered({"--film", "--time", "4"});
  CHECK(is_picture(scratch.path("out/associative_memory_stages")));
  CHECK(is_picture(scratch.path("out/associative_memory_film")));
  if (std::filesystem::exists(scratch.path("out/associative_memory_film.png")))
    CHECK(content_of(scratch.path("out/associative_memory_film.html")).find("src=\"associative_memory_film.png\"") !=
          std::string::npos);
}

TEST_CASE("quickstart does it all") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {12, 12, 3});
  const Outcome outcome = run_program(
      "quickstart", {"--data", data, "--minutes", "0.02", "--walk-seconds", "0.5", "--out", "out"}, scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.err.empty());
  for (const char* picture : {"denoise", "walk_jump", "memory_from_test", "memory_from_noise", "sphere_overlap"}) {
    CAPTURE(picture);
    CHECK(is_picture(scratch.path("out/") + picture));
  }
  const nlohmann::json summary = read_json(scratch.path("out/summary.json"));
  CHECK(summary["train_energy"]["test_loss"] == summary["denoise"]["test_loss"]);
  CHECK(summary["walk_jump"]["chains"] == 10);
  CHECK(summary["memory_from_test"]["count"] == 20);
  CHECK(summary["memory_from_noise"]["count"] == 20);
  CHECK(summary["sphere_overlap"]["images"] == 96);

  const Outcome again = run_program(
      "quickstart",
      {"--data", data, "--model", "out/model.safetensors", "--walk-seconds", "0.5", "--out", "again", "--quiet"},
      scratch.folder());
  REQUIRE_MESSAGE(again.code == 0, again.err);
  CHECK(again.out.empty());
  CHECK(read_json(scratch.path("again/summary.json"))["denoise"] == summary["denoise"]);
}

TEST_CASE("chains and flows that leave the data are counted, not shown as memories") {
  // An energy that falls without end in every direction: minus a sum of smooth ReLUs.
  const Scratch scratch;
  const Shape image{6, 6, 1};
  const std::string data = put_images(scratch, "data", image);
  ConvEnergy<float> phi({.image = image, .channels = {2}, .bottleneck = 2}, Key(1));
  visit_parameters(phi, [&](const std::string& name, Var<float>& parameter) {
    const bool last = name.starts_with("readout");
    parameter = Var<float>(Tensor<float>::full(parameter.shape(), last ? -4.0f : 0.5f));
  });
  write_model(scratch.path("model"), phi, 0.3);
  const Outcome flowed = run_program(
      "associative_memory", {"--data", data, "--model", "model", "--count", "4", "--out", "out"}, scratch.folder());
  REQUIRE_MESSAGE(flowed.code == 0, flowed.err);
  const nlohmann::json memories = read_json(scratch.path("out/summary.json"));
  CHECK(memories["escaped"] == 4);
  CHECK(memories["settled"] == 0);
  CHECK(memories["escaped_mean_chi"].get<double>() > 1);

  const Outcome walked = run_program(
      "walk_jump",
      {"--data", data, "--model", "model", "--steps", "400", "--every", "200", "--delta", "0.1", "--out", "out"},
      scratch.folder());
  REQUIRE_MESSAGE(walked.code == 0, walked.err);
  CHECK(walked.out.find("left the data") != std::string::npos);
  CHECK(read_json(scratch.path("out/summary.json"))["escaped"] == 10);
}

TEST_CASE("associative_memory stopped by Ctrl-C draws and counts what it has") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 8, 1});
  const ConvEnergy<float> phi({.image = {8, 8, 1}, .channels = {4, 8}, .bottleneck = 4, .quadratic = 1 / 0.18}, Key(3));
  write_model(scratch.path("model"), phi, 0.3);
  // Flows that stay with the data, and would go on for hours.
  const Arguments endless{"--data",  data,      "--model",     "model",  "--out",       "out",        "--count",   "3",
                          "--until", "minimum", "--tolerance", "1e-300", "--max-steps", "1000000000", "--threads", "1"};
  const std::string summary = scratch.path("out/summary.json");
  for (int milliseconds = 100; milliseconds < 60000 && !std::filesystem::exists(summary); milliseconds *= 2) {
    Running flows("associative_memory", endless, scratch.folder());
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));  // too early, it ends before it has begun
    flows.send(SIGINT);
    const Outcome stopped = flows.wait();
    if (!std::filesystem::exists(summary)) continue;
    CHECK(stopped.code == 128 + SIGINT);
    CHECK(stopped.out.find("stopped: flows that had not ended count as unfinished") != std::string::npos);
  }
  CHECK(read_json(summary)["unfinished"] == 3);
  CHECK(is_picture(scratch.path("out/associative_memory")));
}
