#include "worker.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace bench {

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void take_turn(const std::function<void()>& call, double seconds) {
  std::vector<double> times;
  const double begin = now();
  do {
    const double before = now();
    call();
    times.push_back(now() - before);
  } while (now() - begin + times.back() / 2 < seconds);
  std::sort(times.begin(), times.end());
  std::printf("%.9g %.9g %zu\n", times[times.size() / 2], times[0], times.size());
  std::fflush(stdout);
}

double peak_resident_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int run_worker(int argc, char** argv, const std::string& usage, const std::function<Work(const Arguments&)>& prepare) {
  if (argc - 2 != std::count(usage.begin(), usage.end(), ' ')) {
    std::fprintf(stderr, "usage: %s %s\nA worker of the benchmarks: worker.hpp says how they talk to it.\n", argv[0],
                 usage.c_str());
    return 2;
  }
  try {
    const Work work = prepare(Arguments(argv + 1, argv + argc));
    std::printf("ready %s\n", work.facts.c_str());
    std::fflush(stdout);
    char line[64];
    while (std::fgets(line, sizeof line, stdin)) take_turn(work.call, std::atof(line));
    std::printf("%.1f\n", peak_resident_mb());
    return 0;
  } catch (const NotForThis& reason) {
    std::printf("skip %s\n", reason.what());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 2;
  }
}

std::vector<long> numbers(const std::string& list) {
  std::vector<long> result;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    result.push_back(std::stol(list.substr(begin, end - begin)));
    begin = end + 1;
  }
  return result;
}

}  // namespace bench
