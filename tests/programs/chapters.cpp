/// The chapters of docs/: what they show is what their programs are made of, and what those print and draw.
#include <set>

#include "io/scratch.hpp"
#include "neb/io/png.hpp"
#include "packaging/markdown.hpp"
#include "programs/run_program.hpp"

using namespace neb::test;

namespace {

namespace fs = std::filesystem;

const fs::path root = NEB_SOURCE_DIR;

/// A chapter docs/NN-some-name.md and its program some_name.
struct Chapter {
  std::string file, text, program;
};

std::vector<Chapter> chapters() {
  std::vector<Chapter> found;
  for (const auto& entry : fs::directory_iterator(root / "docs")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".md" || name.size() < 4 || !std::isdigit(static_cast<unsigned char>(name[0])))
      continue;
    std::string program = name.substr(3);
    std::replace(program.begin(), program.end(), '-', '_');
    found.push_back({entry.path().filename().string(), read(entry.path()), program});
  }
  std::sort(found.begin(), found.end(), [](const Chapter& a, const Chapter& b) { return a.file < b.file; });
  return found;
}

/// The first paragraph below the title.
std::string opening(const std::string& markdown) {
  const auto begin = markdown.find("\n\n") + 2;
  return markdown.substr(begin, markdown.find("\n\n", begin) - begin);
}

/// Whether `lines`, whole ones, follow each other in `output`.
bool printed(const std::string& output, const std::string& lines) { return contains('\n' + output, '\n' + lines); }

}  // namespace

TEST_CASE("chapters: each has a number of its own, starts from a question, and fits on a few pages") {
  const auto all = chapters();
  REQUIRE(!all.empty());
  std::set<std::string> numbers;
  for (const Chapter& chapter : all) {
    CAPTURE(chapter.file);
    CHECK(numbers.insert(chapter.file.substr(0, 2)).second);
    CHECK(opening(chapter.text).ends_with('?'));
    CHECK(std::count(chapter.text.begin(), chapter.text.end(), '\n') <= 250);
    for (const Block& block : code_blocks(chapter.text))
      CHECK_MESSAGE((block.language == "cpp" || block.language == "text" || block.language == "sh"),
                    "C++ of a program, text that it printed, or a command: ", block.text);
  }
}

TEST_CASE("chapters: the glossary is made like them") {
  const std::string glossary = read(root / "docs/glossary.md");
  CHECK(opening(glossary).ends_with('?'));
  CHECK(std::count(glossary.begin(), glossary.end(), '\n') <= 250);
  CHECK(contains(glossary, "](images/"));
  CHECK(contains(glossary, "```sh\n"));
}

TEST_CASE("chapters: C++ is a region of the chapter's program, text is what that prints") {
  const Scratch scratch;
  const std::string tiny = read(root / "examples/lessons/tiny_autodiff.cpp");
  const std::string tiny_output = run_program("tiny_autodiff", {}, scratch.folder()).out;
  for (const Chapter& chapter : chapters()) {
    CAPTURE(chapter.file);
    const std::string source = read(root / "examples/lessons/chapters" / (chapter.program + ".cpp"));
    const Outcome outcome = run_program(chapter.program, {}, scratch.folder());
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    CHECK(scratch.file_count() == 2);  // stdout and stderr: nothing is written unasked
    int shown = 0;
    for (const Block& block : code_blocks(chapter.text)) {
      if (block.language == "cpp")
        CHECK_MESSAGE(is_region_of(block.text, {source, tiny}), "no region of the program reads\n", block.text);
      if (block.language != "text") continue;
      ++shown;
      CHECK_MESSAGE((printed(outcome.out, block.text) || printed(tiny_output, block.text)), "the program printed\n",
                    outcome.out, "and not\n", block.text);
    }
    CHECK(shown > 0);
  }
}

TEST_CASE("chapters: each shows a picture beside the command that makes it") {
  const Scratch scratch;
  for (const Chapter& chapter : chapters()) {
    CAPTURE(chapter.file);
    const std::string picture = "images/" + chapter.program + ".png";
    CHECK(contains(chapter.text, "](" + picture + ")"));
    CHECK(contains(chapter.text, "build/release/bin/" + chapter.program + " docs/" + picture + "\n"));
    CHECK(fs::exists(root / "docs" / picture));
    const std::string drawn = scratch.path(chapter.program);
    const Outcome outcome =
        run_program(chapter.program, {drawn + (neb::png_available ? ".png" : ".ppm")}, scratch.folder());
    CHECK_MESSAGE(outcome.code == 0, outcome.err);
    CHECK(is_picture(drawn));
  }
}
