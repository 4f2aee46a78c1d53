/// Programs whose outputs are closed, full or not read, that get signals, or find what older runs have left: what was learned is
/// never lost, and what was lost is said.
#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include "neb/io/checkpoint.hpp"
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

/// Images in the folder `data`, and what trains a small network on them.
struct Small {
  Scratch scratch;
  std::string train = "train_energy --data " + put_images(scratch, "data", {8, 10, 1}) +
                      " --kernel 3 --channels 4,8 --bottleneck 4 --batch 8 ";

  Outcome run(const std::string& command) const { return run_in_shell(command, scratch.folder()); }
  bool has(const std::string& file) const { return std::filesystem::exists(scratch.path(file)); }
  Index step_of(const std::string& checkpoint) const {
    return read_checkpoint(scratch.path(checkpoint)).number<Index>("step");
  }
};

}  // namespace

TEST_CASE("what is printed and cannot be written is exit code 1 with the system's reason") {
  const Small small;
  for (const std::string command : {"sphere_overlap --data data --out o", "denoise --help"}) {
    const Outcome outcome = small.run(command + " >/dev/full");
    CHECK(outcome.code == 1);
    CHECK(outcome.one_line_with("standard output cannot be written: No space left on device"));
  }
  CHECK(small.run("denoise --help | head -1").code == 0);
}

TEST_CASE("a run goes on when nobody reads what it prints, or its streams were closed") {
  const Small small;
  const Outcome unread = small.run("(" + small.train + "--minutes 0.06 --out o; echo $? >code) | head -1 >/dev/null");
  CHECK(content_of(small.scratch.path("code")) == "0\n");
  CHECK(small.has("o/model.safetensors"));
  CHECK(small.run(small.train + "--minutes 0.06 --report 10 --out closed <&- >&- 2>&-").code == 0);
  const Outcome drawn = small.run("loss_curves --runs closed --out curves");
  CHECK(drawn.code == 0);
  CHECK(drawn.err.empty());  // no line of another kind has got into the log
}

TEST_CASE("a hang-up saves like an interrupt, and signals that follow at once change nothing") {
  const std::vector<int> alone{SIGHUP}, together{SIGHUP, SIGINT, SIGINT, SIGTERM};
  for (const std::vector<int>& signals : {alone, together}) {
    const Small small;
    Running running("/bin/sh", {"-c", "exec " NEB_PROGRAM_DIR "/" + small.train + "--minutes 5 --report 1 --out o"},
                    small.scratch.folder());
    for (int i = 0; i < 3000 && !small.has("o/log.jsonl"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    for (const int signal : signals) running.send(signal);
    const Outcome outcome = running.wait();
    // Signals that wait together, on a busy machine, come in no order; one of them is the first.
    const int first = outcome.code - 128;
    CHECK_MESSAGE(std::count(signals.begin(), signals.end(), first) > 0, outcome.code);
    CHECK(small.step_of("o/checkpoint.safetensors") > 0);
  }
}

TEST_CASE("paths that cannot be written are refused before the work") {
  const Small small;
  for (const std::string& command :
       {small.train + "--steps 100000 --checkpoint no/c", small.train + "--steps 100000 --checkpoint data"}) {
    const Outcome outcome = small.run(command);
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with("cannot be written: "));
  }
  put_model(small.scratch, "model", {8, 10, 1});
  for (const std::string option : {"--checkpoint", "--trace"}) {
    const Outcome outcome = small.run("walk_jump --data data --model model --steps 100000 --out o " + option + " no/c");
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with("no/c: cannot be written: No such file or directory"));
  }
}

TEST_CASE("without room for log and model, the checkpoint holds what was learned") {
  const Small small;
  // Files may grow to 8 kB: fewer than the log or the model take, more than a checkpoint that lies elsewhere would need.
  const Outcome outcome = small.run("ulimit -f 8; trap '' XFSZ; " + small.train + "--steps 400 --report 1 --out o");
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("o/log.jsonl: cannot be written: File too large; the run goes on without") !=
        std::string::npos);
}

TEST_CASE("a resumed log goes on where its checkpoint was saved, and drops what a kill has torn") {
  const Small small;
  REQUIRE(small.run(small.train + "--steps 20 --report 5 --schedule constant --out o").code == 0);
  const std::string log = small.scratch.path("o/log.jsonl");
  const std::string whole = content_of(log);
  small.scratch.put("o/log.jsonl", whole + "{\"step\": 25, \"seconds\": 1, \"loss\": 1}\n{\"step\": 30, \"se");
  const Outcome resumed = small.run("train_energy --data data --resume o/checkpoint.safetensors --out o");
  REQUIRE_MESSAGE(resumed.code == 0, resumed.err);
  CHECK(content_of(log) == whole);
}

TEST_CASE("a new run in an old folder leaves nothing that could be taken for its own") {
  const Small small;
  REQUIRE(small.run(small.train + "--steps 20 --out o").code == 0);
  REQUIRE(small.step_of("o/checkpoint.safetensors") == 20);
  Running killed("/bin/sh", {"-c", "exec " NEB_PROGRAM_DIR "/" + small.train + "--minutes 5 --report 1 --out o"},
                 small.scratch.folder());
  for (int i = 0; i < 3000 && small.has("o/checkpoint.safetensors"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  killed.send(SIGKILL);
  CHECK(killed.wait().code == -SIGKILL);
  const Outcome resumed = small.run("train_energy --data data --resume o/checkpoint.safetensors --out o");
  CHECK(resumed.code == 2);
  CHECK(resumed.one_line_with("o/checkpoint.safetensors: cannot be opened: No such file or directory"));
  CHECK(small.step_of("o/checkpoint.safetensors.previous") == 20);
}

TEST_CASE("a summary is JSON whatever a path is made of") {
  const Small small;
  REQUIRE(small.run(small.train + "--steps 3 --out \"$(printf 'a\\377\\001\"\\\\b')\"").code == 0);
  const nlohmann::json summary = read_json(small.scratch.path("a\xFF\x01\"\\b/summary.json"));
  REQUIRE(summary.is_object());
  CHECK(summary["model"] == "a\uFFFD\x01\"\\b/model.safetensors");
  CHECK(summary["steps"].is_number_integer());
  CHECK(summary["sigma"].is_number_float());
}

TEST_CASE("a checkpoint of other images is refused by their sizes") {
  const Small small;
  REQUIRE(small.run(small.train + "--steps 3 --out o").code == 0);
  put_images(small.scratch, "wide", {8, 12, 1});
  const Outcome outcome = small.run("train_energy --data wide --resume o/checkpoint.safetensors --out o");
  CHECK(outcome.code == 2);
  CHECK(outcome.one_line_with("the checkpoint is of images of (8, 10, 1), those of --data are (8, 12, 1)"));
}
