/// The lessons: short, and right.
#include <cmath>
#include <filesystem>
#include <regex>
#include <sstream>
#include <utility>

#include "io/scratch.hpp"
#include "neb/io/png.hpp"
#include "programs/run_program.hpp"

using namespace neb::test;

namespace {

std::string line_with(const std::string& text, const std::string& part) {
  const auto at = text.find(part);
  REQUIRE_MESSAGE(at != std::string::npos, "no \"", part, "\" in\n", text);
  const auto begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

/// The first `count` numbers behind `words`, which stand once or more in the text.
std::vector<double> numbers_after(const std::string& text, const std::string& words, std::size_t count) {
  const std::string line = line_with(text, words);
  std::istringstream stream(line.substr(line.find(words) + words.size()));
  std::vector<double> numbers;
  for (double number; numbers.size() < count && stream >> number;) numbers.push_back(number);
  REQUIRE_MESSAGE(numbers.size() == count, line);
  return numbers;
}

}  // namespace

TEST_CASE("a lesson has at most 60 lines, the README's at most 30") {
  int lessons = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NEB_SOURCE_DIR "/examples/lessons")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".cpp" || name == "tiny_autodiff") continue;  // which has a test of its own
    CAPTURE(name);
    const std::string text = content_of(entry.path().string());
    const auto lines = std::count(text.begin(), text.end(), '\n');
    CHECK(lines > 10);
    CHECK(lines <= (name == "readme" ? 30 : 60));
    ++lessons;
  }
  CHECK(lessons >= 5);
}

TEST_CASE("a lesson includes nothing but standard headers and neb") {
  for (const char* folder : {"/examples/lessons", "/examples/lessons/chapters"})
    for (const auto& entry : std::filesystem::directory_iterator(std::string(NEB_SOURCE_DIR) + folder)) {
      if (entry.path().extension() != ".cpp") continue;
      CAPTURE(entry.path().filename().string());
      const std::string source = content_of(entry.path().string());
      CHECK(source.find("int main(") != std::string::npos);
      const std::regex include("#include *(<neb/[a-z0-9_/]+\\.hpp>|<[a-z]+>)?");
      for (auto found = std::sregex_iterator(source.begin(), source.end(), include); found != std::sregex_iterator();
           ++found)
        CHECK_MESSAGE((*found)[1].matched, "neither a standard header nor neb's");
    }
}

TEST_CASE("the lessons compute what they say, and write nothing unasked") {
  const Scratch scratch;
  const auto output_of = [&](const std::string& program) {
    const Outcome outcome = run_program(program, {}, scratch.folder());
    CHECK_MESSAGE(outcome.code == 0, outcome.err);
    CHECK(outcome.err.empty());
    CHECK(scratch.file_count() == 2);  // stdout and stderr
    return outcome.out;
  };
  const std::string gradient = output_of("hello_gradient");
  CHECK(numbers_after(gradient, "they differ by at most ", 1)[0] < 1e-12);
  CHECK(numbers_after(gradient, "downhill on (x^2 - 2)^2: x = ", 1)[0] ==
        doctest::Approx(std::sqrt(2.0)).epsilon(1e-9));
  const std::pair<const char*, double> slopes[] = {{"at 0.5: ", 0.5}, {"at 1.0: ", 1}, {"at 3.0: ", 3}};
  for (const auto& [at, x] : slopes)
    CHECK(std::abs(numbers_after(gradient, at, 1)[0] - (2 * x - x * x) * std::exp(-x)) < 1e-6);

  const std::string second = output_of("grad_of_grad");
  // The derivatives of exp(-x^2 / 2) are Hermite polynomials times it.
  const double x = 0.5, f = std::exp(-x * x / 2);
  std::vector<double> hermite{1, x};
  while (hermite.size() <= 6) {
    const std::size_t n = hermite.size();
    hermite.push_back(x * hermite[n - 1] - static_cast<double>(n - 1) * hermite[n - 2]);
  }
  const std::vector<double> derivatives = numbers_after(second, "at 0.5 and its derivatives:", 7);
  for (std::size_t n = 0; n <= 6; ++n) CHECK(std::abs(derivatives[n] - (n % 2 == 0 ? 1 : -1) * hermite[n] * f) < 1e-4);
  CHECK(second.find("times (1, 0): (7, 4)\n") != std::string::npos);
  CHECK(numbers_after(second, "learned a = ", 1)[0] ==
        doctest::Approx(numbers_after(second, "1 / (v + sigma^2) = ", 1)[0]).epsilon(0.01));
  CHECK(numbers_after(second, "1 / (v + sigma^2) = ", 1)[0] == doctest::Approx(1 / 2.25).epsilon(1e-4));

  const std::string operation = output_of("define_an_op");
  CHECK(numbers_after(operation, "agree with finite differences to ", 1)[0] < 1e-6);
  CHECK(numbers_after(operation, "differs from sin by ", 1)[0] < 1e-12);
}

TEST_CASE("two_moons learns what the closed form knows, and draws both if asked") {
  const Scratch scratch;
  const std::string picture = scratch.path("moons");
  const Outcome outcome =
      run_program("two_moons", {picture + (neb::png_available ? ".png" : ".ppm")}, scratch.folder());
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(is_picture(picture));
  const double learned = numbers_after(outcome.out, "squared error: learned ", 1)[0];
  CHECK(learned < 1.05 * numbers_after(outcome.out, "closed form ", 1)[0]);
  CHECK(learned < 0.75 * 2 * 0.3 * 0.3);
}

TEST_CASE("the README's program prints three errors, the learned one next to the best") {
  const Scratch scratch;
  const Outcome outcome = run_program("readme", {}, scratch.folder());
  REQUIRE(outcome.code == 0);
  double noise = 0, learned = 0, best = 0;
  REQUIRE(std::sscanf(outcome.out.c_str(),
                      "squared distance to the clean point: noise %lf, after a jump %lf, by the closed form %lf",
                      &noise, &learned, &best) == 3);
  CHECK(noise == doctest::Approx(0.18));
  CHECK(learned < 0.75 * noise);
  CHECK(learned < 1.05 * best);
}
