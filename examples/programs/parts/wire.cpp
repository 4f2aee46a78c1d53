#include "parts/wire.hpp"

namespace examples {

using neb::Index;

Wire::Wire(const Program& program, Index step)
    : program_(program), steps_(-step), bytes_(program.ranks->bytes_sent()), seconds_(program.ranks->seconds()) {}

void Wire::stop(Index step) {
  steps_ += step;
  bytes_ = program_.ranks->bytes_sent() - bytes_;
  seconds_ = program_.ranks->seconds() - seconds_;
}

Summary Wire::summary(Index shards) const {
  const Index ranks = program_.ranks->count();
  if (ranks == 1 || steps_ == 0) return {};
  const double bytes = static_cast<double>(bytes_) / static_cast<double>(steps_);
  program_.print("shared: %ld shards on %ld ranks, of which this one gives %.0f bytes to MPI in each step\n",
                 static_cast<long>(shards), static_cast<long>(ranks), bytes);
  return {{"ranks", ranks},
          {"shards", shards},
          {"bytes_per_step", bytes},
          {"mpi_seconds_per_step", seconds_ / static_cast<double>(steps_)}};
}

}  // namespace examples
