/// Prints the resident memory, in MB, of a process that takes five steps of one work of deen_step: THREADS CASE WORK.
#include <cstdio>
#include <cstdlib>

#include "deen_work.hpp"
#include "measure.hpp"

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  neb::set_threads(std::atoi(argv[1]));
  const auto step = bench::neb_work(bench::cases.at(static_cast<std::size_t>(std::atoi(argv[2]))), std::atoi(argv[3]));
  for (int i = 0; i < 5; ++i) step();
  std::printf("%.1f\n", bench::peak_rss_mb());
}
