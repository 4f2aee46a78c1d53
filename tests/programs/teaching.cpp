/// The programs that teach: short, and right.
#include <cmath>

#include "io/scratch.hpp"
#include "programs/run_program.hpp"

using namespace neb::test;

TEST_CASE("a teaching program has at most 60 lines, the README's at most 30") {
  const auto lines = [](const std::string& name) {
    const std::string text = content_of(NEB_SOURCE_DIR "/examples/lessons/" + name + ".cpp");
    return std::count(text.begin(), text.end(), '\n');
  };
  for (const char* name : {"hello_gradient", "grad_of_grad", "define_an_op", "two_moons"}) {
    CAPTURE(name);
    CHECK(lines(name) > 10);
    CHECK(lines(name) <= 60);
  }
  CHECK(lines("readme") > 10);
  CHECK(lines("readme") <= 30);
}

TEST_CASE("the teaching programs compute what they say, and write nothing unasked") {
  const Scratch scratch;
  const auto summary_of = [&](const std::string& program) {
    CHECK(run_program(program, {}, scratch.folder()).code == 0);
    CHECK(scratch.file_count() == 2);  // stdout and stderr
    const Outcome outcome = run_program(program, {"--out", "out", "--seed", "3", "--threads", "1"}, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    CHECK(!outcome.out.empty());
    const nlohmann::json summary = read_json(scratch.path("out/summary.json"));
    std::filesystem::remove_all(scratch.path("out"));
    return summary;
  };
  const auto gradient = summary_of("hello_gradient");
  CHECK(gradient["largest_error"].get<double>() < 1e-12);
  CHECK(gradient["root"].get<double>() == doctest::Approx(std::sqrt(2.0)).epsilon(1e-9));

  const auto second = summary_of("grad_of_grad");
  CHECK(second["a"].get<double>() == doctest::Approx(second["answer"].get<double>()).epsilon(0.01));
  CHECK(second["hvp"][0].get<double>() == doctest::Approx(7));
  CHECK(second["hvp"][1].get<double>() == doctest::Approx(4));

  const auto operation = summary_of("define_an_op");
  CHECK(operation["check_error"].get<double>() < 1e-6);
  CHECK(operation["fourth_derivative_error"].get<double>() < 1e-12);
}

TEST_CASE("draw_graph writes a graph for each picture of the documents, and prints the first as a table") {
  const Scratch scratch;
  const Outcome outcome = run_program("draw_graph", {"--out", "out"}, scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.out.find("x      leaf") != std::string::npos);
  CHECK(outcome.out.find("d2y    add_cotangents") != std::string::npos);
  CHECK(read_json(scratch.path("out/summary.json"))["cube"] == std::vector<double>{8, 12, 12});
  for (const std::string name : {"graph_cube", "graph_energy", "graph_deen", "graph_deen_modules"}) {
    CHECK(content_of(scratch.path("out/" + name + ".dot")).starts_with("digraph neb {"));
    CHECK(content_of(NEB_SOURCE_DIR "/docs/images/" + name + ".svg").find("<svg") != std::string::npos);
  }
}

TEST_CASE("two_moons learns what the closed form knows, and draws both") {
  const Scratch scratch;
  const Outcome outcome = run_program("two_moons", {"--out", "out"}, scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(is_picture(scratch.path("out/two_moons")));
  const nlohmann::json summary = read_json(scratch.path("out/summary.json"));
  CHECK(summary["learned_error"].get<double>() < 1.05 * summary["closed_form_error"].get<double>());
  CHECK(summary["learned_error"].get<double>() < 0.75 * 2 * 0.3 * 0.3);
}

TEST_CASE("the README's program prints three errors, the learned one next to the best") {
  const Scratch scratch;
  const Outcome outcome = run_program("readme", {}, scratch.folder());
  REQUIRE(outcome.code == 0);
  double noise = 0, learned = 0, best = 0;
  REQUIRE(std::sscanf(outcome.out.c_str(),
                      "squared distance to the clean point: noise %lf, after a jump %lf, by the closed form %lf",
                      &noise, &learned, &best) == 3);
  CHECK(noise == doctest::Approx(0.18));
  CHECK(learned < 0.75 * noise);
  CHECK(learned < 1.05 * best);
}
