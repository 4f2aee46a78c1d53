#include "parts/training_log.hpp"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include <neb/io/file.hpp>

namespace examples {

TrainingLog::TrainingLog(const Program& program, neb::Index step)
    : program_(program), path_(program.path("log.jsonl")) {
  std::string kept;
  if (step > 0 && ::access(path_.c_str(), F_OK) == 0)
    for (const Summary& report : read_json_lines(path_).whole)
      if (number_of(report, "step").value_or(HUGE_VAL) <= static_cast<double>(step)) kept += json_line(report);
  check_input([&] { neb::write_file(path_, kept); });
  file_ = std::fopen(path_.c_str(), "a");
  if (file_ == nullptr) lose();
}

TrainingLog::~TrainingLog() {
  if (file_ != nullptr) std::fclose(file_);
}

void TrainingLog::write(const Summary& report) {
  if (file_ == nullptr) return;
  const std::string line = json_line(report);
  if (std::fputs(line.c_str(), file_) < 0 || std::fflush(file_) != 0) lose();
}

void TrainingLog::lose() {
  program_.warn(path_ + ": cannot be written: " + std::strerror(errno) + "; the run goes on without");
  if (file_ != nullptr) std::fclose(file_);
  file_ = nullptr;
}

}  // namespace examples
