/// What the fuzz targets share: a target tries one input, and whatever is wrong with it ends the process, as libFuzzer wants it.
///
/// Beside what the sanitizers see, every input is held to a second of processor time and to its own size and 16 MB of memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/io/file.hpp"

namespace neb::fuzz {

/// One program to fuzz; each target's file defines `target`.
struct Target {
  void (*try_input)(ByteSpan input);
  std::vector<std::string> (*seeds)();              ///< inputs to begin with, made by the code that is tested
  void (*mend)(std::string& input) = [](auto&) {};  ///< makes what hangs together fit again after most mutations
};
extern const Target target;

/// Ends the process with `what` unless it holds.
void require(bool holds, const char* what);

/// Ends the process unless a message is UTF-8 of at most 2 000 bytes without control characters.
void check_message(std::string_view message);

/// Whether `action` throws a FileError, whose message is then checked. Anything else that is thrown ends the process.
template <class Action>
bool refuses(Action&& action) {
  try {
    action();
  } catch (const FileError& error) {
    check_message(error.what());
    return true;
  }
  return false;
}

/// A file in memory that holds an input.
class MemoryFile {
 public:
  explicit MemoryFile(ByteSpan content);

  /// Where it may be opened, until the next one is made.
  const std::string& path() const;
};

/// A folder that vanishes with the object, in memory where the system has such a place.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

inline std::string text_of(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline ByteSpan bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

/// All of a file.
inline std::string content_of(const std::string& path) { return text_of(read_file(path)); }

}  // namespace neb::fuzz
