// Command lines, an argument in each line of the input: a program reads its options right, or says in one line what is wrong.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <neb/io/number_text.hpp>
#include <neb/optim/schedule.hpp>
#include <optional>

#include "common/program.hpp"
#include "fuzz.hpp"

using namespace examples;
using neb::ByteSpan;
using namespace neb::fuzz;

namespace {

/// A program with an option of each kind, which writes nowhere by itself.
CommandLine command_line() {
  CommandLine line({.name = "fuzz", .text = "Reads its options.", .example = "fuzz --count 3", .out = ""});
  line.data_and_model("A model");
  for (const char* name : {"count", "positive", "not-negative", "fraction", "counts", "positives", "words", "schedule"})
    line.option(name, "VALUE", "A value");
  line.flag("flag", "A flag");
  return line;
}

/// The number that the C library reads in all of `text`, if it is written as in C++ and in range.
std::optional<double> number_in(const std::string& text) {
  if (text.find_first_not_of("0123456789+-.eE") != std::string::npos || text.empty() || text[0] == '+') return {};
  char* end = nullptr;
  errno = 0;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0' || (errno == ERANGE && (number == 0 || std::isinf(number)))) return {};
  return number;
}

std::optional<long long> whole_number_in(const std::string& text) {
  if (text.find_first_not_of("0123456789-") != std::string::npos || text.empty()) return {};
  char* end = nullptr;
  errno = 0;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (*end != '\0' || errno == ERANGE) return {};
  return number;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char letter : text)
    if (letter == separator)
      parts.emplace_back();
    else
      parts.back() += letter;
  return parts;
}

/// The reader of the standard library and the one for libraries that have none agree.
template <class Floating>
void compare_readers(const std::string& text) {
  const auto number = neb::number_from_text<Floating>(text), other = neb::detail::floating_from_text<Floating>(text);
  require(number.has_value() == other.has_value(), "a number by one reader only");
  if (!number || std::isnan(*number)) return;
  const auto same = [&](std::optional<Floating> x) { return x == number && std::signbit(*x) == std::signbit(*number); };
  require(same(other), "two readers read two numbers");
  require(same(neb::number_from_text<Floating>(neb::number_text(*number))) &&
              same(neb::number_from_text<Floating>(neb::detail::floating_text(*number))),
          "a number differs that was written and read");
}

/// Calls `read`, which must give what holds if it holds something, and else throw a UsageError; that is kept, if it is the first.
template <class Right, class Read>
void expect(const std::optional<Right>& right, std::optional<UsageError>& first, Read&& read) {
  try {
    const auto value = read();
    require(right.has_value() && value == *right, "an option is read wrongly");
  } catch (const UsageError& error) {
    require(!right.has_value(), "an option is refused");
    if (!first) first = error;
  }
}

/// The parts of a list as `read` reads them, if it can read all.
template <class Number>
std::optional<std::vector<Number>> all_of(const std::string& list, std::optional<Number> (*read)(const std::string&)) {
  std::vector<Number> numbers;
  for (const std::string& part : split(list, ',')) {
    const auto number = read(part);
    if (!number || !(*number > 0)) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

/// Reads every option that is given, and what the C library reads from its text.
void read_all(Program&, const CommandLine& line) {
  std::optional<UsageError> first;
  const auto holds = [](auto number, auto&& rule) { return number && rule(*number) ? number : std::nullopt; };
  const auto given = [&](const char* name, auto&& reading) {
    if (line.given(name)) reading(line.text(name));
  };
  given("count", [&](const std::string& text) {
    expect(holds(whole_number_in(text), [](long long n) { return n >= 2; }), first,
           [&] { return line.count("count", 2); });
  });
  given("positive", [&](const std::string& text) {
    expect(holds(number_in(text), [](double x) { return x > 0; }), first, [&] { return line.positive("positive"); });
  });
  given("not-negative", [&](const std::string& text) {
    expect(holds(number_in(text), [](double x) { return x >= 0; }), first,
           [&] { return line.not_negative("not-negative"); });
  });
  given("fraction", [&](const std::string& text) {
    expect(holds(number_in(text), [](double x) { return x >= 0 && x < 1; }), first,
           [&] { return line.fraction("fraction"); });
  });
  given("counts", [&](const std::string& text) {
    const auto right = all_of<long long>(text, whole_number_in);
    expect(right ? std::optional(std::vector<neb::Index>(right->begin(), right->end())) : std::nullopt, first,
           [&] { return line.counts("counts"); });
  });
  given("positives", [&](const std::string& text) {
    expect(all_of<double>(text, number_in), first, [&] { return line.positives("positives"); });
  });
  given("words", [&](const std::string& text) {
    expect(std::optional(split(text, ',')), first, [&] { return line.words("words"); });
  });
  if (first) throw UsageError(*first);
  given("schedule", [](const std::string& text) { check_input([&] { return neb::schedule_named(text); }); });
}

/// Standard output and standard error in memory, while it lives.
class Streams {
 public:
  Streams() : out_(stdout), error_(stderr) {
    stdout = ::open_memstream(&out_text_, &out_size_);
    stderr = ::open_memstream(&error_text_, &error_size_);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  ~Streams() {
    std::fclose(stdout);
    std::fclose(stderr);
    std::free(out_text_);
    std::free(error_text_);
    stdout = out_;
    stderr = error_;
  }

  std::string error_text() const {
    std::fflush(stderr);
    return {error_text_, error_size_};
  }

 private:
  std::FILE *out_, *error_;
  char *out_text_ = nullptr, *error_text_ = nullptr;
  std::size_t out_size_ = 0, error_size_ = 0;
};

void try_input(ByteSpan bytes) {
  std::string text = text_of(bytes);
  std::replace(text.begin(), text.end(), '\0', ' ');  // ends an argument, whatever follows
  std::vector<std::string> arguments = split(text, '\n');
  arguments.insert(arguments.begin(), "bin/fuzz");
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--out")) return;  // it would make folders, anywhere
    pointers.push_back(argument.c_str());
    compare_readers<double>(argument);
    compare_readers<float>(argument);
  }
  int code = 0;
  std::string said;
  {
    const Streams streams;
    code = run(static_cast<int>(pointers.size()), pointers.data(), command_line, read_all);
    said = streams.error_text();
  }
  require(code == 0 || code == 2, "an exit code that means something else");
  if (code == 0) return require(said.empty(), "complaints about what was right");
  require(said.starts_with("fuzz: ") && said.ends_with('\n'),
          "a message that is no line, or tells nothing of the program");
  said.pop_back();
  said.erase(0, 6);
  require(!said.empty(), "no message");
  if (said.size() > 2000 && said.ends_with("...")) said.resize(2000);
  check_message(said);
}

std::vector<std::string> seeds() {
  return {"--count\n3\n--positive=1e-3\n--flag",
          "--counts\n1,2,3\n--positives=0.5,2\n--words=a,b\n--fraction=.25",
          "--not-negative\n-0.0\n--schedule=cosine\n--seed\n18446744073709551615\n--quiet",
          "--threads=2\n--precision\nfast\n--data\nx\n--model=y",
          "--help",
          "-h",
          "1e-320",
          "nan\ninf\n-0\n1.17549435e-38"};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds};
