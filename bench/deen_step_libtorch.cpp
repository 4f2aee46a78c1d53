/// The same as deen_step_neb with libtorch: THREADS CASE WORK CHANNELS_LAST.
#include <cstdio>
#include <cstdlib>

#include "deen_work.hpp"
#include "libtorch.hpp"
#include "measure.hpp"

int main(int argc, char** argv) {
  if (argc < 5 || !libtorch::available) return 2;
  libtorch::set_threads(std::atoi(argv[1]));
  const bench::Case& c = bench::cases.at(static_cast<std::size_t>(std::atoi(argv[2])));
  const int what = std::atoi(argv[3]);
  const libtorch::Work work = libtorch::network(c.channels, bench::images(c, what), std::atoi(argv[4]) != 0);
  const auto& step = what == 0 ? work.deen_step : (what == 1 ? work.score : work.walk_step);
  for (int i = 0; i < 5; ++i) step();
  std::printf("%.1f\n", bench::peak_rss_mb());
}
