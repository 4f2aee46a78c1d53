/// The driver's side of a worker, see worker.hpp.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bench {

/// What a worker says after its turn; times in seconds.
struct Turn {
  double median = 0, minimum = 0;
};

/// A worker in a process of its own. Throws std::runtime_error, with the worker's command, when it does not start, or ends or
/// babbles where it should answer.
class Contender {
 public:
  /// Starts the program command[0] with the other words as its arguments, and waits until it is ready.
  explicit Contender(const std::vector<std::string>& command);
  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;
  Contender(Contender&& other) noexcept;
  ~Contender();  ///< ends the process if it still runs

  /// Whether the worker is ready, and has not said that this work is not for it.
  bool takes_part() const { return takes_part_; }
  /// What the worker said about itself, or why it does not take part.
  const std::string& facts() const { return facts_; }

  /// Lets it work for about so long.
  Turn turn(double seconds);
  /// Lets it end; returns its largest resident memory in MB.
  double finish();
  /// CPU time that it has used so far.
  double cpu_seconds() const;

 private:
  Contender() = default;
  std::string read_line();
  [[noreturn]] void fail(const std::string& what) const;

  std::string name_, facts_;
  bool takes_part_ = false;
  int socket_ = -1;
  pid_t process_ = -1;
};

}  // namespace bench
