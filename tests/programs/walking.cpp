/// walk_jump: its samplers, the step size that it finds, and that stopping it changes nothing.
#include <csignal>
#include <thread>

#include "nn/support.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const Shape eight_by_eight{8, 8, 1};

/// Grey data, and an energy that holds its walks: a small network beside the quadratic part.
struct Walking {
  Scratch scratch;
  std::string data = put_images(scratch, "data", eight_by_eight);

  Walking() { put_model(scratch, "model", eight_by_eight, 1 / 0.18); }
  Arguments walk(const std::string& out, const Arguments& more) const {
    Arguments arguments{"--data", data, "--model", "model", "--out", out, "--chains", "3", "--threads", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Outcome walked(const std::string& out, const Arguments& more) const {
    const Outcome outcome = run_program("walk_jump", walk(out, more), scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return outcome;
  }
  nlohmann::json summary(const std::string& out) const { return read_json(scratch.path(out + "/summary.json")); }
  std::string checkpoint(const std::string& out) const {
    return content_of(scratch.path(out + "/checkpoint.safetensors"));
  }
  void refuses(const Arguments& arguments, const std::string& text) const {
    const Outcome outcome = run_program("walk_jump", arguments, scratch.folder());
    CAPTURE(text);
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
  }
};

const std::vector<std::string> samplers{"langevin", "leimkuhler-matthews", "mala", "baoab", "aboba"};

void wait_for(const std::string& path) {
  for (int i = 0; i < 6000 && !std::filesystem::exists(path); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

TEST_CASE("walk_jump takes any sampler, and finds a step size for those that ask for one") {
  const Walking set;
  for (const std::string& sampler : samplers) {
    CAPTURE(sampler);
    set.walked("out", {"--sampler", sampler, "--steps", "40", "--step", "auto", "--warm-up", "60"});
    const auto summary = set.summary("out");
    CHECK(summary["sampler"] == sampler);
    CHECK(summary["warm_up"] == 60);
    CHECK(summary["escaped"] == 0);
    CHECK(summary["jumps"] == 6);
    // MALA's is about 1.167 sigma 64^(-1/6) = 0.58 sigma here; the walk gets a part of it.
    CHECK(summary["delta"].get<double>() > 0.3 * 0.1);
    CHECK(summary["delta"].get<double>() < 0.3 * 0.9);
    CHECK(summary.contains("acceptance") == (sampler == "mala"));
  }
  set.walked("mala", {"--sampler", "mala", "--steps", "400", "--warm-up", "200"});
  const auto summary = set.summary("mala");
  CHECK(summary["acceptance"].size() == 3);
  for (const auto& acceptance : summary["acceptance"])
    CHECK(acceptance.get<double>() == doctest::Approx(0.574).epsilon(0.3));
}

TEST_CASE("walk_jump gives a chain the same bits whatever number of others walks beside it") {
  const Walking set;
  // Filters enough for Winograd's kernels.
  const ConvEnergy<float> wide({.image = eight_by_eight, .channels = {16, 32}, .padding = 1, .quadratic = 1 / 0.18},
                               Key(3));
  write_model(set.scratch.path("model"), wide, 0.3);
  const auto walked = [&](const std::string& out, const std::string& chains) {
    set.walked(out, {"--steps", "30", "--chains", chains});
    return SafeTensors(set.scratch.path(out + "/checkpoint.safetensors")).get<float>("chains.y");
  };
  const Tensor<float> few = walked("few", "2"), many = walked("many", "5");
  CHECK(same_bits(few, many.rows(0, 2)));
}

TEST_CASE("walk_jump without new options is the paper's walk, and --step is --delta") {
  const Walking set;
  set.walked("plain", {"--steps", "20"});
  CHECK(set.summary("plain")["delta"] == doctest::Approx(0.003));
  CHECK(set.summary("plain")["sampler"] == "langevin");
  set.walked("delta", {"--steps", "20", "--delta", "0.02"});
  set.walked("step", {"--steps", "20", "--step", "0.02", "--sampler", "langevin"});
  CHECK(set.summary("delta") == set.summary("step"));
  CHECK(set.summary("delta") != set.summary("plain"));
}

TEST_CASE("a walk that is killed, and one that is interrupted, go on to the bits of one that was not, by any sampler") {
  const Walking set;
  for (const std::string& sampler : samplers) {
    CAPTURE(sampler);
    const Arguments settings{"--sampler",
                             sampler,
                             "--step",
                             "auto",
                             "--warm-up",
                             "400",
                             "--steps",
                             "6000",
                             "--every",
                             "700",
                             "--seed",
                             "5",
                             "--checkpoint-minutes",
                             "1e-3"};
    set.walked("whole", settings);
    const std::string whole = set.checkpoint("whole");
    // Killed after its first checkpoint, at whatever step that is; there is no time to write anything. On a busy machine the
    // signal may come when the walk has just ended: then once more.
    const std::string path = set.scratch.path("cut/checkpoint.safetensors");
    std::string killed = whole;
    for (int attempt = 0; attempt < 10 && killed == whole; ++attempt) {
      std::filesystem::remove_all(set.scratch.path("cut"));
      Running first("walk_jump", set.walk("cut", settings), set.scratch.folder());
      wait_for(path);
      first.send(SIGKILL);
      first.wait();
      killed = content_of(path);
    }
    REQUIRE((killed == whole) == false);

    // Nothing but what it said has to be repeated. Stopped again by Ctrl-C, which saves.
    const Arguments resume{"--resume", "cut/checkpoint.safetensors", "--out", "cut", "--model", "model", "--data",
                           set.data};
    Running second("walk_jump", resume, set.scratch.folder());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    second.send(SIGINT);
    const Outcome interrupted = second.wait();
    if (interrupted.code == 128 + SIGINT)
      CHECK(interrupted.out.find("walk_jump --resume cut/checkpoint.safetensors --out cut --model model --data " +
                                 set.data) != std::string::npos);
    const Outcome last = run_program("walk_jump", resume, set.scratch.folder());
    REQUIRE_MESSAGE(last.code == 0, last.err);
    CHECK((set.checkpoint("cut") == whole) == true);  // unlike ==, this prints no bytes
    CHECK(set.summary("cut") == set.summary("whole"));
  }
}

TEST_CASE("a walk that has ended can be made longer, and is then the long walk") {
  const Walking set;
  set.walked("long", {"--sampler", "baoab", "--step", "0.1", "--steps", "60", "--every", "7"});
  set.walked("short", {"--sampler", "baoab", "--step", "0.1", "--steps", "25", "--every", "7"});
  const Outcome outcome = run_program("walk_jump",
                                      {"--resume", "short/checkpoint.safetensors", "--steps", "60", "--out", "short",
                                       "--model", "model", "--data", set.data},
                                      set.scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(set.checkpoint("short") == set.checkpoint("long"));
  CHECK(set.summary("short")["jumps"] == 9);
}

TEST_CASE("walk_jump refuses settings that contradict each other, or the checkpoint") {
  const Walking set;
  const auto with = [&](const Arguments& more) { return set.walk("out", more); };
  set.refuses(with({"--sampler", "hmc"}), "--sampler hmc: expects one of langevin, leimkuhler-matthews");
  set.refuses(with({"--step", "0.1", "--delta", "0.1"}), "--step and --delta");
  set.refuses(with({"--step", "large"}), "--step");
  set.refuses(with({"--warm-up", "50"}), "--warm-up: finds the step size");
  set.refuses(with({"--friction", "2"}), "--friction: langevin has none");
  set.refuses(with({"--sampler", "baoab", "--friction", "0"}), "--friction");
  set.refuses(with({"--resume", "nowhere"}), "nowhere");
  set.refuses(with({"--resume", "model"}), "is not a checkpoint");

  set.walked("out", {"--sampler", "mala", "--warm-up", "20", "--steps", "30", "--seed", "5"});
  const auto resuming = [&](const Arguments& more) {
    Arguments arguments{"--resume", "out/checkpoint.safetensors", "--model", "model", "--data", set.data};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  set.refuses(resuming({"--sampler", "baoab"}), "the checkpoint has --sampler mala, this walk baoab");
  set.refuses(resuming({"--chains", "4"}), "--chains 3, this walk 4");
  set.refuses(resuming({"--every", "4"}), "--every 6, this walk 4");
  set.refuses(resuming({"--seed", "6"}), "--seed 5, this walk 6");
  set.refuses(resuming({"--step", "0.1"}), "--step");
  set.refuses(resuming({"--steps", "20"}), "ask for as many, or more");
  const ConvEnergy<float> other({.image = eight_by_eight,
                                 .channels = {4, 8},
                                 .stride = {2},
                                 .padding = 1,
                                 .bottleneck = 4,
                                 .quadratic = 1 / 0.16},
                                Key(3));
  write_model(set.scratch.path("other"), other, 0.3);
  set.refuses({"--resume", "out/checkpoint.safetensors", "--model", "other", "--data", set.data},
              "belongs to another model");
}
