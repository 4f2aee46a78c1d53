/// Programs whose work several processes share under an MPI launcher: the bits of one process, and an end for all of them when one
/// fails.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "programs/run_program.hpp"
#include "programs/small_images.hpp"

using namespace neb;
using namespace neb::test;

#ifdef NEB_MPIEXEC

namespace {

const Shape grey{8, 8, 1};

/// Grey data and an energy, the same in the folder of every rank that asks for one.
struct Set {
  Scratch scratch;
  std::string data = put_images(scratch, "data", grey);

  Set() {
    put_model(scratch, "model", grey, 1 / 0.18);
    // Open MPI asks for these before it runs as root, or more ranks than there are cores; others do not look at them.
    for (const char* name :
         {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe",
          "PRTE_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM"})
      ::setenv(name, "1", 0);
  }
  /// A program on so many ranks, or without MPI on 0 of them.
  Outcome run(int ranks, const std::string& command) const {
    return run_in_shell((ranks > 0 ? NEB_MPIEXEC " -n " + std::to_string(ranks) + " " : "") + command + " --threads 1",
                        scratch.folder());
  }
  void runs(int ranks, const std::string& command) const {
    const Outcome outcome = run(ranks, command);
    REQUIRE_MESSAGE(outcome.code == 0, command, ": ", outcome.err);
  }
  std::string content(const std::string& file) const { return content_of(scratch.path(file)); }
  /// That the ranks all end within ten seconds, with that exit code and those words of the program, and none is left.
  void ends(const std::string& command, int code, const std::string& words) const {
    CAPTURE(command);
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome = run_in_shell(command, scratch.folder());
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    CHECK(outcome.code == code);
    CHECK_MESSAGE(outcome.err.find(words) != std::string::npos, outcome.err);
    CHECK(left_running() == 0);
  }
  /// Processes of these tests whose command lines name this folder, or the batch that no other test has.
  int left_running() const {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return std::stoi(run_in_shell("pgrep -fc '[d]ata " + data + "|[-]-batch 11'", scratch.folder()).out);
  }
};

const std::string training = "train_energy --channels 4,8 --kernel 3 --batch 11 --shards 5 --fill 0.2 --steps ";

}  // namespace

TEST_CASE("train_energy has the same bits without MPI and on 1, 2, 3 and 5 ranks") {
  const Set set;
  const std::string command = training + "20 --report 5 --data " + set.data + " --out ";
  set.runs(0, command + "alone");
  const auto alone = read_json(set.scratch.path("alone/summary.json"));
  CHECK_FALSE(alone.contains("ranks"));
  CHECK(set.content("alone/model.safetensors").find("\"shards\":\"5\"") != std::string::npos);
  for (const int ranks : {1, 2, 3, 5}) {
    CAPTURE(ranks);
    set.runs(ranks, command + "shared");
    CHECK(set.content("shared/model.safetensors") == set.content("alone/model.safetensors"));
    const auto shared = read_json(set.scratch.path("shared/summary.json"));
    CHECK(shared["test_loss"] == alone["test_loss"]);
    if (ranks == 1) continue;
    CHECK(shared["ranks"] == ranks);
    // Whole numbers of 8 bytes: an exponent for each tensor and the losses, a sum for each weight and both losses; rank 0 says
    // besides how long the step took and, in a byte, whether there is another, at last that there is none.
    const ConvEnergy<float> phi({.image = grey, .channels = {4, 8}, .kernel = 3, .stride = {2}, .padding = 1}, Key(0));
    const auto tensors = std::ssize(parameters(phi)), weights = parameter_count(phi);
    CHECK(shared["weights"] == weights);
    CHECK(shared["bytes_per_step"].get<double>() == 8.0 * static_cast<double>(tensors + 1 + weights + 2) + 8 + 1);
  }
  CHECK(set.run(0, "train_energy --resume alone/checkpoint.safetensors --shards 4 --data " + set.data + " --out x")
            .one_line_with("the checkpoint has shards 5, this run 4"));
}

TEST_CASE("walks, flows, chi and audits have the same bits without MPI and on 2, 3 and 5 ranks") {
  const Set set;
  struct Work {
    std::string command;
    std::vector<std::string> files;
  };
  for (const Work& work :
       std::vector<Work>{{"walk_jump --model model --chains 4 --steps 40 --sampler mala --warm-up 20",
                          {"trace.safetensors", "summary.json", "checkpoint.safetensors"}},
                         {"associative_memory --model model --count 7 --init uniform", {"summary.json"}},
                         {"sphere_overlap --pairs 600000", {"summary.json"}},
                         {"sphere_overlap", {"summary.json"}},
                         {"audit --model model --count 20 --spectra 4", {"summary.json"}}}) {
    const std::string command = work.command + " --data " + set.data + " --out ";
    CAPTURE(command);
    set.runs(0, command + "alone");
    for (const int ranks : {2, 3, 5}) {
      CAPTURE(ranks);
      set.runs(ranks, command + "shared");
      for (const std::string& file : work.files) {
        CAPTURE(file);
        std::string alone = set.content("alone/" + file), shared = set.content("shared/" + file);
        // Where a summary names its own files.
        for (std::size_t at; (at = shared.find("shared/")) != std::string::npos;) shared.replace(at, 7, "alone/");
        CHECK(shared == alone);
      }
    }
  }
}

TEST_CASE(
    "train_energy goes on with the same bits on 3 ranks after one of 4 was killed, and nothing of these is left") {
  const Set set;
  const std::string command = training + "3000 --checkpoint-minutes 0.0005 --data " + set.data;
  set.runs(0, command + " --out alone");
  const std::string checkpoint = set.scratch.path("killed/checkpoint.safetensors");
  Running shared("/bin/sh",
                 {"-c", "exec " NEB_MPIEXEC " -n 4 $0 --threads 1 " + command.substr(13) + " --out killed",
                  NEB_PROGRAM_DIR "/train_energy"},
                 set.scratch.folder());
  for (int i = 0; i < 2000 && !std::filesystem::exists(checkpoint); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(std::filesystem::exists(checkpoint));
  // The last that was started is not rank 0.
  run_in_shell("kill -9 $(pgrep -fn '[d]ata " + set.data + "')", set.scratch.folder());
  const auto start = std::chrono::steady_clock::now();
  CHECK(shared.wait().code != 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  CHECK(set.left_running() == 0);
  set.runs(3, "train_energy --resume killed/checkpoint.safetensors --data " + set.data + " --out resumed");
  CHECK(set.content("resumed/model.safetensors") == set.content("alone/model.safetensors"));
}

TEST_CASE("an error on one rank ends all of them, with a line that says whose it is") {
  const Set set;
  // Each rank works in a folder of its own.
  for (const char* folder : {"a", "b"}) {
    std::filesystem::create_directory(set.scratch.path(folder));
    std::filesystem::create_directory_symlink(set.data, set.scratch.path(std::string(folder) + "/data"));
  }
  const auto apart = [&](const std::string& command, const std::string& other) {
    return NEB_MPIEXEC " -n 1 -wdir " + set.scratch.path("a") + " " + command + " : -n 1 -wdir " +
           set.scratch.path("b") + " " + other;
  };
  const std::string train = training + "5 --data data --out out";
  set.ends(apart(train, train), 0, "");
  set.ends(apart(train, train + " --seed 1"), 2, "train_energy: the arguments of rank 1 are not those of rank 0");

  // A rank whose mathematical functions do not use all of its processor computes other bits.
  set.ends(apart(train, "env GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2_Usable " + train), 2,
           "train_energy: the processors of rank 1 are not those of rank 0");

  write_idx_images(set.scratch.path("one-image"), spots(1, grey, Key(9)));
  const std::string other = set.scratch.path("b/data");
  std::filesystem::remove(other);
  set.ends(apart(train, train), 2, "train_energy: rank 1: data: no such folder");
  std::filesystem::create_directory(other);
  std::filesystem::copy(set.data, other);
  std::filesystem::copy(set.scratch.path("one-image"), other + "/t10k-images-idx3-ubyte",
                        std::filesystem::copy_options::overwrite_existing);
  set.ends(apart(train, train), 2, "train_energy: the images of rank 1 are not those of rank 0");

  // A program that is not the same to the last byte, and runs all the same where that is asked for.
  std::filesystem::copy(set.data + "/t10k-images-idx3-ubyte", other + "/t10k-images-idx3-ubyte",
                        std::filesystem::copy_options::overwrite_existing);
  const std::string copy = set.scratch.path("train_energy");
  std::filesystem::copy(NEB_PROGRAM_DIR "/train_energy", copy);
  std::ofstream(copy, std::ios::app) << '\0';
  set.ends(apart(train, copy + train.substr(12)), 2,
           "train_energy: the program and libraries of rank 1 are not those of rank 0");
  set.ends(apart(train + " --mixed", copy + train.substr(12) + " --mixed"), 0, "");
}

TEST_CASE("what cannot be shared is refused under a launcher: too many ranks, too many shards, other programs") {
  const Set set;
  const std::string out = " --steps 5 --channels 4,8 --data " + set.data + " --out out";
  set.ends(NEB_MPIEXEC " -n 3 train_energy --shards 2" + out, 2, "but there are 3 ranks, and a batch has 2");
  set.ends(NEB_MPIEXEC " -n 2 train_energy --batch 3 --shards 4" + out, 2, "a batch of 3 has from 1 to as many shards");
  set.ends(NEB_MPIEXEC " -n 2 denoise --model model", 2, "denoise: runs in one process");
  set.ends(NEB_MPIEXEC " -n 2 train_energy --shards 2 --learning-rate 1e30" + out, 1, "training diverged at step");
  set.ends(NEB_MPIEXEC " -n 2 walk_jump --model missing --data " + set.data, 2, "walk_jump: missing");
}

TEST_CASE("a number on one rank that is not finite ends all of them, with the library's sentence") {
  const Set set;
  set.ends(NEB_MPIEXEC " -n 3 neb_one_rank_diverges", 1,
           "training diverged at step 0: the loss or its gradient is not finite");
}

TEST_CASE("help is printed once, however many ranks are started with it") {
  const Set set;
  const std::string help = set.run(3, "train_energy --help").out;
  const std::size_t usage = help.find("Usage:");
  CHECK(usage != std::string::npos);
  CHECK(help.find("Usage:", usage + 1) == std::string::npos);
}

#else

TEST_CASE("a program without MPI refuses to be one of several processes, which would write the same files") {
  const Scratch scratch;
  const Outcome outcome = run_in_shell("OMPI_COMM_WORLD_SIZE=2 train_energy --steps 1", scratch.folder());
  CHECK(outcome.code == 2);
  CHECK(outcome.one_line_with("started 2 processes, but this program was built without MPI"));
  CHECK(run_in_shell("PMI_SIZE=1 sphere_overlap --help", scratch.folder()).code == 0);
}

#endif
