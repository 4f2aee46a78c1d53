/// Help, and one line for every way to get it wrong.
#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

namespace {

const std::vector<std::string> with_model{"denoise", "walk_jump", "associative_memory"};
const std::vector<std::string> working{"train_energy",   "denoise", "walk_jump", "associative_memory",
                                       "sphere_overlap", "audit",   "quickstart"};

/// Grey data, and a model for them.
struct Refusing {
  Scratch scratch;
  std::string data = put_images(scratch, "data", {8, 8, 1});
  std::string model = put_model(scratch, "model.safetensors", {8, 8, 1});

  void refuses(const std::string& program, const Arguments& arguments, const std::string& text) const {
    const Outcome outcome = run_program(program, arguments, scratch.folder());
    std::string line = program;
    for (const std::string& argument : arguments) line += " " + argument;
    CAPTURE(line);
    CHECK(outcome.code == 2);
    CHECK(outcome.one_line_with(text));
    CHECK(outcome.out.empty());
  }
};

}  // namespace

TEST_CASE("--help teaches") {
  const Scratch scratch;
  std::vector<std::string> all{"reproduce"};
  for (const char* folder : {"programs", "tools"})
    for (const auto& entry : std::filesystem::directory_iterator(std::string(NEB_SOURCE_DIR "/examples/") + folder))
      if (entry.path().extension() == ".cpp") all.push_back(entry.path().stem().string());
  CHECK(all.size() > working.size());
  for (const std::string& program : all) {
    CAPTURE(program);
    const Outcome outcome = run_program(program, {"--help"}, scratch.folder());
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    for (const std::string text :
         {"--seed", "--threads", "--precision", "--out", "--help", "--quiet", "Exit codes", "Example:"})
      CHECK_MESSAGE(outcome.out.find(text) != std::string::npos, text);
    if (std::find(working.begin(), working.end(), program) != working.end()) {
      CHECK(outcome.out.find("--data") != std::string::npos);
      CHECK(outcome.out.find("--model") != std::string::npos);
    }
  }
  CHECK(run_program("train_energy", {"--help"}, scratch.folder()).out.find("not from the paper") != std::string::npos);
}

TEST_CASE("--quiet is quiet") {
  const Refusing set;
  for (const std::string& program : with_model) {
    Arguments arguments{"--quiet", "--data", set.data, "--model", set.model};
    if (program == "walk_jump") arguments.insert(arguments.end(), {"--steps", "5"});
    if (program == "associative_memory") arguments.insert(arguments.end(), {"--max-steps", "50"});
    const Outcome outcome = run_program(program, arguments, set.scratch.folder());
    CAPTURE(program);
    CHECK(outcome.code == 0);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.empty());
    CHECK(is_picture(set.scratch.path("out/" + program + "/" + program)));
  }
  for (const Arguments& arguments : {Arguments{"sphere_overlap"}, Arguments{"train_energy", "--steps", "2"}}) {
    Arguments more(arguments.begin() + 1, arguments.end());
    more.insert(more.end(), {"--quiet", "--data", set.data});
    const Outcome outcome = run_program(arguments[0], more, set.scratch.folder());
    CHECK(outcome.code == 0);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.empty());
  }
  CHECK(run_program("draw_graph", {"--quiet"}, set.scratch.folder()).out.empty());
}

TEST_CASE("options that do not exist or cannot be read") {
  const Refusing set;
  for (const std::string& program : {std::string("train_energy"), std::string("denoise"), std::string("draw_graph")}) {
    set.refuses(program, {"--nonsense"}, "nonsense");
    set.refuses(program, {"stray"}, "stray");
    set.refuses(program, {"--out=" + std::string(100000, 'a')}, "aaaa");
    set.refuses(program, {"--seed"}, "seed");
    set.refuses(program, {"--seed", "1.5"}, "--seed: expected a whole number");
    set.refuses(program, {"--seed", "-1"}, "--seed");
    set.refuses(program, {"--seed", "99999999999999999999"}, "--seed");
    set.refuses(program, {"--threads", "0"}, "--threads");
    set.refuses(program, {"--threads", "many"}, "--threads");
    set.refuses(program, {"--threads", "100000"}, "--threads");
    set.refuses(program, {"--precision", "exact"}, "--precision: expected accurate or fast");
    set.refuses(program, {"--precision=two\nlines"}, "--precision: expected accurate or fast, got \"two lines\"");
    set.refuses(program, {"--precision", "\xC2 is \x9B no UTF-8, \xC2\x9B is"}, "got \"? is ? no UTF-8,   is\"");
    const std::string endless(120'000, '1');
    set.refuses(program, {"--seed=" + endless}, "--seed: expected a whole number");
    set.refuses(program, {"--x" + endless}, "x111");
    set.refuses(program, {"-" + endless}, "exist");
    set.refuses(program, {endless}, "unexpected argument \"111");
    set.refuses(program, {"--out", set.model + "/folder"}, "--out");
    set.refuses(program, {"--out", set.model}, "--out");
    set.refuses(program, {"--out", "/proc/neb"}, "/proc/neb");
  }
  for (const char* sigma : {"-0.3", "0", "nan", "inf", "0.3x", "", "1e999"})
    set.refuses("train_energy", {"--sigma", sigma}, "--sigma");
  for (const char* channels : {"", "4,", ",4", "4;8", "4,-8", "0", "four", "4,8.5"})
    set.refuses("train_energy", {"--channels", channels}, "--channels");
  for (const char* option : {"kernel", "bottleneck", "batch", "steps", "report"})
    set.refuses("train_energy", {std::string("--") + option, "0"},
                std::string("--") + option + ": expected a whole number");
  set.refuses("train_energy", {"--stride", "0"}, "--stride: expected whole numbers");
  set.refuses("train_energy", {"--stride", "1,2", "--data", set.data}, "expects one stride, or one for each of the 3");
  set.refuses("train_energy", {"--padding", "-1"}, "--padding");
  set.refuses("train_energy", {"--readout", "x"}, "--readout");
  set.refuses("train_energy", {"--learning-rate", "0"}, "--learning-rate");
  set.refuses("train_energy", {"--minutes", "-2"}, "--minutes");
  set.refuses("train_energy", {"--steps", "5", "--minutes", "1"}, "--minutes");
  set.refuses("train_energy", {"--schedule", "triangle"}, "triangle");
  set.refuses("train_energy", {"--average", "1"}, "--average");
  set.refuses("train_energy", {"--kernel", "99", "--padding", "0", "--data", set.data}, "kernel");
  set.refuses("walk_jump", {"--data", set.data, "--model", set.model, "--delta", "-1"}, "--delta");
  set.refuses("walk_jump", {"--data", set.data, "--model", set.model, "--every", "0"}, "--every");
  set.refuses("walk_jump", {"--data", set.data, "--model", set.model, "--chains", "0"}, "--chains");
  set.refuses("associative_memory", {"--data", set.data, "--model", set.model, "--init", "dream"},
              "test, train or uniform");
  set.refuses("associative_memory", {"--data", set.data, "--model", set.model, "--tolerance", "0"}, "--tolerance");
  set.refuses("associative_memory", {"--data", set.data, "--model", set.model, "--until", "noon"},
              "settled or minimum");
  set.refuses("associative_memory", {"--data", set.data, "--model", set.model, "--time", "0"}, "--time");
  set.refuses("sphere_overlap", {"--pairs", "0"}, "--pairs");
  set.refuses("quickstart", {"--minutes", "soon"}, "--minutes");
}

TEST_CASE("data that are missing or damaged") {
  const Refusing set;
  const std::string nowhere = set.scratch.path("nowhere"), empty = set.scratch.path("empty"),
                    cut = set.scratch.path("cut");
  std::filesystem::create_directory(empty);
  std::filesystem::create_directory(cut);
  const std::string images = content_of(set.data + "/train-images-idx3-ubyte");
  set.scratch.put("cut/train-images-idx3-ubyte", images.substr(0, images.size() - 1));
  for (const std::string& program : working) {
    set.refuses(program, {"--data", nowhere, "--model", set.model}, nowhere);
    set.refuses(program, {"--data", empty, "--model", set.model}, empty);
    set.refuses(program, {"--data", cut, "--model", set.model}, cut + "/train-images-idx3-ubyte");
  }
}

TEST_CASE("models that are missing, damaged, of another sigma or for other images") {
  const Refusing set;
  const std::string whole = content_of(set.model);
  const std::string cut = set.scratch.put("cut", whole.substr(0, whole.size() - 5)),
                    text = set.scratch.put("text", "a poem\n"), nothing = set.scratch.put("nothing", ""),
                    missing = set.scratch.path("missing"), other = put_model(set.scratch, "other", {6, 6, 3});
  for (const std::string& program : working)
    for (const std::string& model : {cut, text, nothing, missing, set.data, other})
      set.refuses(program, {"--data", set.data, "--model", model}, model);
  for (const std::string& program : with_model) {
    set.refuses(program, {"--data", set.data}, "--model FILE is missing");
    set.refuses(program, {"--data", set.data, "--model", set.model, "--sigma", "0.5"}, "trained at sigma 0.3");
    set.refuses(program, {"--data", set.data, "--model", set.model, "--sigma", "-0.3"}, "--sigma");
  }
}
