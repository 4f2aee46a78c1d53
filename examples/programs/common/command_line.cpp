#include "common/command_line.hpp"

#include <cmath>
#include <cstdio>

// Otherwise cxxopts matches arguments with std::regex, which recurses for each letter: at 50 000 of them the stack is full. And
// its expressions are made before main(), where a lack of memory ends the program.
#define CXXOPTS_NO_REGEX true
#include <cxxopts.hpp>
#include <neb/io/number_text.hpp>

namespace examples {

namespace {

/// All of `text` as a number, or false.
template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = neb::number_from_text<Number>(text);
  if (read) number = *read;
  return read.has_value();
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

bool read_positive(std::string_view text, double& number) {
  return read_number(text, number) && number > 0 && std::isfinite(number);
}

}  // namespace

struct CommandLine::Parser {
  explicit Parser(const std::string& name) : options(name) {}
  cxxopts::Options options;
  cxxopts::ParseResult result;
};

CommandLine::CommandLine(About about) : about_(std::move(about)), parser_(std::make_unique<Parser>(about_.name)) {
  parser_->options.add_options("every program")                                  //
      ("h,help", "Print this text")                                              //
      ("seed", "Seed of all random numbers: the same seed gives the same bits",  //
       cxxopts::value<std::string>()->default_value("0"), "N")                   //
      ("threads", "Threads to compute with (default: one for each core); results do not depend on it",
       cxxopts::value<std::string>(), "N")  //
      ("precision",
       "Of convolutions: accurate, with errors of 2e-6, or fast, with errors of 8e-6; a run that is resumed needs the same",
       cxxopts::value<std::string>()->default_value("accurate"), "NAME")  //
      ("quiet", "Print nothing but errors");
  if (about_.shares_work)
    parser_->options.add_options("every program")(
        "mixed",
        "Under mpirun: run where programs or processors differ from rank to rank; results then differ in last digits");
  option("out", "DIR",
         about_.out.empty() ? "Folder to write summary.json to (default: nothing is written)"
                            : "Folder for summary.json and the pictures",
         about_.out);
}
CommandLine::CommandLine(CommandLine&&) noexcept = default;
CommandLine::~CommandLine() = default;

CommandLine& CommandLine::option(const std::string& name, const std::string& value, const std::string& help,
                                 const std::string& fallback) {
  const auto text = cxxopts::value<std::string>();
  parser_->options.add_options(name == "out" ? "every program" : about_.name)(
      name, help, fallback.empty() ? text : text->default_value(fallback), value);
  return *this;
}

CommandLine& CommandLine::flag(const std::string& name, const std::string& help) {
  parser_->options.add_options(about_.name)(name, help);
  return *this;
}

CommandLine& CommandLine::data_and_model(const std::string& model_help) {
  option("data", "DIR",
         "Folder with the images: train- and t10k-images as IDX, plain or .gz (default: the shipped digits)");
  return option("model", "FILE", model_help);
}

bool CommandLine::parse(int argc, const char* const* argv) {
  cxxopts::Options& options = parser_->options;
  const std::string see_help = "; " + about_.name + " --help lists the options";
  try {
    parser_->result = options.parse(argc, argv);
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what() + see_help);
  }
  if (given("help")) return false;
  if (!parser_->result.unmatched().empty())
    throw UsageError("unexpected argument \"" + parser_->result.unmatched()[0] + "\"" + see_help);
  return true;
}

std::string CommandLine::help() const {
  cxxopts::Options& options = parser_->options;
  options.custom_help("[OPTION...]").set_width(110);
  return about_.text + "\n\nExample:  " + about_.example + "\n\n" + options.help({about_.name, "every program"}) +
         "\nExit codes: 0 done, 1 failed, 2 wrong usage or bad input, 128 + N stopped by signal N.\n";
}

bool CommandLine::given(const std::string& name) const { return parser_->result.count(name) > 0; }

std::string CommandLine::text(const std::string& name) const {
  const auto& value = parser_->result[name];
  return value.count() > 0 || value.has_default() ? value.as<std::string>() : "";
}

void CommandLine::reject(const std::string& name, const std::string& expected) const {
  throw UsageError("--" + name + ": expected " + expected + ", got \"" + text(name) + "\"");
}

neb::Index CommandLine::count(const std::string& name, neb::Index least) const {
  neb::Index number = 0;
  if (!read_number(text(name), number) || number < least)
    reject(name, "a whole number of at least " + std::to_string(least));
  return number;
}

std::uint64_t CommandLine::seed() const {
  std::uint64_t number = 0;
  if (!read_number(text("seed"), number)) reject("seed", "a whole number from 0 to 2^64 - 1");
  return number;
}

double CommandLine::positive(const std::string& name) const {
  double number = 0;
  if (!read_positive(text(name), number)) reject(name, "a number above 0");
  return number;
}

double CommandLine::not_negative(const std::string& name) const {
  double number = 0;
  if (!read_number(text(name), number) || !(number >= 0) || std::isinf(number)) reject(name, "a number from 0 on");
  return number;
}

double CommandLine::fraction(const std::string& name) const {
  double number = 0;
  if (!read_number(text(name), number) || !(number >= 0 && number < 1)) reject(name, "a number from 0 to below 1");
  return number;
}

std::vector<neb::Index> CommandLine::counts(const std::string& name) const {
  std::vector<neb::Index> numbers;
  for (const std::string& part : split(text(name))) {
    neb::Index number = 0;
    if (!read_number(part, number) || number < 1) reject(name, "whole numbers above 0 separated by commas");
    numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::string> CommandLine::words(const std::string& name) const { return split(text(name)); }

std::vector<double> CommandLine::positives(const std::string& name) const {
  std::vector<double> numbers;
  for (const std::string& part : split(text(name))) {
    double number = 0;
    if (!read_positive(part, number)) reject(name, "numbers above 0 separated by commas");
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace examples
