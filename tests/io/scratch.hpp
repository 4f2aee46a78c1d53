/// Files that a test makes, and the message of the error it expects.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"

namespace neb::test {

/// A new folder that vanishes with the object.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "neb-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(folder_); }

  std::string folder() const { return folder_.string(); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Makes file `name` with `content` in place, and returns its path.
  std::string put(const std::string& name, const std::string& content) const {
    std::filesystem::remove(path(name));  // ext4 flushes a file that is truncated and written anew: 3 ms
    std::ofstream(path(name), std::ios::binary).write(content.data(), std::ssize(content));
    return path(name);
  }

  std::size_t file_count() const {
    const auto end = std::filesystem::directory_iterator{};
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), end));
  }

 private:
  std::filesystem::path folder_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the FileError that `action` throws, "" when it throws none; other exceptions pass.
template <class Action>
std::string file_error_of(Action&& action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

/// The most bytes that tensors held while `action` ran, above what they held before.
template <class Action>
std::size_t tensor_bytes_of(Action&& action) {
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  action();
  return memory_stats().peak - before;
}

/// `text` with every occurrence of `part` taken out; messages are compared without the scratch path.
inline std::string without(std::string text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) text.erase(at, part.size());
  return text;
}

/// A number that hashes `seed` and `i`, for mutations that are the same in every run.
inline std::uint64_t hashed(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t x = seed * 0x9E3779B97F4A7C15 + i;  // splitmix64
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace neb::test
