/// How much processor time the system grants this process.
///
/// A container may be allowed less time than it sees cores. More threads than that do not run at once: they use up the time of
/// a period together, and then all of them stand still until the next one begins. Linux keeps the limits in control groups,
/// whose files are read here where systemd, Docker and Kubernetes mount them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace neb::detail {

/// The lines of a text file; none if it cannot be read.
inline std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"), std::fclose);
  if (!file) return lines;
  bool begin = true;
  for (int c; (c = std::fgetc(file.get())) != EOF;) {
    if (begin) lines.emplace_back();
    begin = c == '\n';
    if (!begin) lines.back() += static_cast<char>(c);
  }
  return lines;
}

/// The processors that a quota like "150000 100000" grants, microseconds of time in each period; infinity if it sets no limit,
/// which is "max" in place of the time in cgroup v2 and -1 in v1.
inline double processors_of_quota(const std::string& quota) {
  double time = 0, period = 0;
  if (std::sscanf(quota.c_str(), "%lf %lf", &time, &period) == 2 && time > 0 && period > 0) return time / period;
  return std::numeric_limits<double>::infinity();
}

/// The smallest quota of the control groups that this process is in and of those around them; infinity if there is none.
/// `root` stands before every path.
inline double cpu_quota(const std::string& root = "") {
  const auto first_line = [](const std::string& path) {
    const auto lines = lines_of(path);
    return lines.empty() ? std::string() : lines.front();
  };
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& line : lines_of(root + "/proc/self/cgroup")) {  // "number:controllers:/path"; v2 names none
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || line.find('/', second) != second + 1) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool v2 = controllers.empty();
    if (!v2 && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    const std::string mount = root + "/sys/fs/cgroup" + (v2 ? "" : "/" + controllers);
    // From the group outwards. A container that has its own view of the groups finds its own at the mount itself.
    for (std::string group = line.substr(second + 1);; group.resize(group.rfind('/'))) {
      const std::string folder = mount + group + "/";
      least = std::min(least, processors_of_quota(v2 ? first_line(folder + "cpu.max")
                                                     : first_line(folder + "cpu.cfs_quota_us") + " " +
                                                           first_line(folder + "cpu.cfs_period_us")));
      if (group.empty()) break;
    }
  }
  return least;
}

}  // namespace neb::detail
