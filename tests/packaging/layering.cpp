// A folder of include/neb includes only the folders that it may, which lie to its left in
// core <- kernels <- autodiff <- ops <- nn <- {optim, data, io, draw} <- energy <- distributed <- bayes
//      <- {training, sampling, flow}.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// The folders whose headers a folder may include, beside its own.
const std::map<std::string, std::set<std::string>> may_include{
    {"core", {}},
    {"kernels", {"core"}},
    {"autodiff", {"core", "kernels"}},
    {"ops", {"core", "kernels", "autodiff"}},
    {"nn", {"core", "kernels", "autodiff", "ops"}},
    {"optim", {"core", "kernels", "autodiff", "nn"}},
    {"io", {"core"}},
    {"draw", {"core", "io"}},
    {"data", {"core", "kernels", "autodiff", "ops", "io"}},
    {"energy", {"core", "kernels", "autodiff", "ops", "nn", "io"}},
    {"distributed", {"core", "kernels", "autodiff", "energy"}},
    {"bayes", {"core", "kernels", "autodiff", "ops", "energy", "distributed"}},
    {"training", {"core", "autodiff", "ops", "nn", "optim", "data", "io", "energy", "distributed", "bayes"}},
    {"sampling", {"core", "kernels", "autodiff", "io", "energy", "bayes"}},
    {"flow", {"core", "kernels", "autodiff", "energy", "bayes"}},
};

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The targets of the #include lines of `source`, without their brackets or quotes.
std::vector<std::string> included_paths(const std::string& source) {
  std::vector<std::string> paths;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    line.erase(std::remove_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; }), line.end());
    if (!line.starts_with("#include") || line.size() < 10) continue;
    const auto end = line.find_first_of(">\"", 9);
    if (end != std::string::npos) paths.push_back(line.substr(9, end - 9));
  }
  return paths;
}

/// What is wrong with the includes of the header `file` (a path below include/, like neb/ops/conv2d.hpp): a line each.
std::vector<std::string> violations(const std::string& file, const std::string& source) {
  std::vector<std::string> found;
  // The folder below neb/: kernels/conv2d/direct.hpp is in kernels.
  const auto folder = [](const fs::path& path) { return std::next(path.begin())->string(); };
  const std::string from = folder(file);
  if (!may_include.contains(from)) return {file + ": the folder " + from + " is not in the table of layers"};
  for (const std::string& include : included_paths(source)) {
    const bool relative = include.starts_with(".") || include.find('/') == std::string::npos;
    if (relative && !include.ends_with(".hpp")) continue;  // a standard header
    const fs::path target = relative ? (fs::path(file).parent_path() / include).lexically_normal() : fs::path(include);
    if (*target.begin() != "neb" || target == "neb/version.hpp") continue;
    const std::string to = folder(target);
    if (!may_include.contains(to)) {
      found.push_back(file + " includes " + include + ", which is in no layer");
    } else if (from != to && !may_include.at(from).contains(to)) {
      found.push_back(file + " includes " + include + ": " + from + " may not include " + to);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("layering: arrows to the left, inside a folder and out of neb are allowed") {
  CHECK(violations("neb/ops/conv2d.hpp",
                   "#pragma once\n#include <vector>\n#include <Eigen/Core>\n"
                   "#include \"neb/core/shape.hpp\"\n#include <neb/autodiff/op.hpp>\n"
                   "#include \"arithmetic.hpp\"\n#include \"../kernels/gemm.hpp\"\n")
            .empty());
  CHECK(violations("neb/data/idx.hpp", "#include \"neb/io/file.hpp\"\n#include <zlib.h>\n#include <neb/version.hpp>\n")
            .empty());
}

TEST_CASE("layering: an arrow that points right, to a sibling or at the umbrella is found") {
  const auto count = [](const std::string& file, const std::string& source) { return violations(file, source).size(); };
  CHECK(count("neb/core/shape.hpp", "#include \"neb/kernels/gemm.hpp\"\n") == 1);
  CHECK(count("neb/ops/conv2d.hpp",
              "#include <vector>\n  # include <neb/nn/mlp.hpp> // why\n#include \"../energy/mlp.hpp\"\n") == 2);
  CHECK(count("neb/io/image.hpp", "#include \"neb/data/idx.hpp\"\n") == 1);
  CHECK(count("neb/io/image.hpp", "#include \"neb/draw/colour.hpp\"\n") == 1);
  CHECK(count("neb/sampling/walk.hpp", "#include \"neb/flow/flow.hpp\"\n") == 1);
  CHECK(count("neb/bayes/smooth.hpp", "#include <neb/neb.hpp>\n") == 1);
  CHECK(count("neb/bayes/smooth.hpp", "#include <neb/nowhere/smooth.hpp>\n") == 1);
  CHECK(count("neb/nowhere/smooth.hpp", "") == 1);
  CHECK(violations("neb/core/shape.hpp", "#include \"neb/ops/sum.hpp\"\n").front() ==
        "neb/core/shape.hpp includes neb/ops/sum.hpp: core may not include ops");
}

TEST_CASE("layering: the table goes round in no circle") {
  auto left = may_include;
  const auto stands_on_others = [&](const auto& row) {
    return std::ranges::any_of(row.second, [&](const std::string& other) { return left.contains(other); });
  };
  while (!left.empty()) {
    const auto lowest = std::ranges::find_if_not(left, stands_on_others);
    REQUIRE_MESSAGE(lowest != left.end(), "a circle goes through ", left.begin()->first);
    left.erase(lowest);
  }
}

TEST_CASE("layering: include/neb") {
  const fs::path include = fs::path(NEB_SOURCE_DIR) / "include";
  int headers = 0;
  for (const auto& entry : fs::recursive_directory_iterator(include / "neb")) {
    if (entry.path().extension() != ".hpp") continue;
    const fs::path file = entry.path().lexically_relative(include);
    if (file == "neb/neb.hpp" || file == "neb/version.hpp") continue;
    ++headers;
    for (const std::string& violation : violations(file.generic_string(), read(entry.path()))) FAIL_CHECK(violation);
  }
  CHECK(headers > 0);
}

TEST_CASE("layering: neb.hpp reaches every header above the kernels, but the one that needs MPI") {
  const fs::path include = fs::path(NEB_SOURCE_DIR) / "include";
  std::set<std::string> reached;
  std::vector<std::string> open{"neb/neb.hpp"};
  while (!open.empty()) {
    const std::string file = open.back();
    open.pop_back();
    if (!file.starts_with("neb/") || !reached.insert(file).second) continue;
    for (const std::string& target : included_paths(read(include / file))) open.push_back(target);
  }
  for (const auto& entry : fs::recursive_directory_iterator(include / "neb")) {
    const std::string file = entry.path().lexically_relative(include).generic_string();
    if (!file.ends_with(".hpp") || file.starts_with("neb/kernels/")) continue;
    const bool needs_mpi = file == "neb/distributed/mpi.hpp";
    CHECK_MESSAGE(reached.contains(file) != needs_mpi, "neb/neb.hpp and ", file);
  }
}

TEST_CASE("layering: kernels stand in a namespace that is named after the instruction set") {
  int headers = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(NEB_SOURCE_DIR) / "include/neb/kernels")) {
    if (entry.path().extension() != ".hpp") continue;
    CAPTURE(entry.path().filename().string());
    std::istringstream lines(read(entry.path()));
    int openings = 0;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("namespace ") || line.find("kernels") == std::string::npos) continue;
      CHECK(line.find("kernels::inline NEB_INSTRUCTION_SET") != std::string::npos);
      ++openings;
    }
    CHECK(openings == 1);
    ++headers;
  }
  CHECK(headers > 15);
}
