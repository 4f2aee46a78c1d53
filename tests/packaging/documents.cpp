// What the documents show is what is compiled: their C++ blocks are regions of compiled sources, and the files that
// their commands and links name exist. And the version is told the same everywhere.
#include <doctest/doctest.h>

#include <neb/version.hpp>

#include "markdown.hpp"

using namespace neb::test;

namespace {

namespace fs = std::filesystem;

const fs::path root = NEB_SOURCE_DIR;

std::vector<std::string> sources_below(const std::vector<std::string>& folders) {
  std::vector<std::string> sources;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp") sources.push_back(read(entry.path()));
    }
  }
  return sources;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> found{root / "README.md", root / "SECURITY.md"};
  if (fs::exists(root / "docs")) {
    for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
      if (entry.path().extension() == ".md") found.push_back(entry.path());
    }
  }
  return found;
}

bool is_shell(const Block& block) {
  return block.language == "sh" || block.language == "bash" || block.language == "shell" || block.language == "console";
}

constexpr const char* program_folders[] = {
    "examples/lessons", "examples/lessons/chapters", "examples/programs", "examples/paper", "examples/tools", "bench"};

/// What `command` names that does not exist: scripts by their path, programs below .../bin/ by their source.
std::vector<std::string> missing_files(const std::string& command) {
  std::vector<std::string> missing;
  for (std::string word : words(command)) {
    if (word.starts_with("./")) word.erase(0, 2);
    if (word.starts_with("scripts/") && !fs::exists(root / word)) missing.push_back(word);
    const auto bin = word.find("/bin/");
    if (!word.starts_with("build/") || bin == std::string::npos) continue;
    const std::string program = word.substr(bin + 5);
    const auto holds_it = [&](const char* folder) { return fs::exists(root / folder / (program + ".cpp")); };
    const bool tests = program.starts_with("neb_") && program.ends_with("_tests") &&
                       fs::exists(root / "tests" / program.substr(4, program.size() - 10));
    if (!tests && std::none_of(std::begin(program_folders), std::end(program_folders), holds_it))
      missing.push_back(word);
  }
  return missing;
}

/// The targets of the links and pictures of a Markdown text that are files of this repository.
std::vector<std::string> linked_files(const std::string& markdown) {
  std::vector<std::string> files;
  for (auto at = markdown.find("]("); at != std::string::npos; at = markdown.find("](", at + 1)) {
    const auto end = markdown.find(')', at);
    if (end == std::string::npos) break;
    const std::string target = markdown.substr(at + 2, end - at - 2);
    const std::string file = target.substr(0, target.find_first_of("# "));
    if (!file.empty() && file.find("://") == std::string::npos && !file.starts_with("mailto:")) files.push_back(file);
  }
  return files;
}

/// The sources that a Markdown text names in its prose, like `ops/conv2d.hpp`: a folder, and a file in backticks.
std::vector<std::string> named_sources(const std::string& markdown) {
  std::vector<std::string> files;
  for (auto at = markdown.find('`'); at != std::string::npos; at = markdown.find('`', at + 1)) {
    const auto end = markdown.find('`', at + 1);
    if (end == std::string::npos) break;
    const std::string name = markdown.substr(at + 1, end - at - 1);
    at = end;
    const bool plain = name.find_first_of(" *<>{}()'") == std::string::npos;
    if (plain && contains(name, "/") && (name.ends_with(".hpp") || name.ends_with(".cpp"))) files.push_back(name);
  }
  return files;
}

}  // namespace

TEST_CASE("documents: the checker sees blocks, regions, commands and links") {
  const auto blocks = code_blocks("text\n```cpp\nint  a;\n\nint b;\n```\n```sh\n./scripts/none.sh --x\n```\n");
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].lines == 3);
  CHECK(is_region_of(blocks[0].text, {"x", "int main() {\n  int a;\n  int b;\n}"}));
  CHECK_FALSE(is_region_of(blocks[0].text, {"int a; int c; int b;", "print a; int b;"}));
  CHECK(is_shell(blocks[1]));
  CHECK(missing_files(blocks[1].text) == std::vector<std::string>{"scripts/none.sh"});
  CHECK(missing_files("scripts/test.sh && build/release/bin/no_program --help").size() == 1);
  CHECK(linked_files("[a](docs/x.md#part) ![b](c.png) [d](https://e.org) [f](#g)") ==
        std::vector<std::string>{"docs/x.md", "c.png"});
  CHECK(linked_files(prose("[a](x.md)\n```cpp\n[b](const T& c) {}\n```\n[d](e.md)\n")) ==
        std::vector<std::string>{"x.md", "e.md"});
  CHECK(named_sources("`x`, `ops/a.hpp`, `tests/*/b.cpp` and `tests/c.cpp`") ==
        std::vector<std::string>{"ops/a.hpp", "tests/c.cpp"});
}

TEST_CASE("documents: README.md opens with a short program that is compiled") {
  REQUIRE_MESSAGE(fs::exists(root / "README.md"), "README.md is missing");
  const auto blocks = code_blocks(read(root / "README.md"));
  const auto first =
      std::find_if(blocks.begin(), blocks.end(), [](const Block& block) { return block.language == "cpp"; });
  REQUIRE_MESSAGE(first != blocks.end(), "README.md has no ```cpp block");
  CHECK_MESSAGE(first->lines <= 30, "README.md: the first program has ", first->lines, " lines, at most 30 are meant");
  const auto examples = sources_below({"examples"});
  for (const Block& block : blocks) {
    if (block.language != "cpp") continue;
    CHECK_MESSAGE(is_region_of(block.text, examples), "README.md: no region of examples/ reads\n", block.text);
  }
}

TEST_CASE("documents: C++ blocks of docs/ are regions of compiled sources") {
  const auto sources = sources_below({"examples", "include", "tests", "bench"});
  for (const fs::path& document : documents()) {
    for (const Block& block : code_blocks(read(document))) {
      if (block.language != "cpp") continue;
      CHECK_MESSAGE(is_region_of(block.text, sources), document.filename().string(), ": no source reads\n", block.text);
    }
  }
}

TEST_CASE("documents: commands and links name files that exist") {
  for (const fs::path& document : documents()) {
    const std::string name = document.lexically_relative(root).string();
    const std::string text = read(document);
    for (const Block& block : code_blocks(text)) {
      if (!is_shell(block)) continue;
      for (const std::string& file : missing_files(block.text)) FAIL_CHECK(name, ": there is no ", file);
    }
    for (const std::string& file : linked_files(prose(text))) {
      CHECK_MESSAGE(fs::exists(document.parent_path() / file), name, ": a link to ", file, ", which does not exist");
    }
  }
  for (const fs::path& document : documents())
    for (const std::string& file : named_sources(prose(read(document))))
      CHECK_MESSAGE((fs::exists(root / file) || fs::exists(root / "include/neb" / file)), document.filename().string(),
                    ": there is no ", file);
  const std::string readme = read(root / "README.md");
  for (const std::string command : {"scripts/demo.sh", "scripts/test.sh"}) {
    CHECK_MESSAGE(contains(readme, command), "README.md does not name ", command);
  }
}

TEST_CASE("documents: one version") {
  const std::string version(neb::version);
  CHECK_MESSAGE(contains(read(root / "CITATION.cff"), "\nversion: " + version + "\n"),
                "CITATION.cff has no line 'version: ", version, "'");
  CHECK_MESSAGE(contains(read(root / "CHANGELOG.md"), version), "CHANGELOG.md does not tell of ", version);
}
