/// train_energy: what it writes, that it learns, and that stopping it changes nothing.
#include <csignal>
#include <sstream>
#include <thread>

#include "neb/data/digits.hpp"
#include "neb/data/sample.hpp"
#include "neb/energy/convex_energy.hpp"
#include "neb/energy/model_file.hpp"
#include "nn/support.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const Shape grey{8, 10, 1};

/// A run of `steps` steps of a small network.
Arguments training(const std::string& data, const std::string& out, int steps, const Arguments& more = {}) {
  Arguments arguments{"--data",       data,
                      "--out",        out,
                      "--kernel",     "3",
                      "--channels",   "4,8",
                      "--bottleneck", "4",
                      "--batch",      "8",
                      "--steps",      std::to_string(steps),
                      "--report",     "10"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<nlohmann::json> lines_of(const std::string& path) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(content_of(path));
  for (std::string line; std::getline(text, line);)
    lines.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
  return lines;
}

/// Waits until a running program has logged something.
void wait_for_log(const std::string& path) {
  for (int i = 0; i < 3000 && content_of(path).empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace

TEST_CASE("train_energy learns, and writes model, log, checkpoint and summary") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  const Outcome outcome =
      run_program("train_energy", training(data, "out", 300, {"--learning-rate", "1e-2"}), scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find("test loss") != std::string::npos);

  const nlohmann::json summary = read_json(scratch.path("out/summary.json"));
  CHECK(summary["steps"] == 300);
  CHECK(summary["seconds"].get<double>() > 0);
  CHECK(summary["images_per_second"].get<double>() == doctest::Approx(300 * 8 / summary["seconds"].get<double>()));
  CHECK(summary["test_loss"].get<double>() > 0);
  CHECK(summary["test_loss"].get<double>() < 0.6 * 0.3 * 0.3 * static_cast<double>(grey.size()));  // of the noise's
  CHECK(summary["peak_rss_mb"].get<double>() > 1);

  const auto log = lines_of(scratch.path("out/log.jsonl"));
  REQUIRE(log.size() == 30);
  CHECK(log.back()["step"] == 300);
  CHECK(log.back()["progress"] == 1);
  CHECK(log.back()["loss"].get<double>() < log.front()["loss"].get<double>());

  const auto model = read_model<ConvEnergy<float>>(scratch.path("out/model.safetensors"));
  CHECK(model.sigma == 0.3);
  CHECK(model.phi.options.image == grey);
  CHECK(model.phi.options.channels == std::vector<Index>{4, 8});

  // denoise measures the same loss: its noise does not depend on the seed.
  const Outcome denoised =
      run_program("denoise", {"--data", data, "--model", "out/model.safetensors", "--out", "denoised", "--seed", "5"},
                  scratch.folder());
  REQUIRE_MESSAGE(denoised.code == 0, denoised.err);
  CHECK(read_json(scratch.path("denoised/summary.json"))["test_loss"] == summary["test_loss"]);

  // A model is also a place to start from, its architecture included.
  const Outcome continued =
      run_program("train_energy", {"--data", data, "--model", "out/model.safetensors", "--steps", "2", "--out", "more"},
                  scratch.folder());
  REQUIRE_MESSAGE(continued.code == 0, continued.err);
  CHECK(read_json(scratch.path("more/summary.json"))["test_loss"].get<double>() ==
        doctest::Approx(summary["test_loss"].get<double>()).epsilon(0.2));
}

TEST_CASE("train_energy trains a convex energy, which the other programs read, and goes on with it") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  const Arguments convex{"--data", data, "--energy", "convex", "--channels", "3,4",  "--kernel", "3",
                         "--pool", "2",  "--batch",  "8",      "--sigma",    "0.25", "--report", "10"};
  const auto train = [&](const std::string& out, Arguments more) {
    more.insert(more.begin(), {"--out", out});
    const Outcome outcome = run_program("train_energy", more, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return read_json(scratch.path(out + "/summary.json"))["test_loss"].get<double>();
  };
  const auto with = [&](Arguments more) {
    more.insert(more.begin(), convex.begin(), convex.end());
    return more;
  };
  const double loss = train("out", with({"--steps", "200", "--learning-rate", "1e-2"}));
  CHECK(loss < 0.6 * 0.25 * 0.25 * static_cast<double>(grey.size()));
  const auto model = read_model<ConvexEnergy<float>>(scratch.path("out/model.safetensors"));
  CHECK(model.phi.options.quadratic == 8);
  CHECK(model.phi.options.padding == 1);
  CHECK(same_bits(model.phi.centre, mean_row(read_digits<float>(data).train)));
  const Outcome denoised = run_program(
      "denoise", {"--data", data, "--model", "out/model.safetensors", "--out", "denoised"}, scratch.folder());
  REQUIRE_MESSAGE(denoised.code == 0, denoised.err);
  CHECK(read_json(scratch.path("denoised/summary.json"))["test_loss"] == loss);

  // From the model, whose kind it is, and from the checkpoint of a run of half the length.
  CHECK(train("more", {"--data", data, "--model", "out/model.safetensors", "--sigma", "0.25", "--steps", "2"}) ==
        doctest::Approx(loss).epsilon(0.2));
  CHECK_NOTHROW(read_model<ConvexEnergy<float>>(scratch.path("more/model.safetensors")));
  CHECK(train("again", {"--data", data, "--resume", "out/checkpoint.safetensors"}) == loss);

  for (const Arguments& wrong :
       {with({"--bottleneck", "3"}), with({"--quadratic", "0"}), Arguments{"--pool", "3"},
        Arguments{"--energy", "concave"}, Arguments{"--energy", "conv", "--resume", "out/checkpoint.safetensors"}}) {
    const Outcome refused = run_program("train_energy", wrong, scratch.folder());
    CHECK(refused.code == 2);
    CHECK(refused.err != "");
  }
}

TEST_CASE("train_energy gives the energy its quadratic part and fills spheres, unless it is told not to") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  const auto trained = [&](const std::string& out, const Arguments& more) {
    const Outcome outcome = run_program("train_energy", training(data, out, 3, more), scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return read_model<ConvEnergy<float>>(scratch.path(out + "/model.safetensors")).phi;
  };
  const auto by_default = trained("default", {"--sigma", "0.25"});
  CHECK(by_default.options.quadratic == 8);
  CHECK(same_bits(by_default.centre, mean_row(read_digits<float>(data).train)));
  const auto checkpoint = SafeTensors(scratch.path("default/checkpoint.safetensors"));
  CHECK(checkpoint.text("fill") == "0.1");
  CHECK_FALSE(checkpoint.metadata().contains("veil"));

  trained("veiled", {"--veil", "0.25", "--clip", "2"});
  const SafeTensors veiled(scratch.path("veiled/checkpoint.safetensors"));
  CHECK(veiled.text("veil") == "0.25");
  CHECK(veiled.text("clip") == "2");

  const auto plain = trained("plain", {"--quadratic", "0", "--fill", "0"});
  CHECK(plain.options.quadratic == 0);
  CHECK_FALSE(SafeTensors(scratch.path("plain/checkpoint.safetensors")).metadata().contains("fill"));

  // Another noise level needs another coefficient; the network and the centre are the model's.
  const Outcome moved = run_program("train_energy",
                                    {"--data", data, "--model", "default/model.safetensors", "--sigma", "0.5",
                                     "--steps", "1", "--quadratic", "2", "--out", "moved"},
                                    scratch.folder());
  REQUIRE_MESSAGE(moved.code == 0, moved.err);
  const auto phi = read_model<ConvEnergy<float>>(scratch.path("moved/model.safetensors")).phi;
  CHECK(phi.options.quadratic == 2);
  CHECK(same_bits(phi.centre, by_default.centre));

  for (const Arguments& wrong : {Arguments{"--quadratic", "-1"},
                                 {"--fill", "0.7"},
                                 {"--fill-weight", "x"},
                                 {"--veil", "2"},
                                 {"--veil", "0.4", "--fill", "0"}}) {
    const Outcome refused = run_program("train_energy", training(data, "no", 1, wrong), scratch.folder());
    CHECK(refused.code == 2);
    CHECK(refused.one_line_with(wrong[0].substr(2)));
  }
}

TEST_CASE("loss_curves draws training runs, and says what it cannot draw") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  for (const char* out : {"one", "two"})
    REQUIRE(run_program("train_energy", training(data, out, 30), scratch.folder()).code == 0);
  const Outcome drawn = run_program("loss_curves", {"--runs", "one,two", "--out", "curves"}, scratch.folder());
  REQUIRE_MESSAGE(drawn.code == 0, drawn.err);
  CHECK(drawn.out.find("two: loss ") != std::string::npos);
  CHECK(drawn.out.find("after 30 steps") != std::string::npos);

  const auto refusal = [&](const Arguments& arguments) {
    const Outcome outcome = run_program("loss_curves", arguments, scratch.folder());
    CHECK(outcome.code == 2);
    return outcome.err;
  };
  CHECK(refusal({}).find("--runs DIR,... is missing") != std::string::npos);
  CHECK(refusal({"--runs", "three"}).find("three/log.jsonl: cannot be opened: No such file") != std::string::npos);
  CHECK(refusal({"--runs", "one", "--top", "1e-9"}).find("--top: expected more than") != std::string::npos);

  // Lines that a killed run has torn, or that say nothing, are left out; folders may end as shells complete them.
  scratch.put("two/log.jsonl", content_of(scratch.path("two/log.jsonl")) + "{\"step\": 1}\n{\"step\": 2, \"sec");
  const Outcome torn = run_program("loss_curves", {"--runs", "one/,two//", "--out", "curves"}, scratch.folder());
  CHECK(torn.code == 0);
  CHECK(torn.one_line_with("two/log.jsonl: 2 damaged lines are left out"));
  CHECK(torn.out.find("one: loss ") != std::string::npos);
  CHECK(torn.out.find("two: loss ") != std::string::npos);
  scratch.put("one/log.jsonl", "{\"step\": 1");
  CHECK(refusal({"--runs", "one"}).find("one/log.jsonl: has no line") != std::string::npos);
}

TEST_CASE("the shipped digits are the default, from any folder; --minutes ends a run") {
  const Scratch scratch;
  const Outcome outcome =
      run_program("train_energy", {"--steps", "3", "--channels", "4,4,4", "--batch", "2"}, scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(read_model<ConvEnergy<float>>(scratch.path("out/train_energy/model.safetensors")).phi.options.image ==
        Shape{28, 28, 1});

  const std::string data = put_images(scratch, "data", grey);
  const Outcome timed = run_program(
      "train_energy", {"--data", data, "--minutes", "0.005", "--channels", "4", "--out", "timed"}, scratch.folder());
  REQUIRE_MESSAGE(timed.code == 0, timed.err);
  CHECK(read_json(scratch.path("timed/summary.json"))["seconds"].get<double>() >= 0.3);
}

TEST_CASE("the same seed gives the same bytes at any number of threads, another seed others") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  const auto model = [&](const std::string& out, const Arguments& more) {
    const Outcome outcome = run_program("train_energy", training(data, out, 20, more), scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return content_of(scratch.path(out + "/model.safetensors"));
  };
  const std::string one = model("one", {"--threads", "1"});
  CHECK(one == model("two", {"--threads", "2"}));
  CHECK(one == model("three", {"--threads", "3"}));
  CHECK(one != model("other", {"--seed", "1"}));
}

TEST_CASE("the fast precision computes other last digits than the accurate one, which is the default") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", Shape{28, 28, 1});
  const auto model = [&](const std::string& out, const Arguments& more) {
    Arguments arguments{"--data",   data, "--out",     out, "--channels", "16,32", "--kernel", "3",
                        "--stride", "1",  "--padding", "0", "--batch",    "4",     "--steps",  "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program("train_energy", arguments, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return content_of(scratch.path(out + "/model.safetensors"));
  };
  const std::string unasked = model("unasked", {});
  CHECK(unasked == model("accurate", {"--precision", "accurate"}));
  CHECK(unasked != model("fast", {"--precision", "fast"}));
}

TEST_CASE("a stopped run saves itself, says how to go on, and ends with the bytes of one that was not stopped") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  constexpr int steps = 3000;
  const Outcome whole = run_program("train_energy", training(data, "whole", steps, {"--seed", "4"}), scratch.folder());
  REQUIRE_MESSAGE(whole.code == 0, whole.err);

  Running first("train_energy", training(data, "cut", steps, {"--seed", "4"}), scratch.folder());
  wait_for_log(scratch.path("cut/log.jsonl"));
  first.send(SIGINT);
  const Outcome interrupted = first.wait();
  REQUIRE_MESSAGE(interrupted.code == 128 + SIGINT, interrupted.out, interrupted.err);
  CHECK(interrupted.out.find("train_energy --resume cut/checkpoint.safetensors --out cut --data " + data) !=
        std::string::npos);
  CHECK(!std::filesystem::exists(scratch.path("cut/model.safetensors")));
  const std::size_t logged = content_of(scratch.path("cut/log.jsonl")).size();

  // Nothing but what it said has to be repeated. Stopped again, by what a batch system sends.
  const Arguments resume{"--resume", "cut/checkpoint.safetensors", "--out", "cut", "--data", data};
  Running second("train_energy", resume, scratch.folder());
  for (int i = 0; i < 3000 && content_of(scratch.path("cut/log.jsonl")).size() == logged; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  second.send(SIGTERM);
  const Outcome terminated = second.wait();
  REQUIRE_MESSAGE(terminated.code == 128 + SIGTERM, terminated.out, terminated.err);

  const Outcome last = run_program("train_energy", resume, scratch.folder());
  REQUIRE_MESSAGE(last.code == 0, last.err);
  CHECK(content_of(scratch.path("cut/model.safetensors")) == content_of(scratch.path("whole/model.safetensors")));
  CHECK(read_json(scratch.path("cut/summary.json"))["test_loss"] ==
        read_json(scratch.path("whole/summary.json"))["test_loss"]);

  // The log goes on where it was.
  int before = 0;
  const auto log = lines_of(scratch.path("cut/log.jsonl"));
  for (const nlohmann::json& line : log) {
    CHECK(line["step"].get<int>() > before);
    before = line["step"].get<int>();
  }
  CHECK(before == steps);

  // What contradicts the checkpoint is refused.
  const auto refused = [&](const Arguments& more, const std::string& text) {
    Arguments arguments = resume;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program("train_energy", arguments, scratch.folder());
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
  };
  refused({"--sigma", "0.5"}, "sigma 0.3");
  refused({"--channels", "4,9"}, "channels 4,8");
  refused({"--steps", "10"}, "steps 3000");
  refused({"--model", "whole/model.safetensors"}, "exclude each other");
}

TEST_CASE("on a terminal a bar shows rate and time left, elsewhere plain lines do") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  const Arguments arguments{"--data", data, "--minutes", "0.04", "--channels", "4", "--out", "out"};
  const std::string bar = shown_on_terminal("train_energy", arguments, scratch.folder());
  for (const std::string text : {"\r", "###", "%", "images/s", "left", "loss"})
    CHECK_MESSAGE(bar.find(text) != std::string::npos, text, " is not in ", bar);
  const Outcome plain = run_program("train_energy", arguments, scratch.folder());
  CHECK(plain.err.empty());
  CHECK(plain.out.find('\r') == std::string::npos);
  CHECK(plain.out.find("images/s") != std::string::npos);
}

TEST_CASE("a run that diverges fails with one line, a checkpoint that is none is refused") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", grey);
  const Outcome diverged = run_program(
      "train_energy", training(data, "out", 200, {"--learning-rate", "1e20", "--warmup", "0"}), scratch.folder());
  CHECK(diverged.code == 1);
  CHECK(diverged.one_line_with("lower the learning rate"));

  const std::string text = scratch.put("text", "not a checkpoint");
  const Outcome refused = run_program("train_energy", {"--data", data, "--resume", text}, scratch.folder());
  CHECK(refused.code == 2);
  CHECK(refused.one_line_with(text));
}
