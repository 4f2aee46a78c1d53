/// The program compare, with workers that are shell scripts, so that what it prints is known.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "io/scratch.hpp"
#include "programs/run_program.hpp"

using namespace neb::test;

namespace {

/// Two builds whose workers say that every work takes so long.
struct Builds {
  Scratch scratch;

  Builds() {
    std::filesystem::create_directories(scratch.path("after"));
    std::filesystem::copy(NEB_COMPARE, scratch.path("after/compare"));
  }

  void put_worker(const std::string& folder, const std::string& name, const std::string& times) const {
    std::filesystem::create_directories(scratch.path(folder));
    const std::string path =
        scratch.put(folder + "/" + name, "#!/bin/sh\necho \"ready " + folder + "\"\nwhile read seconds; do echo \"" +
                                             times + "\"; done\necho 12.5\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

  Outcome compare(const Arguments& arguments) const {
    return run_program(scratch.path("after/compare").substr(1), arguments,
                       scratch.folder());  // the root is put before it
  }

  void refuses(const Arguments& arguments, const std::string& text) const {
    const Outcome outcome = compare(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
    CHECK(outcome.out.empty());
  }
};

}  // namespace

TEST_CASE("compare --help says how an older commit is built") {
  const Outcome outcome = Builds().compare({"--help"});
  CHECK(outcome.code == 0);
  for (const char* text : {"git worktree add", "NEB_BENCH_CHECKOUT", "--before", "--busy"})
    CHECK_MESSAGE(outcome.out.find(text) != std::string::npos, text);
}

TEST_CASE("compare refuses what it cannot do, in one line") {
  const Builds builds;
  builds.refuses({}, "--before says the folder");
  builds.refuses({"--before", "nowhere"}, "there is no program nowhere/deen_step_neb: build the targets");
  builds.refuses({"--nonsense"}, "nonsense");
  builds.refuses({"stray"}, "stray");
  builds.refuses({"--json", "nowhere/report.json"}, "--json: there is no folder nowhere");
  builds.refuses({"--rounds", "0"}, "--rounds at least 1");
  builds.refuses({"--seconds", "0"}, "--seconds is positive");
  builds.refuses({"--threads", "-1"}, "--threads is not negative");
}

TEST_CASE("compare prints and writes times of both builds and their ratio") {
  const Builds builds;
  for (const char* name : {"deen_step_neb", "conv2d_neb"}) {
    builds.put_worker("before", name, "0.004 0.003 5");
    builds.put_worker("after", name, "0.002 0.001 5");
  }
  const Outcome outcome =
      builds.compare({"--before", "before", "--busy", "--rounds", "3", "--only", "small", "--walk-steps", "20",
                      "--threads", "1", "--json", builds.scratch.path("report.json")});
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.out.find("--busy: other work was not looked at") != std::string::npos);
  const nlohmann::json report = read_json(builds.scratch.path("report.json"));
  CHECK(report["before"] == "before");
  CHECK(report["after"] == "after");
  CHECK(report["threads"] == 1);
  CHECK(report["busy_allowed"] == true);
  REQUIRE(report["rows"].size() == 3);
  for (const nlohmann::json& row : report["rows"]) {
    const double calls = row["name"] == "small walk" ? 20 : 1;
    CHECK(row["before"]["median_ms"].get<double>() == doctest::Approx(4 / calls));
    CHECK(row["after"]["median_ms"].get<double>() == doctest::Approx(2 / calls));
    CHECK(row["after"]["least_ms"].get<double>() == doctest::Approx(1 / calls));
    CHECK(row["after"]["resident_mb"] == 12.5);
    CHECK(row["ratio"] == 2);
  }
}

TEST_CASE("compare fails where a worker fails") {
  const Builds builds;
  for (const char* folder : {"before", "after"})
    for (const char* name : {"deen_step_neb", "conv2d_neb"}) builds.put_worker(folder, name, "no times");
  const Outcome outcome = builds.compare({"--before", "before", "--busy", "--only", "small score", "--threads", "1"});
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("said 'no times' where times were expected") != std::string::npos);
  builds.refuses({"--before", "before", "--only", "nothing"}, "no row is called 'nothing'");
  builds.refuses({"--before", "before", "--walk-steps", "1.5"},
                 "--walk-steps is a whole number of at least 1, not '1.5'");
}
