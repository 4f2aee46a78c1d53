/// What the ranks of a training say to each other, measured.
#pragma once

#include <cstdint>

#include "common/program.hpp"

namespace examples {

/// Counts from the moment that it is made, after so many steps of a run.
class Wire {
 public:
  Wire(const Program& program, neb::Index step);

  /// Ends the count after `step` steps.
  void stop(neb::Index step);
  /// Prints and returns what a step cost; nothing in one process.
  Summary summary(neb::Index shards) const;

 private:
  const Program& program_;
  neb::Index steps_;
  std::uint64_t bytes_;
  double seconds_;
};

}  // namespace examples
