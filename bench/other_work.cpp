#include "other_work.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

namespace bench {

namespace {

double ticks_per_second() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

CoreTime core_time_now() {
  std::stringstream text;
  text << std::ifstream("/proc/stat").rdbuf();
  return core_time(text.str());
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

std::string busy_text(double share) {
  char text[256];
  std::snprintf(
      text, sizeof text,
      "other work takes %.0f %% of the cores' time, and times are reported up to %.0f %%: wait until it has ended "
      "(top shows it), or say --busy to report times that nobody should believe",
      100 * share, 100 * quiet_share);
  return text;
}

}  // namespace

CoreTime core_time(const std::string& proc_stat) {
  // user, nice, system, idle, waiting for devices, interrupts, soft interrupts, stolen; what guests used is part of user.
  double fields[8];
  std::istringstream line(proc_stat);
  std::string name;
  line >> name;
  for (double& field : fields) line >> field;
  if (!line || name != "cpu") throw std::runtime_error("/proc/stat: does not start with the times of cpu");
  CoreTime time;
  for (const double field : fields) time.all += field / ticks_per_second();
  time.busy = time.all - (fields[3] + fields[4]) / ticks_per_second();
  return time;
}

double process_seconds(const std::string& proc_pid_stat) {
  // The name, in brackets, may hold anything, so count from its end: utime and stime are fields 14 and 15 of the line.
  const std::size_t end = proc_pid_stat.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream rest(proc_pid_stat.substr(end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / ticks_per_second();
}

double share_of_others(const CoreTime& before, const CoreTime& after, double own_seconds) {
  const double all = after.all - before.all;
  return all > 0 ? std::max(0.0, (after.busy - before.busy - own_seconds) / all) : 0;
}

Watch::Watch(std::function<double()> own) : own_(std::move(own)), last_(core_time_now()), last_own_(own_()) {}

double Watch::share() {
  const CoreTime before = std::exchange(last_, core_time_now());
  const double own_before = std::exchange(last_own_, own_());
  return share_of_others(before, last_, last_own_ - own_before);
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Busy::Busy(double share) : std::runtime_error(busy_text(share)) {}

}  // namespace bench
