// What including neb costs: compile times in user CPU seconds, beside those of Eigen alone, because machines differ and are
// busy; and the memory that the largest unit needs. The figures are printed, the bounds are generous.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

struct Cost {
  double seconds = 1e9;
  double megabytes = 0;
};

/// The cost of compiling `source` by g++, its own processes included.
Cost compile(const std::string& source, const std::string& optimisation, bool compiled_kernels = false) {
  std::vector<std::string> words{NEB_GNU,
                                 "-std=c++20",
                                 optimisation,
                                 "-fopenmp",
                                 "-I" NEB_SOURCE_DIR "/include",
                                 "-I" NEB_SOURCE_DIR "/examples/programs",
                                 "-isystem",
                                 NEB_EIGEN_INCLUDE,
                                 "-c",
                                 source,
                                 "-o",
                                 "/dev/null"};
  if (compiled_kernels) words.push_back("-DNEB_COMPILED_KERNELS");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  ::rusage usage{};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  REQUIRE(status == 0);
  return {static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec),
          static_cast<double>(usage.ru_maxrss) / 1024};
}

/// A compilation of a unit that includes one header, at -O0, in user CPU seconds.
double include_seconds(const std::string& header) {
  const auto source = std::filesystem::temp_directory_path() / ("neb_light_" + std::to_string(::getpid()) + ".cpp");
  std::ofstream(source) << "#include <" << header << ">\n";
  const double seconds = compile(source, "-O0").seconds;
  std::filesystem::remove(source);
  return seconds;
}

}  // namespace

TEST_CASE("including neb is light beside including Eigen") {
  // The headers take turns, because other work shares caches with one and not with the next; whatever disturbs a compilation
  // only lengthens it, so the least of a few rounds is compared, and there are more of them on a busy machine.
  double eigen = 1e9, engine = 1e9, all = 1e9;
  for (int round = 0; round < 12 && (round < 2 || engine >= 1.3 * eigen || all >= 4 * eigen); ++round) {
    eigen = std::min(eigen, include_seconds("Eigen/Core"));
    engine = std::min(engine, include_seconds("neb/autodiff/grad.hpp"));
    all = std::min(all, include_seconds("neb/neb.hpp"));
  }
  std::printf(
      "user CPU seconds of g++ -O0: Eigen/Core %.2f, neb/autodiff/grad.hpp %.2f (target 1.3), neb/neb.hpp %.2f "
      "(target 2.5)\n",
      eigen, engine, all);
  CHECK(engine < 1.3 * eigen);
  CHECK(all < 4 * eigen);
}

// The last two run with --no-skip: they compile this unit, which takes half a minute each time.
TEST_CASE("the unit that trains compiles in little memory, and not in minutes" * doctest::skip()) {
  const double eigen = include_seconds("Eigen/Core");
  const Cost training = compile(NEB_SOURCE_DIR "/examples/programs/parts/train.cpp", "-O2");
  std::printf(
      "examples/programs/parts/train.cpp at -O2: %.1f user CPU seconds (target 15; Eigen/Core %.2f), %.0f MB (target 900)\n",
      training.seconds, eigen, training.megabytes);
  CHECK(training.megabytes < 900);
  CHECK(training.seconds < 40 * eigen);
}

TEST_CASE("it compiles faster, and in less memory, where neb::kernels is linked" * doctest::skip()) {
  const char* const unit = NEB_SOURCE_DIR "/examples/programs/parts/train.cpp";
  const Cost alone = compile(unit, "-O2"), linked = compile(unit, "-O2", true);
  std::printf("%s at -O2: %.1f user CPU seconds and %.0f MB; where neb::kernels is linked, %.1f s and %.0f MB\n", unit,
              alone.seconds, alone.megabytes, linked.seconds, linked.megabytes);
  CHECK(linked.megabytes < 0.9 * alone.megabytes);
  CHECK(linked.seconds < alone.seconds);
}
