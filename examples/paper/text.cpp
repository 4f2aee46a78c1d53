#include "paper/text.hpp"

#include <cstdarg>
#include <cstdio>

namespace examples::paper {

std::string text(const char* format, ...) {
  char line[256];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

std::string list_text(const char* format, const std::vector<double>& values) {
  std::string all;
  for (const double value : values) {
    char number[32];
    std::snprintf(number, sizeof number, format, value);
    all += (all.empty() ? "" : ", ") + std::string(number);
  }
  return all;
}

}  // namespace examples::paper
