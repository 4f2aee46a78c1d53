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

}  // namespace examples::paper
