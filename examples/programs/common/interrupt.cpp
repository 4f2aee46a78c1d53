#include "common/interrupt.hpp"

#include <csignal>

namespace examples {

namespace {

volatile std::sig_atomic_t received = 0;

void remember(int number) {
  received = number;
  // Whoever asks again means it.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

/// A signal that the parent told us to ignore (nohup, a job in the background of a script) stays ignored.
void replace(int number, void (*handler)(int)) {
  if (std::signal(number, handler) == SIG_IGN) std::signal(number, SIG_IGN);
}

}  // namespace

Interrupt::Interrupt() {
  received = 0;
  replace(SIGINT, remember);
  replace(SIGTERM, remember);
}

Interrupt::~Interrupt() {
  replace(SIGINT, SIG_DFL);
  replace(SIGTERM, SIG_DFL);
}

int Interrupt::signal() const { return received; }

}  // namespace examples
