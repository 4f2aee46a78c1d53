/// audit: what it says of energies that are right, and of each that is wrong.
#include "contains.hpp"
#include "io/scratch.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/energy/model_file.hpp"
#include "neb/io/safetensors.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

constexpr Index n = 300, d = 16;
constexpr double s = 0.3;

/// An energy that is factor |y|^2 / 2 to a thousandth: of the smooth ReLU z / (1 + exp(-z)), both signs of z together are
/// z^2 / 2 near 0. With factor 1 / s^2 it is that of a single sample at the origin.
MlpEnergy<float> bowl(double factor) {
  constexpr float slope = 0.05F;
  MlpEnergy<float> phi({.widths = {d, 2 * d}}, Key(0));
  auto& layers = phi.network.layers;
  Tensor<float> weight = Tensor<float>::zeros({d, 2 * d});
  for (Index i = 0; i < d; ++i) {
    weight.mutable_data()[i * 2 * d + 2 * i] = slope;
    weight.mutable_data()[i * 2 * d + 2 * i + 1] = -slope;
  }
  layers[0].weight = Var<float>(weight);
  layers[1].weight = Var<float>(Tensor<float>::full({2 * d, 1}, static_cast<float>(factor) / (slope * slope)));
  return phi;
}

struct Auditing {
  Scratch scratch;
  std::string clean, noisy;

  Auditing() {
    const Tensor<double> x = Tensor<double>::zeros({n, 4, 4, 1}), y = smooth(x, s, Key(1));
    write_safetensors(noisy = scratch.path("noisy"), {{"y", y}});
    write_safetensors(clean = scratch.path("pairs"), {{"y", y.to<float>()}, {"x", x}});
  }
  /// What it prints of an energy factor |y|^2 / 2.
  std::string said_of(double factor, const std::string& images, Arguments more = {}) const {
    write_model(scratch.path("model"), bowl(factor), s);
    more.insert(more.end(), {"--model", scratch.path("model"), "--noisy", images, "--out", "out"});
    const Outcome outcome = run_program("audit", more, scratch.folder());
    CHECK_MESSAGE(outcome.code == 0, outcome.err);
    return outcome.out;
  }
  nlohmann::json summary() const { return read_json(scratch.path("out/summary.json")); }
};

}  // namespace

TEST_CASE("audit finds nothing wrong with what is right, without and with clean images") {
  const Auditing auditing;
  CHECK(contains(auditing.said_of(1 / (s * s), auditing.noisy), "Sound: the slope is "));
  CHECK(auditing.summary()["sound"] == 1);
  CHECK_FALSE(auditing.summary().contains("loss"));
  CHECK(is_picture(auditing.scratch.path("out/audit_spectrum")));
  CHECK_FALSE(is_picture(auditing.scratch.path("out/audit_deciles")));

  const std::string said = auditing.said_of(1 / (s * s), auditing.clean, {"--count", "200", "--spectra", "3"});
  CHECK(contains(said, "200 noisy images of 16 numbers, sigma 0.3: noise alone has 1.44"));
  CHECK(contains(said, "at 3 images"));
  CHECK(contains(said, "and SURE is the loss."));
  const auto summary = auditing.summary();
  CHECK(summary["samples"] == 200);
  CHECK(summary["slope"][0].get<double>() == doctest::Approx(1).epsilon(0.1));
  CHECK(summary["noise"][0].get<double>() == doctest::Approx(s).epsilon(0.05));
  CHECK(summary["loss"][0].get<double>() < 1e-3);
  CHECK(summary["decile_trace"].size() == 10);
  for (const char* picture : {"audit_spectrum", "audit_deciles", "audit_profile"})
    CHECK(is_picture(auditing.scratch.path(std::string("out/") + picture)));
}

TEST_CASE("audit names what is wrong") {
  const Auditing auditing;
  const auto says = [&](const std::string& said, const std::vector<std::string>& parts) {
    CAPTURE(said);
    CHECK(auditing.summary()["sound"] == 0);
    CHECK_FALSE(contains(said, "Sound"));
    for (const std::string& part : parts) CHECK_MESSAGE(contains(said, part), part);
  };
  const std::string sign = auditing.said_of(-1 / (s * s), auditing.noisy);
  says(sign, {"WRONG SIGN: the slope is -"});
  CHECK_FALSE(contains(sign, "WRONG SCALE"));
  says(auditing.said_of(1, auditing.noisy), {"WRONG SCALE: the slope is 1", "trained without the sigma^2",
                                             "a slope of 11.11", "the energy of a sigma of about"});
  const std::string wide = auditing.said_of(1 / (0.45 * 0.45), auditing.noisy, {"--sigma", "0.3"});
  says(wide,
       {"WRONG SCALE: the slope is 2.", "it is the energy of a sigma of about 0.4", "the data has a sigma of 0.2"});
  CHECK_FALSE(contains(wide, "trained without"));
  const std::string claimed = auditing.said_of(1 / (0.45 * 0.45), auditing.clean, {"--sigma", "0.45"});
  says(claimed, {"WRONG NOISE: SURE is not the loss", "the data has a sigma of 0.3", "not 0.45"});
  CHECK_FALSE(contains(claimed, "WRONG SCALE"));
  says(auditing.said_of(1 / (s * s), auditing.noisy, {"--sigma", "0.45"}),
       {"C has a negative trace", "a sigma of 0.3"});
}

TEST_CASE("audit makes the noise itself from clean images") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 8, 1}), model = put_model(scratch, "model", {8, 8, 1});
  const Outcome outcome =
      run_program("audit", {"--data", data, "--model", model, "--sigma", "0.2", "--spectra", "0"}, scratch.folder());
  CHECK_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(contains(outcome.out, "24 noisy images of 64 numbers, sigma 0.2"));
  CHECK_FALSE(contains(outcome.out, "WRONG NOISE"));
  CHECK(run_program("audit", {"--quiet", "--data", data, "--model", model}, scratch.folder()).out.empty());
}

TEST_CASE("audit refuses what it cannot look at, with a line that says what it expects") {
  const Auditing auditing;
  const Scratch& scratch = auditing.scratch;
  write_model(scratch.path("model"), bowl(1), s);
  const auto refuses = [&](Arguments arguments, const std::string& text) {
    arguments.insert(arguments.end(), {"--out", "out"});
    const Outcome outcome = run_program("audit", arguments, scratch.folder());
    CAPTURE(text);
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
    CHECK(outcome.out.empty());
  };
  const auto with = [&](Arguments more) {
    more.insert(more.end(), {"--model", scratch.path("model"), "--noisy", auditing.noisy});
    return more;
  };
  refuses({"--noisy", auditing.noisy}, "--model FILE is missing");
  refuses(with({"--data", "data"}), "leave --data out");
  refuses(with({"--probes", "3"}), "--probes: expected an even number");
  refuses(with({"--count", "1"}), "--count");
  refuses(with({"--sigma", "0"}), "--sigma");
  refuses({"--model", scratch.path("model"), "--noisy", scratch.path("nowhere")}, "nowhere");
  const auto refuses_file = [&](const TensorMap& tensors, const std::string& text) {
    write_safetensors(scratch.path("wrong"), tensors);
    refuses({"--model", scratch.path("model"), "--noisy", scratch.path("wrong")}, text);
  };
  const Tensor<double> y = Tensor<double>::zeros({3, 4, 4, 1});
  refuses_file({{"z", y}}, "has no tensor \"y\"");
  refuses_file({{"y", Tensor<double>::zeros({3, 5, 5, 1})}},
               "\"y\" has shape (3, 5, 5, 1), expected at least two samples");
  refuses_file({{"y", y.rows(0, 1)}}, "expected at least two samples");
  refuses_file({{"y", y}, {"x", y.rows(0, 2)}}, "are not as many");
  refuses_file({{"y", Tensor<double>::full({3, 4, 4, 1}, HUGE_VAL)}}, "is not finite at sample 0");
}
