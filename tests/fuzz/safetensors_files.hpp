/// Inputs that are safetensors files.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

#include "fuzz.hpp"
#include "io/safetensors_bytes.hpp"

namespace neb::fuzz {

/// The file that `write(path)` writes.
inline std::string written_file(const std::function<void(const std::string&)>& write) {
  const Folder folder;
  write(folder.path("file"));
  return content_of(folder.path("file"));
}

/// Gives a mutated file the length of its header, which ends where the bracket that opens it is closed, and the data that the
/// largest number behind a "data_offsets" asks for, if that is not much.
inline void mend_safetensors(std::string& file) {
  if (file.size() < 9) return;
  std::size_t end = 8, depth = 0;
  bool quoted = false;
  for (; end < file.size(); ++end) {
    const char letter = file[end];
    if (quoted && letter == '\\')
      ++end;
    else if (letter == '"')
      quoted = !quoted;
    else if (!quoted && letter == '{')
      ++depth;
    else if (!quoted && letter == '}' && --depth == 0)
      break;
  }
  if (end >= file.size()) return;
  ++end;
  while (end < file.size() && file[end] == ' ') ++end;
  file.replace(0, 8, test::length_bytes(end - 8));
  std::uint64_t size = 0;
  const std::string key = "data_offsets\":[";
  for (std::size_t at = file.find(key); at < end; at = file.find(key, at)) {
    at += key.size();
    std::uint64_t number = 0;
    for (; at < end && file[at] != ']'; ++at) {
      const bool digit = file[at] >= '0' && file[at] <= '9';
      number = digit ? number % 100'000 * 10 + static_cast<std::uint64_t>(file[at] - '0') : 0;
      size = std::max(size, number);
    }
  }
  if (size <= 4096) file.resize(end + size, '\1');
}

}  // namespace neb::fuzz
