/// What /proc says about other work, on texts that are made up.
#include "bench/other_work.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

using namespace bench;

namespace {

/// The text of /proc/stat with these times, in seconds of all cores.
std::string proc_stat(int user, int nice, int system, int idle, int waiting, int stolen) {
  const long ticks = sysconf(_SC_CLK_TCK);
  const auto field = [&](int seconds) { return " " + std::to_string(seconds * ticks); };
  return "cpu " + field(user) + field(nice) + field(system) + field(idle) + field(waiting) + " 0 0" + field(stolen) +
         " 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 17\n";
}

}  // namespace

TEST_CASE("cores that wait for devices are idle; time that other virtual machines steal is busy") {
  const CoreTime time = core_time(proc_stat(10, 20, 5, 100, 40, 3));
  CHECK(time.all == doctest::Approx(178));
  CHECK(time.busy == doctest::Approx(38));
}

TEST_CASE("what is not /proc/stat is refused") {
  CHECK_THROWS_WITH(core_time(""), "/proc/stat: does not start with the times of cpu");
  CHECK_THROWS(core_time("cpu 1 2 3"));
  CHECK_THROWS(core_time("cpu0 1 2 3 4 5 6 7 8 9 10"));
}

TEST_CASE("others are what is busy and not our own") {
  const CoreTime before = core_time(proc_stat(100, 0, 0, 100, 0, 0));
  // Ten seconds on two cores: one of them was ours, the other one had a process of lowest priority for half of the time.
  const CoreTime after = core_time(proc_stat(110, 5, 0, 105, 0, 0));
  CHECK(share_of_others(before, after, 10) == doctest::Approx(0.25));
  CHECK(share_of_others(before, after, 15) == doctest::Approx(0));
  CHECK(share_of_others(before, after, 16) == 0);  // clocks that disagree by a tick
  CHECK(share_of_others(before, before, 0) == 0);
  CHECK(share_of_others(before, core_time(proc_stat(100, 0, 0, 119, 0, 1)), 0) == doctest::Approx(0.05));
}

TEST_CASE("a process's time is found behind a name with spaces and brackets") {
  const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  CHECK(process_seconds("42 (a) b (c) R 1 42 42 0 -1 4194304 100 0 0 0 700 50 9 9 20 0 3 0 123") ==
        doctest::Approx(750 * tick));
  CHECK(process_seconds("") == 0);
}

TEST_CASE("a refusal says how busy the machine is, and how to report all the same") {
  const std::string text = Busy(0.37).what();
  CHECK(text.find("37 %") != std::string::npos);
  CHECK(text.find("--busy") != std::string::npos);
}

TEST_CASE("the watch does not count what we do ourselves") {
  Watch watch(own_cpu_seconds);
  volatile double sum = 0;
  const double begin = own_cpu_seconds();
  while (own_cpu_seconds() < begin + 0.3) sum = sum + 1;
  // Whatever else this machine does, it cannot do it on the core that this loop had.
  const double cores = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  CHECK(watch.share() < 1 - 0.3 / cores);
}
