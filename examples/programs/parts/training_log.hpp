/// log.jsonl, which tells what a training run reports along the way.
#pragma once

#include <cstdio>
#include <string>

#include "common/program.hpp"

namespace examples {

/// The reports of a run, one line of JSON each. A resumed run goes on behind those of its first part up to `step`, where its
/// checkpoint was saved. A log that cannot be written is said once, and costs the run nothing else.
class TrainingLog {
 public:
  TrainingLog(const Program& program, neb::Index step);
  TrainingLog(const TrainingLog&) = delete;
  TrainingLog& operator=(const TrainingLog&) = delete;
  ~TrainingLog();

  void write(const Summary& report);

 private:
  void lose();

  const Program& program_;
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace examples
