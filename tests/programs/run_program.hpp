/// Runs a program of the examples and tells what came of it.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace neb::test {

using Arguments = std::vector<std::string>;

/// What a program left behind.
struct Outcome {
  int code = -1;  ///< exit code, or minus the signal that killed it
  std::string out, err;

  /// Whether it printed exactly one line to stderr, which contains `text`.
  bool one_line_with(const std::string& text) const;
};

/// A program, of the examples unless it is a path, that has been started in the folder `in`, where its output goes to the files stdout and stderr.
class Running {
 public:
  Running(const std::string& program, const Arguments& arguments, const std::string& in,
          const std::string& error_file = "stderr");
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  void send(int signal) const;
  Outcome wait();

 private:
  std::string folder_;
  ::pid_t process_ = -1;
};

/// What a program writes to stderr when that is a terminal.
std::string shown_on_terminal(const std::string& program, const Arguments& arguments, const std::string& in);

Outcome run_program(const std::string& program, const Arguments& arguments, const std::string& in);

/// A command of the shell, in which programs of the examples go by their names.
Outcome run_in_shell(const std::string& command, const std::string& in);

nlohmann::json read_json(const std::string& path);

/// Whether `path` without its ending names a picture, .png or (built without libpng) .ppm, that is whole.
bool is_picture(const std::string& path);

}  // namespace neb::test
