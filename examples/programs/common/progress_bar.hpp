/// How far a long computation is: a bar on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <string>

#include <neb/core/progress.hpp>

namespace examples {

/// Draws on stderr when that is a terminal, prints plain lines to stdout otherwise, and nothing at all when quiet.
class ProgressBar {
 public:
  /// `unit` is what is counted ("images", "steps").
  ProgressBar(std::string task, std::string unit, bool quiet);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  /// `done` is the part of all the work, in [0, 1], and `count` what was counted up to now; the first call sets where this
  /// run started. Cheap enough to be called every millisecond.
  void update(double done, double count, const std::string& note = "");

  /// The same as a callback of neb's long computations, which take std::ref(bar); never stops one.
  bool operator()(const neb::Progress& progress) {
    update(progress.done, static_cast<double>(progress.count));
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string line(double elapsed, double done, double count, const std::string& note) const;
  void draw(const std::string& text);

  enum class Style { bar, lines, nothing };
  std::string task_, unit_;
  Style style_;
  Clock::time_point start_, drawn_;
  double first_done_ = -1, first_count_ = 0;  // below zero until the first update
  double drawn_done_ = 0;
  bool visible_ = false;
};

}  // namespace examples
