// Two tasks write one number without a lock: what ThreadSanitizer must find, or its silence about the tests says nothing.
#include <cstdio>

#include <neb/core/parallel.hpp>

int main() {
  neb::set_threads(2);
  long count = 0;
  neb::parallel_tasks(1000, [&](neb::Index) { ++count; });
  std::printf("counted %ld of 1000\n", count);
}
