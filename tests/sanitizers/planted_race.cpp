// Two threads write one number without a lock: what ThreadSanitizer must find, or its silence about the tests says nothing.
#include <cstdio>

#include <neb/core/parallel.hpp>

int main() {
  neb::set_threads(2);
  volatile long count = 0;
  neb::parallel_tasks(64, [&](neb::Index) {  // long tasks, so that the other thread comes before they are done
    for (int i = 0; i < 100000; ++i) count = count + 1;
  });
  std::printf("counted %ld of 6400000\n", count);
}
