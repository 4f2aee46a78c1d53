/// The pictures of graphs.
#include "io/scratch.hpp"
#include "programs/run_program.hpp"

using namespace neb::test;

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
