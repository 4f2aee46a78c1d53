/// Whether something else works on this machine while times are taken.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace bench {

/// The part of the cores' time that others may take before times are not worth reporting.
inline constexpr double quiet_share = 0.03;

/// Time of all cores since the machine started, in seconds: busy (stolen by other virtual machines counts), and in all.
struct CoreTime {
  double busy = 0, all = 0;
};

/// Reads the text of /proc/stat. Throws std::runtime_error when it is none.
CoreTime core_time(const std::string& proc_stat);

/// CPU time of a process in seconds, from the text of /proc/PID/stat; 0 when it is none, as for a process that has ended.
double process_seconds(const std::string& proc_pid_stat);

/// The part of the cores' time between two looks that was spent, and not by ourselves.
double share_of_others(const CoreTime& before, const CoreTime& after, double own_seconds);

/// Looks at the machine whenever it is asked. `own` is the CPU time of what may work: this program and its workers.
class Watch {
 public:
  explicit Watch(std::function<double()> own);
  /// share_of_others() since the last call, or since the start.
  double share();

 private:
  std::function<double()> own_;
  CoreTime last_;
  double last_own_;
};

/// CPU time of this program without its workers, in seconds.
double own_cpu_seconds();

/// Thrown where a program refuses to report. The message says how busy the machine is, and what to do.
struct Busy : std::runtime_error {
  explicit Busy(double share);
};

}  // namespace bench
