#include "common/sha256.hpp"

#include <cstdio>
#include <stdexcept>

#include "common/program.hpp"

namespace examples {

std::string sha256_of(const std::string& path) {
  // From stdin: for an odd file name, sha256sum would escape it and begin the line with a backslash.
  std::FILE* const pipe = ::popen(("sha256sum < " + shell_word(path)).c_str(), "r");
  char digits[65] = "";
  const bool read = pipe != nullptr && std::fgets(digits, sizeof digits, pipe) != nullptr;
  const bool ended = pipe != nullptr && ::pclose(pipe) == 0;
  const std::string sum = digits;
  if (!read || !ended || sum.size() != 64 || sum.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw std::runtime_error(path + ": sha256sum gives no sum of it");
  return sum;
}

}  // namespace examples
