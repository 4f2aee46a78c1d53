/// What every program does around its own work: options, exit codes, messages, and the folder that it writes to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>

#include <neb/core/error.hpp>

#include "common/command_line.hpp"
#include "common/progress_bar.hpp"
#include "common/ranks.hpp"
#include "common/summary.hpp"

namespace examples {

/// A program that is running.
struct Program {
  std::string name;
  std::uint64_t seed = 0;
  std::string out;  ///< folder that it writes to, which exists; empty for none
  bool quiet = false;
  int exit_code = 0;
  std::shared_ptr<Ranks> ranks =
      std::make_shared<Ranks>();  ///< that share the work; rank 0 alone prints and writes files

  /// printf, unless quiet.
  [[gnu::format(printf, 2, 3)]] void print(const char* format, ...) const;
  /// One line on stderr about something that was lost, but not the result.
  void warn(const std::string& message) const;
  ProgressBar progress(const std::string& task, const std::string& unit) const { return {task, unit, quiet}; }

  std::string path(const std::string& file) const { return out + "/" + file; }
  /// `stem` as a picture's file in the folder: PNG, or PPM when this program was built without libpng.
  std::string picture_path(const std::string& stem) const { return path(picture_file(stem)); }
  /// Its name without the folder.
  static std::string picture_file(const std::string& stem);
  /// Writes summary.json, if there is a folder.
  void write_summary(const Summary& summary) const;
};

/// `text` as one word of a command line, quoted if it must be.
std::string shell_word(const std::string& text);

/// Makes the folder and what it lies in. Throws UsageError when it cannot be written to.
void make_folder(const std::string& path);

/// Calls `read`, in which what neb throws is the user's to correct: a wrong file, options that do not fit each other.
template <class Read>
auto check_input(Read&& read) {
  try {
    return read();
  } catch (const neb::Error& error) {
    throw UsageError(error.what());
  }
}

/// Calls `write`. Where a file could not be written, also for want of memory, it warns, says what follows from that, and returns
/// false.
template <class Write>
bool write_or_warn(const Program& program, const std::string& consequence, Write&& write) {
  try {
    write();
    return true;
  } catch (const neb::FileError& error) {
    program.warn(std::string(error.what()) + "; " + consequence);
  } catch (const std::bad_alloc&) {
    program.warn("out of memory; " + consequence);
  }
  return false;
}

/// Calls `write`, which makes a file that was asked for beside others. Where it could not be written the program says so and goes
/// on, to end with 1. Returns whether there is one.
template <class Write>
bool deliver(Program& program, Write&& write) {
  if (write_or_warn(program, "the rest is written", write)) return true;
  program.exit_code = 1;
  return false;
}

/// Makes the command line, parses, then calls `body`; returns the exit code that main() returns: 0, 1 when the program failed or
/// what it printed could not be written, 2 when its usage or input was wrong, with one line on stderr.
int run(int argc, const char* const* argv, CommandLine (*command_line)(),
        const std::function<void(Program&, const CommandLine&)>& body);

}  // namespace examples
