/// A worker for tests of the conversation: WORK is nap, skip, throw, babble, or die (in its first turn).
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "bench/worker.hpp"

int main(int argc, char** argv) {
  return bench::run_worker(argc, argv, "WORK SECONDS", [](const bench::Arguments& arguments) {
    if (arguments[0] == "skip") throw bench::NotForThis("not on Fridays");
    if (arguments[0] == "throw") throw std::runtime_error("the result is wrong");
    if (arguments[0] == "babble") std::puts("good morning");
    if (arguments[0] == "die") return bench::Work{"dying", [] { _exit(0); }};
    const std::chrono::duration<double> nap(std::stod(arguments[1]));
    return bench::Work{"napping", [nap] { std::this_thread::sleep_for(nap); }};
  });
}
