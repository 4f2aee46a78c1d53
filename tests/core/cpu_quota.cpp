#include <doctest/doctest.h>

#include "neb/core/parallel.hpp"

#if defined(_OPENMP)
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "neb/core/cpu_quota.hpp"

using namespace neb::detail;

namespace {

constexpr double none = std::numeric_limits<double>::infinity();

/// A folder with files as a system has them, for as long as it lives.
class System {
 public:
  explicit System(const std::string& groups) { write("/proc/self/cgroup", groups); }
  ~System() { std::filesystem::remove_all(root); }
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }
  double quota() const { return cpu_quota(root); }

 private:
  std::string root = (std::filesystem::temp_directory_path() / ("neb_quota_" + std::to_string(::getpid()))).string();
};

}  // namespace

TEST_CASE("a quota is time over period, and what sets no limit is none") {
  CHECK(processors_of_quota("150000 100000") == 1.5);
  CHECK(processors_of_quota("50000 100000") == 0.5);
  CHECK(processors_of_quota("max 100000") == none);
  CHECK(processors_of_quota("-1 100000") == none);
  for (const char* text : {"", " ", "100000", "0 100000", "100000 0", "no numbers"}) {
    CAPTURE(text);
    CHECK(processors_of_quota(text) == none);
  }
}

TEST_CASE("without control groups there is no quota") {
  CHECK(cpu_quota("/no/such/folder") == none);
  CHECK(System("").quota() == none);
  CHECK(System("0::/\n").quota() == none);
  CHECK(System("nonsense\n1:cpu\n2:cpu:\n::\n").quota() == none);
}

TEST_CASE("in cgroup v2 the smallest quota on the way outwards holds") {
  System system("0::/user/job\n");
  system.write("/sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
  CHECK(system.quota() == none);
  system.write("/sys/fs/cgroup/user/cpu.max", "300000 100000\n");
  CHECK(system.quota() == 3);
  system.write("/sys/fs/cgroup/user/job/cpu.max", "250000 100000\n");
  CHECK(system.quota() == 2.5);
}

TEST_CASE("in a container with its own view of cgroup v2 the quota stands at the mount") {
  System system("0::/\n");
  system.write("/sys/fs/cgroup/cpu.max", "100000 100000\n");
  CHECK(system.quota() == 1);
}

TEST_CASE("in cgroup v1 the group of the cpu controller decides, whatever others share its mount") {
  System system("5:memory:/box\n4:cpu,cpuacct:/box\n3:cpuset:/box\n0::/\n");
  system.write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
  system.write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  system.write("/sys/fs/cgroup/cpuset/box/cpu.cfs_quota_us", "1\n");
  system.write("/sys/fs/cgroup/cpuset/box/cpu.cfs_period_us", "100000\n");
  CHECK(system.quota() == none);
  system.write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "150000\n");
  CHECK(system.quota() == 1.5);
}

TEST_CASE("Docker's cgroup v1 names the host's group, and the quota stands at the mount") {
  System system("4:cpu,cpuacct:/docker/0123456789ab\n");
  system.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
  system.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  CHECK(system.quota() == 2);
}
#endif
