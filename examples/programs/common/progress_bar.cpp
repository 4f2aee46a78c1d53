#include "common/progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "common/standard_streams.hpp"

namespace examples {

namespace {

bool draws_on_terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t terminal_width() {
  ::winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string rounded(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, value < 10 ? "%.1f" : "%.0f", value);
  return digits;
}

std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::min(seconds, 3.6e6) + 0.5);
  char text[32];
  if (whole < 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

}  // namespace

ProgressBar::ProgressBar(std::string task, std::string unit, bool quiet)
    : task_(std::move(task)),
      unit_(std::move(unit)),
      style_(quiet                 ? Style::nothing
             : draws_on_terminal() ? Style::bar
                                   : Style::lines),
      start_(Clock::now()),
      drawn_(start_) {}

ProgressBar::~ProgressBar() {
  if (visible_) std::fputs("\r\033[K", stderr);  // what the program prints next takes its place
}

void ProgressBar::update(double done, double count, const std::string& note) {
  if (style_ == Style::nothing) return;
  const auto now = Clock::now();
  if (first_done_ < 0) {
    start_ = now;
    first_done_ = done;
    first_count_ = count;
    drawn_done_ = done;
  }
  const std::chrono::duration<double> since = now - drawn_, elapsed = now - start_;
  if (style_ == Style::bar) {
    if (visible_ && since.count() < 0.1) return;
  } else {
    // A line for each tenth of the work, unless they would follow each other at once; and a sign of life.
    const bool next_tenth = std::floor(done * 10) > std::floor(drawn_done_ * 10);
    if (!(next_tenth && since.count() > 2) && since.count() < 30) return;
  }
  drawn_ = now;
  drawn_done_ = done;
  draw(line(elapsed.count(), done, count, note));
}

std::string ProgressBar::line(double elapsed, double done, double count, const std::string& note) const {
  std::string text = task_ + " ";
  if (style_ == Style::bar) {
    constexpr int cells = 30;
    const int full = static_cast<int>(std::clamp(done, 0.0, 1.0) * cells);
    text += '[';
    text.append(static_cast<std::size_t>(full), '#').append(static_cast<std::size_t>(cells - full), '.');
    text += "] ";
  }
  text += std::to_string(static_cast<int>(std::clamp(done, 0.0, 1.0) * 100)) + " %";
  const double advance = done - first_done_;
  if (elapsed > 0.5 && advance > 0) {
    text += ", " + rounded((count - first_count_) / elapsed) + " " + unit_ + "/s";
    text += ", " + duration(elapsed * (1 - done) / advance) + " left";
  }
  return note.empty() ? text : text + ", " + note;
}

void ProgressBar::draw(const std::string& text) {
  if (style_ == Style::lines) {
    std::printf("%s\n", text.c_str());
    flush_output();
    return;
  }
  visible_ = true;
  std::fprintf(stderr, "\r\033[K%s", text.substr(0, terminal_width() - 1).c_str());
}

}  // namespace examples
