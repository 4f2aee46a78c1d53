/// A worker (worker.hpp): multiply_add(), so that the peak is measured in the same rounds as what is held against it.
#include <string>

#include "peak.hpp"
#include "worker.hpp"

int main(int argc, char** argv) {
  return bench::run_worker(argc, argv, "THREADS", [](const bench::Arguments& arguments) {
    const int threads = std::stoi(arguments[0]);
    bench::multiply_add(threads);
    return bench::Work{"multiply-adds", [threads] { bench::multiply_add(threads); }};
  });
}
