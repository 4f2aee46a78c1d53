/// The processes that share a program's work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "common/command_line.hpp"

namespace examples {

/// This process alone, or all that an MPI launcher started, where the program was built with NEB_WITH_MPI: a neb::AllReduce.
class Ranks {
 public:
  /// This process alone.
  Ranks();
  Ranks(Ranks&&) noexcept;
  ~Ranks();

  /// The job that an MPI launcher started this process for, if one did. Throws UsageError when it started several and the program
  /// was built without MPI: each would write the others' files.
  static Ranks join();

  int rank() const;
  int count() const;
  bool alike() const;
  void max(std::span<std::int64_t> numbers);
  void sum(std::span<std::int64_t> numbers);
  void broadcast(std::span<std::byte> bytes);
  void scatter(std::span<const std::byte> all, std::span<const std::size_t> sizes, std::span<std::byte> mine);
  void gather(std::span<const std::byte> mine, std::span<const std::size_t> sizes, std::span<std::byte> all);

  /// Refuses, on all ranks, what they do not agree about: their arguments but for --threads and, unless --mixed allows it, their
  /// programs and processors. Throws neb::Error.
  void check_same_start(int argc, const char* const* argv, bool mixed);
  /// A copy of rank 0's file at a path of this rank's own, which is gone when the ranks are; the file itself in one process. Throws
  /// neb::FileError.
  std::string copy_of(const std::string& file);
  /// As many threads as a rank has processors of its machine, and no more than `most`.
  int threads(int most) const;
  /// The payload that this rank gave to MPI so far, in bytes, and the time that it spent there, waiting for others included.
  std::uint64_t bytes_sent() const;
  double seconds() const;
  /// Ends all ranks.
  void end(int exit_code);

 private:
  struct Job;
  std::unique_ptr<Job> job_;
};

}  // namespace examples
