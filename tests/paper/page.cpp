#include "paper/page.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <regex>

#include <neb/draw/canvas.hpp>

#include "io/scratch.hpp"
#include "neb/io/png.hpp"
#include "paper/about.hpp"

namespace neb::test {
namespace {

using namespace examples;
using namespace examples::paper;

/// A run of two experiments whose texts try to be more than text, with a picture and a film.
struct Run {
  Scratch scratch;
  std::string still = Program::picture_file("still"), film = Program::picture_file("film");
  std::vector<Done> done{
      {{.name = "figure-3", .title = "A < B & \"C\"", .minutes = 1, .full_minutes = 60, .run = nullptr},
       {.numbers = {},
        .findings = {{"|Y|^2", "", "<script>alert(1)</script>"}, {"pixels", "[-1, 2]", "[-1.1, 2.1]"}},
        .pictures = {{still, "it's \"quoted\""}, {film, "four frames", 4}}},
       83},
      {{.name = "figure-5", .title = "Walk", .minutes = 1, .full_minutes = 60, .run = nullptr}, {}, 1}};
  Setting setting{.folder = scratch.folder(), .data = "6 000 training digits", .seed = 7, .full = false};

  Run() {
    Canvas(30, 50).write(scratch.path(still));
    Canvas frames(40, 240, {0.2, 0.4, 0.6});
    for (Index i = 0; i < 4; ++i) frames.text(10, 60 * i + 20, std::to_string(i), {1, 1, 1});
    frames.write(scratch.path(film));
  }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("the page says what was found, as text and nothing else") {
  const Run run;
  const std::string html = page(run.done, run.setting);
  CHECK(html.find("A &lt; B &amp; &quot;C&quot;") != std::string::npos);
  CHECK(html.find("<script") == std::string::npos);
  CHECK(count(html, "&lt;script&gt;alert(1)&lt;/script&gt;") == 2);  // in its section and in the whole table
  CHECK(html.find("6 000 training digits, seed 7") != std::string::npos);
  CHECK(html.find("<code>scripts/reproduce.sh figure-3</code> took 83 s") != std::string::npos);
  CHECK(html.find("id=\"figure-5\"") != std::string::npos);
  CHECK(html.find(about("figure-5").substr(0, 40)) != std::string::npos);
}

TEST_CASE("the page refers to nothing outside itself, and forbids itself to") {
  const Run run;
  const std::string html = page(run.done, run.setting);
  CHECK(html.find("default-src 'none'") != std::string::npos);
  CHECK(count(html, "://") == 0);
  const std::regex reference(R"re((src|href)="([^"]{0,10}))re");
  for (auto at = std::sregex_iterator(html.begin(), html.end(), reference); at != std::sregex_iterator(); ++at) {
    const std::string target = (*at)[2];
    CHECK_MESSAGE((target.starts_with("data:image") || target.starts_with("#")), target);
  }
}

TEST_CASE("pictures are in the page, byte for byte, with captions; a film tells its frames") {
  if (!png_available) return;
  const Run run;
  const std::string html = page(run.done, run.setting);
  CHECK(count(html, "src=\"data:image/png;base64,iVBORw0KGgo") == 2);  // how every PNG begins
  CHECK(html.find("alt=\"it&#39;s &quot;quoted&quot;\" width=\"50\" height=\"30\"") != std::string::npos);
  CHECK(html.find("--frames:4;--width:60;--height:40") != std::string::npos);

  // Decoded by somebody else.
  const std::string start = "base64,";
  const auto begin = html.find(start) + start.size();
  run.scratch.put("encoded", html.substr(begin, html.find('"', begin) - begin));
  REQUIRE(std::system(("base64 -d " + run.scratch.path("encoded") + " > " + run.scratch.path("decoded")).c_str()) == 0);
  CHECK(content_of(run.scratch.path("decoded")) == content_of(run.scratch.path(run.still)));
}

TEST_CASE("without PNG the page says where the pictures are") {
  Run run;
  run.done[0].results.pictures = {{"still.ppm", "a caption"}};
  const std::string html = page(run.done, run.setting);
  CHECK(html.find("The picture is in still.ppm") != std::string::npos);
  CHECK(html.find("libpng") != std::string::npos);
  run.done[0].results.pictures = {{"missing.png", ""}};
  CHECK_THROWS_AS(page(run.done, run.setting), FileError);
}

TEST_CASE("the table has a line for each finding, with the command that repeats it") {
  Run run;
  CHECK(table(run.done, run.setting)
            .find("| figure-3 | \\|Y\\|^2 | - | <script>alert(1)</script> | "
                  "`scripts/reproduce.sh figure-3` |\n") != std::string::npos);
  run.setting.full = true;
  CHECK(table(run.done, run.setting).find("| [-1, 2] | [-1.1, 2.1] | `scripts/reproduce.sh figure-3 --full` |") !=
        std::string::npos);
  CHECK(count(table(run.done, run.setting), "\n") == 4);
}

TEST_CASE("the page knows what to say of every experiment") {
  for (const Experiment& experiment : experiments()) CHECK_MESSAGE(!about(experiment.name).empty(), experiment.name);
}

// Needs Chromium: `ctest` runs it where there is one.
TEST_CASE("a browser shows the page whole, and would show that it is not" * doctest::skip()) {
  const Run run;
  const auto check = [&](const std::string& html) {
    return std::system((NEB_SOURCE_DIR "/tests/paper/check_page.sh " + run.scratch.put("page.html", html)).c_str());
  };
  const std::string html = page(run.done, run.setting);
  CHECK(check(html) == 0);
  const auto mutant = [&](const std::string& from, const std::string& to) {
    std::string changed = html;
    return check(changed.replace(changed.find(from), from.size(), to));
  };
  CHECK(mutant("base64,iVBOR", "base64,iVBxR") != 0);
  CHECK(mutant("<h1>", "<h1 style=\"width: 500px\">") != 0);
  CHECK(mutant("</main>", "<link rel=\"stylesheet\" href=\"style.css\"></main>") != 0);
}

}  // namespace
}  // namespace neb::test
