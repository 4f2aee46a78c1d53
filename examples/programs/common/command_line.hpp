/// The options of a program: declared with their help, parsed, and read as checked values.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <neb/core/shape.hpp>

namespace examples {

/// The command line, or a file that it names, cannot be used: exit code 2. The message says what to change.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What --help says above the list of options.
struct About {
  std::string name;          ///< of the program
  std::string text;          ///< what it shows, and the formula
  std::string example;       ///< a command to try
  std::string out = "out";   ///< where it writes by default; empty for nowhere
  bool shares_work = false;  ///< whether the processes of an MPI launcher may share its work
};

/// The options of a program. Values are kept as text until somebody asks for them, so that a wrong one is reported with
/// its option's name and what would be right.
class CommandLine {
 public:
  /// Declares what every program has: --help, --seed, --threads, --precision, --out and --quiet.
  explicit CommandLine(About about);
  CommandLine(CommandLine&&) noexcept;
  ~CommandLine();

  /// Declares `--name VALUE`; `fallback` is what text() gives when it is not there.
  CommandLine& option(const std::string& name, const std::string& value, const std::string& help,
                      const std::string& fallback = "");
  /// Declares `--name`, which is given() or not.
  CommandLine& flag(const std::string& name, const std::string& help);
  /// Declares --data DIR and --model FILE, which all but the teaching programs have.
  CommandLine& data_and_model(const std::string& model_help);

  /// Reads the arguments; false when they ask for help. Throws UsageError.
  bool parse(int argc, const char* const* argv);
  /// What --help prints.
  std::string help() const;

  const About& about() const { return about_; }
  bool given(const std::string& name) const;
  std::string text(const std::string& name) const;
  bool quiet() const { return given("quiet"); }

  /// A whole number of at least `least`, numbers above zero, and lists of them separated by commas. Throw UsageError.
  neb::Index count(const std::string& name, neb::Index least = 1) const;
  std::uint64_t seed() const;
  double positive(const std::string& name) const;
  double not_negative(const std::string& name) const;
  double fraction(const std::string& name) const;  ///< in [0, 1)
  std::vector<neb::Index> counts(const std::string& name) const;
  std::vector<std::string> words(const std::string& name) const;
  std::vector<double> positives(const std::string& name) const;

  /// Throws UsageError `--name: expected ..., got "..."`.
  [[noreturn]] void reject(const std::string& name, const std::string& expected) const;

 private:
  struct Parser;  // cxxopts, which costs seconds in every file that includes it
  About about_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace examples
