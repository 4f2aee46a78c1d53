#include "common/interrupt.hpp"

#include <csignal>
#include <ctime>

namespace examples {

namespace {

constexpr int handled[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t received = 0;
volatile std::time_t received_at = 0;

std::time_t seconds_now() {
  ::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

void remember(int number) {
  if (received == 0) {
    received_at = seconds_now();
    received = number;
  } else if (seconds_now() - received_at > 1) {
    // Whoever asks again means it. Keys and terminals that repeat a signal within a moment do not.
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

/// A signal that the parent told us to ignore (nohup, a job in the background of a script) stays ignored.
void replace(int number, void (*handler)(int)) {
  if (std::signal(number, handler) == SIG_IGN) std::signal(number, SIG_IGN);
}

}  // namespace

Interrupt::Interrupt() {
  received = 0;
  for (const int number : handled) replace(number, remember);
}

Interrupt::~Interrupt() {
  // A program that was stopped ends now, and a signal that is repeated must not take its exit code.
  if (received != 0) return;
  for (const int number : handled) replace(number, SIG_DFL);
}

int Interrupt::signal() const { return received; }

}  // namespace examples
