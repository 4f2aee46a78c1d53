/// The program that reproduces the paper, on small images and an untrained energy.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

struct Reproducing {
  Scratch scratch;
  std::string data = put_images(scratch, "data", {8, 8, 1});

  Reproducing() {
    std::filesystem::create_directory(scratch.path("models"));
    put_model(scratch, "models/sigma-0.30.safetensors", {8, 8, 1});
  }
  Outcome reproduce(const Arguments& more) const {
    Arguments arguments{"--data", data, "--models", "models", "--out", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program("reproduce", arguments, scratch.folder());
  }
  /// scripts/reproduce.sh of the scratch folder.
  Outcome script(const std::string& arguments) const {
    const std::string line =
        "cd '" + scratch.folder() + "' && scripts/reproduce.sh " + arguments + " > script-out 2> script-err";
    const int status = std::system(line.c_str());
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), content_of(scratch.path("script-out")), content_of(scratch.path("script-err"))};
  }
  std::string content(const std::string& file) const { return content_of(scratch.path("out/" + file)); }
};

}  // namespace

TEST_CASE("an experiment leaves its picture, its numbers, the table and the page") {
  const Reproducing set;
  const Outcome outcome = set.reproduce({"--only", "figure-3"});
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find("1 experiment with the 96 training digits and 24 test digits: about 1 minute") == 0);
  CHECK(outcome.out.find("[1/1] figure-3: Denoising") != std::string::npos);
  CHECK(is_picture(set.scratch.path("out/figure-3")));
  const auto numbers = read_json(set.scratch.path("out/figure-3.json"));
  CHECK(numbers["sigma"] == 0.3);
  CHECK(numbers["seconds"].get<double>() > 0);
  CHECK(numbers["command"] == "scripts/reproduce.sh figure-3");
  CHECK(set.content("table.md").find("| figure-3 | pixels of y, of the digits shown | [-1.200, 1.995] | [") !=
        std::string::npos);
  CHECK(set.content("index.html").find("id=\"figure-3\"") != std::string::npos);
}

TEST_CASE("what is finished stays when the next experiment cannot be") {
  const Reproducing set;  // without an energy at sigma = 0.7
  const Outcome outcome = set.reproduce({"--only", "figure-4,figure-3", "--quiet"});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.one_line_with("models/sigma-0.70.safetensors"));
  CHECK(set.content("table.md").find("figure-3") != std::string::npos);
  CHECK(set.content("index.html").find("id=\"figure-3\"") != std::string::npos);
  CHECK(set.content("index.html").find("id=\"figure-4\"") == std::string::npos);
}

TEST_CASE("an experiment that is none is refused with the names of those that are") {
  const Reproducing set;
  for (const char* name : {"figure-99", "", "figure-3,", "Figure-3"}) {
    const Outcome outcome = set.reproduce({"--only", name});
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with("expected some of section-2"));
  }
  CHECK(run_program("reproduce", {"--help"}, set.scratch.folder()).out.find("  figure-3      Denoising") !=
        std::string::npos);
}

TEST_CASE("scripts/reproduce.sh helps before anything is built") {
  const Reproducing set;
  std::filesystem::create_directories(set.scratch.path("scripts"));
  for (const char* name : {"reproduce.sh", "common.sh"})
    std::filesystem::copy(std::string(NEB_SOURCE_DIR "/scripts/") + name, set.scratch.path("scripts"));
  const Outcome help = set.script("--help");
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  CHECK(help.out.starts_with("usage: scripts/reproduce.sh [NAME] [OPTION...]"));
  CHECK(help.out.find("  --list ") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(set.scratch.path("build")));
}

TEST_CASE("scripts/reproduce.sh hands a name on to the program, which knows them all") {
  const Reproducing set;
  std::filesystem::create_directories(set.scratch.path("scripts"));
  std::filesystem::copy(NEB_SOURCE_DIR "/scripts/reproduce.sh", set.scratch.path("scripts"));
  set.scratch.put("scripts/common.sh", "root=" + set.scratch.folder() +
                                           " build=$root/built\n"  // as if all were done
                                           "say() { :; }\ninstall_missing() { :; }\nconfigure() { :; }\n"
                                           "build_targets() { :; }\n");
  std::filesystem::create_directories(set.scratch.path("built"));
  std::filesystem::create_directory_symlink(NEB_PROGRAM_DIR, set.scratch.path("built/bin"));

  const std::string list = set.script("--list").out;
  std::string names = set.reproduce({"--only", "none"}).err;  // ... expected some of A, B, got "none"
  const std::string before = "some of ", after = ", got";
  REQUIRE(names.find(before) != std::string::npos);
  names = names.substr(names.find(before) + before.size());
  std::istringstream each(without(names.substr(0, names.find(after)), ","));
  int count = 0;
  for (std::string name; each >> name; ++count) CHECK(list.find("\n  " + name + " ") != std::string::npos);
  CHECK(count >= 13);

  const Outcome unknown = set.script("none --data " + set.data);
  CHECK(unknown.code == 2);
  CHECK(unknown.one_line_with("expected some of section-2"));
  CHECK(unknown.one_line_with("got \"none\""));

  const Outcome one = set.script("figure-3 --data " + set.data + " --models models");
  REQUIRE_MESSAGE(one.code == 0, one.err);
  CHECK(is_picture(set.scratch.path("out/reproduce/figure-3/figure-3")));
  CHECK(set.content("reproduce/figure-3/table.md").find("| figure-3 |") != std::string::npos);
}
