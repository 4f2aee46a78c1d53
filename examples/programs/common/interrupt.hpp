/// Ctrl-C as a question that a loop asks, so that it can save its work first.
#pragma once

namespace examples {

/// While one of these exists, the first SIGINT, SIGTERM or SIGHUP only makes signal() tell its number; another one kills, also
/// afterwards, unless it comes within a second or two.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  /// The signal that came, or 0.
  int signal() const;
};

}  // namespace examples
