/// diagnose: what it says of traces, in numbers and in words.
#include "contains.hpp"
#include "io/scratch.hpp"
#include "neb/core/random.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/sampling/diagnostics.hpp"
#include "nn/support.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// x_t = r x_(t-1) + sqrt(1 - r^2) e_t: four chains.
Tensor<double> autoregression(Index draws, double r, std::uint64_t seed) {
  Tensor<double> x = random_normal<double>({4, draws}, Key(seed));
  for (Index i = 0; i < x.size(); ++i)
    if (i % draws != 0) x.mutable_data()[i] = r * x.data()[i - 1] + std::sqrt(1 - r * r) * x.data()[i];
  return x;
}

template <class F>
Tensor<double> mapped(Tensor<double> series, const F& f) {
  const Index draws = series.shape()[1];
  for (Index i = 0; i < series.size(); ++i) series.mutable_data()[i] = f(series.data()[i], i / draws, i % draws);
  return series;
}

struct Diagnosing {
  Scratch scratch;

  std::string put(const TensorMap& series, const Metadata& metadata = {}) const {
    write_safetensors(scratch.path("trace"), series, metadata);
    return scratch.path("trace");
  }
  /// What it prints of such a trace.
  std::string said_of(const TensorMap& series, const Metadata& metadata = {}, Arguments more = {}) const {
    more.insert(more.end(), {"--trace", put(series, metadata), "--out", "out"});
    const Outcome outcome = run_program("diagnose", more, scratch.folder());
    CHECK_MESSAGE(outcome.code == 0, outcome.err);
    return outcome.out;
  }
  nlohmann::json summary() const { return read_json(scratch.path("out/summary.json")); }
  bool drew() const {
    return is_picture(scratch.path("out/diagnose_trace")) && is_picture(scratch.path("out/diagnose_autocorrelation"));
  }
};

}  // namespace

TEST_CASE("diagnose tells of each series what the library does, with times in steps") {
  const Diagnosing diagnosing;
  const Tensor<double> fast = autoregression(1000, 0, 1), slow = autoregression(1000, 0.5, 2);
  const std::string said = diagnosing.said_of({{"fast", fast}, {"slow", slow.to<float>()}},
                                              {{"every", "20"}, {"sampler", "mala"}, {"sigma", "0.3"}});
  CHECK(contains(said, "4 chains of 1000 draws, one every 20 steps; sampler mala, sigma 0.3\n"));
  CHECK(contains(said, "Mixed: every R-hat is below 1.01"));
  CHECK(diagnosing.drew());
  const auto summary = diagnosing.summary();
  CHECK(summary["mixed"] == 1);
  const Diagnosis expected = diagnose(slow.to<float>().to<double>());
  const double numbers[] = {expected.mean,     expected.error,    expected.r_hat,
                            expected.bulk_ess, expected.tail_ess, 20 * expected.autocorrelation_time};
  for (std::size_t i = 0; i < 6; ++i) CHECK(summary["slow"][i].get<double>() == doctest::Approx(numbers[i]));
  CHECK(summary["ess"].get<double>() == doctest::Approx(std::min(expected.bulk_ess, expected.tail_ess)));
  CHECK(summary["fast"].size() == 6);
}

TEST_CASE("diagnose says in words when chains have not mixed, and why") {
  const Diagnosing diagnosing;
  const Tensor<double> good = autoregression(1000, 0.3, 3);
  const auto apart = [](double x, Index chain, Index) { return x + static_cast<double>(chain); };
  std::string said = diagnosing.said_of({{"good", good}, {"apart", mapped(good, apart)}});
  CHECK(contains(said, "NOT mixed: R-hat of apart is 1."));
  CHECK(diagnosing.summary()["mixed"] == 0);
  CHECK(diagnosing.summary()["r_hat"].get<double>() > 1.3);

  said = diagnosing.said_of({{"short", autoregression(90, 0, 3)}});
  CHECK(contains(said, "Too short: chains agree, but short has "));
  CHECK(contains(said, "400 are needed, 100 for each chain. A walk some "));

  said = diagnosing.said_of({{"few", good.rows(0, 1).reshaped({100, 10})}});
  CHECK(contains(said, "Too short: 10 draws of a chain do not show how they hang together, 20 are the least."));

  said = diagnosing.said_of({{"good", good}, {"still", Tensor<double>::full({4, 1000}, 0.5)}});
  CHECK(contains(said, "still                   0.5   constant\n"));
  CHECK(contains(said, "Mixed:"));
  said = diagnosing.said_of({{"still", Tensor<double>::full({4, 1000}, 0.5)}});
  CHECK(contains(said, "NOT mixed: nothing moves"));

  Tensor<double> lost = good;
  lost.mutable_data()[1234] = HUGE_VAL;
  said = diagnosing.said_of({{"good", good}, {"lost", lost}});
  CHECK(contains(said, "not finite\n"));
  CHECK(contains(said, "NOT mixed: chains have left the data, lost is not finite."));

  CHECK(contains(diagnosing.said_of({{"one", good.rows(0, 1)}}), "There is one chain"));
}

TEST_CASE("diagnose takes classes for classes: a row for each that was visited, and the changes") {
  const Diagnosing diagnosing;
  const Tensor<double> x = autoregression(1000, 0.5, 5);
  const Tensor<double> classes = mapped(x, [](double value, Index, Index) { return value > 0.5 ? 7.0 : 2.0; });
  Index changes = 0;
  for (Index i = 1; i < classes.size(); ++i)
    changes += i % 1000 != 0 && classes.data()[i] != classes.data()[i - 1] ? 1 : 0;
  const std::string said = diagnosing.said_of({{"x", x}, {"class", classes}}, {{"classes", "class"}});
  CHECK(contains(said, "\nclass 2 "));
  CHECK(contains(said, "\nclass 7 "));
  CHECK(contains(said, "class: " + std::to_string(changes) + " changes"));
  const auto summary = diagnosing.summary();
  CHECK(summary["changes_of_class"] == changes);
  CHECK_FALSE(summary.contains("class"));
  CHECK(summary["class 7"][0].get<double>() == doctest::Approx(0.31).epsilon(0.1));
  CHECK(summary["class 7"][4].is_null());  // no tail
}

TEST_CASE("diagnose leaves out the way from the start, if asked to") {
  const Diagnosing diagnosing;
  const Tensor<double> x = mapped(autoregression(1000, 0.3, 6), [](double value, Index, Index draw) {
    return value + 20 * std::exp(-static_cast<double>(draw) / 50);
  });
  CHECK(contains(diagnosing.said_of({{"x", x}}), "NOT mixed"));
  const std::string said = diagnosing.said_of({{"x", x}}, {}, {"--skip", "400"});
  CHECK(contains(said, "4 chains of 600 draws"));
  CHECK(contains(said, "Mixed:"));
}

TEST_CASE("walk_jump records a trace, which goes on with a walk that is resumed, and changes no step") {
  const Scratch scratch;
  const std::string data = put_images(scratch, "data", {8, 8, 1}), model = put_model(scratch, "model", {8, 8, 1});
  const auto walked = [&](const std::string& out, Arguments more, int code = 0) {
    for (const char* common : {"--data", data.c_str(), "--model", model.c_str(), "--out", out.c_str()})
      more.emplace_back(common);
    const Outcome outcome = run_program("walk_jump", more, scratch.folder());
    CHECK_MESSAGE(outcome.code == code, outcome.err);
    return outcome;
  };
  const Arguments settings{"--chains", "3", "--every", "20", "--trace-every", "5"};
  const auto with = [&](Arguments more) {
    more.insert(more.end(), settings.begin(), settings.end());
    return more;
  };
  CHECK(contains(walked("whole", with({"--steps", "120"})).out, "3 chains of 25 draws, one every 5 steps"));
  walked("part", with({"--steps", "40"}));
  walked("rest", {"--resume", scratch.path("part/checkpoint.safetensors"), "--steps", "120", "--trace",
                  scratch.path("rest-trace")});
  const SafeTensors whole(scratch.path("whole/trace.safetensors")), rest(scratch.path("rest-trace"));
  CHECK(whole.entries().size() == 15);
  CHECK(whole.text("sampler") == "langevin");
  CHECK(rest.text("delta") == whole.text("delta"));
  for (const auto& [name, entry] : whole.entries()) {
    CAPTURE(name);
    const Tensor<double> series = whole.get<double>(name, {3, 25});
    CHECK(same_bits(rest.get<double>(name, {3, 25}), series));
    CHECK(std::isfinite(diagnose(series).bulk_ess));
  }
  walked("none", {"--chains", "3", "--steps", "120", "--every", "20", "--trace-every", "0"});
  CHECK_FALSE(std::filesystem::exists(scratch.path("none/trace.safetensors")));
  for (const char* out : {"whole", "rest", "none"})
    CHECK(read_json(scratch.path(std::string(out) + "/summary.json"))["jump_max"] ==
          read_json(scratch.path("whole/summary.json"))["jump_max"]);
  CHECK(walked("wrong", {"--every", "20", "--trace-every", "7"}, 2).one_line_with("are no multiple of it"));
}

TEST_CASE("diagnose refuses what is no trace, with a line that says what it expects") {
  const Diagnosing diagnosing;
  const auto refuses = [&](const TensorMap& series, const Metadata& metadata, Arguments more, const std::string& text) {
    more.insert(more.end(), {"--trace", diagnosing.put(series, metadata), "--out", "out"});
    const Outcome outcome = run_program("diagnose", more, diagnosing.scratch.folder());
    CAPTURE(text);
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
    CHECK(outcome.out.empty());
  };
  const Tensor<double> x = autoregression(10, 0, 7);
  refuses({}, {}, {}, "holds no series");
  refuses({{"x", Tensor<double>({10})}}, {}, {}, "\"x\" is no series: expected shape (chains, draws), got (10,)");
  refuses({{"x", Tensor<double>({0, 10})}}, {}, {}, "\"x\" is no series");
  refuses({{"x", x}, {"y", autoregression(9, 0, 7)}}, {}, {}, "\"y\" has shape (4, 9), \"x\" has (4, 10)");
  refuses({{"x", x}}, {{"every", "none"}}, {}, "every");
  refuses({{"x", x}}, {{"every", "0"}}, {}, "at least 1");
  refuses({{"x", x}}, {{"classes", "y"}}, {}, "names \"y\"");
  refuses({{"x", x}}, {}, {"--skip", "7"}, "there are 10 draws, of which at least 4 are needed");
  refuses({{"x", x}}, {}, {"--skip", "-1"}, "--skip");
  refuses({{"x", x}}, {}, {"--series", "x,y"}, "there is no \"y\", there are: x");
  refuses({{"x", Tensor<double>::ones({4, 10})}}, {}, {"--series", "x"}, "constant or not finite");
  const auto fails = [&](const Arguments& arguments, const std::string& text) {
    const Outcome outcome = run_program("diagnose", arguments, diagnosing.scratch.folder());
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
  };
  fails({}, "--trace FILE is missing");
  fails({"--trace", "nowhere.safetensors"}, "nowhere.safetensors");
  fails({"--trace", NEB_SOURCE_DIR "/tests/hostile/truncated-length.safetensors"}, "truncated-length");
}

TEST_CASE("diagnose prints nothing from a trace that moves a cursor") {
  const Diagnosing diagnosing;
  const std::string said = diagnosing.said_of({{"\x1B[2J\xC2\x9B"
                                                "name",
                                                autoregression(100, 0, 1)}},
                                              {{"sampler", "\x1B]0;title\x07"}});
  CHECK(contains(said, "sampler  ]0;title "));
  CHECK(contains(said, "\n [2J name"));
  CHECK(said.find_first_of("\x1B\x07\x9B") == std::string::npos);
}
