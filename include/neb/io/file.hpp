/// Reading regular files, and replacing them atomically, over POSIX calls.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"

namespace neb {

/// Bytes that somebody else owns.
using ByteSpan = std::span<const std::byte>;

/// The error `PATH: what`.
inline FileError file_error(const std::string& path, const std::string& what) { return FileError{path + ": " + what}; }

/// The error `PATH: offset N: what`.
inline FileError file_error(const std::string& path, std::uint64_t offset, const std::string& what) {
  return file_error(path, "offset " + std::to_string(offset) + ": " + what);
}

namespace detail {

/// The error `PATH: what: the system's reason`.
inline FileError errno_error(const std::string& path, const std::string& what, int code = errno) {
  return file_error(path, what + ": " + std::generic_category().message(code));
}

/// Repeats a system call until no signal interrupts it.
template <class Call>
auto retry_interrupted(Call&& call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

  /// Whether the system accepted all that was written; an interrupted close has closed on Linux.
  bool close() { return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR; }

 private:
  int number_;
};

/// A new file beside `target` that either takes its place or vanishes.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target) : target_(target), descriptor_(-1) {
    remove_leftovers();
    // In containers every process may have the same number, so the time stands in the name as well; threads may see the same
    // time, so writers are counted. O_EXCL makes the file ours.
    static std::atomic<unsigned> writers = 0;
    ::timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    name_ = target + infix + std::to_string(::getpid()) + "-" + std::to_string(now.tv_sec) +
            std::to_string(now.tv_nsec) + "-" + std::to_string(writers++);
    descriptor_ = Descriptor(
        retry_interrupted([&] { return ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }));
    if (!descriptor_.is_open()) throw errno_error(target, "cannot be written");
    keep_mode();
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  void append(ByteSpan bytes) {
    while (!bytes.empty()) {
      const auto count = retry_interrupted([&] { return ::write(descriptor_.number(), bytes.data(), bytes.size()); });
      if (count < 0) throw errno_error(target_, "cannot be written");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  /// Renames to the target once the content is on the disk, so that a crash leaves the old file or the new one.
  void take_place() {
    if (retry_interrupted([&] { return ::fsync(descriptor_.number()); }) != 0 || !descriptor_.close())
      throw errno_error(target_, "cannot be written");
    if (::rename(name_.c_str(), target_.c_str()) != 0) throw errno_error(target_, "cannot be replaced");
    name_.clear();
    sync_directory();
  }

 private:
  static constexpr const char* infix = ".tmp-";

  std::string directory() const {
    const std::size_t slash = target_.rfind('/');
    return slash == std::string::npos ? "." : target_.substr(0, slash + 1);
  }

  /// Who may read the file that is there may read the one that takes its place.
  void keep_mode() const {
    struct ::stat status {};
    if (::stat(target_.c_str(), &status) == 0)
      static_cast<void>(::fchmod(descriptor_.number(), status.st_mode & 0777));  // not ours to change: the usual mode
  }

  /// Removes what writers of this target left when they were killed, more than an hour ago: no write lasts that long.
  void remove_leftovers() const {
    const std::string folder = directory();
    const std::string stem = target_.substr(target_.rfind('/') + 1) + infix;
    const std::unique_ptr<::DIR, int (*)(::DIR*)> listing(::opendir(folder.c_str()), ::closedir);
    if (!listing) return;
    const std::time_t now = std::time(nullptr);
    while (const ::dirent* const entry = ::readdir(listing.get())) {
      if (!std::string_view(entry->d_name).starts_with(stem)) continue;
      const std::string path = folder + "/" + entry->d_name;
      struct ::stat status {};
      if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && now - status.st_mtime > 3600)
        ::unlink(path.c_str());
    }
  }

  void sync_directory() const {
    // A directory that may be written but not read, or a file system without fsync on it, cannot do better.
    const Descriptor opened(::open(directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return;
    if (retry_interrupted([&] { return ::fsync(opened.number()); }) != 0 && errno != EINVAL)
      throw errno_error(target_, "was replaced, but its directory cannot be synchronised");
  }

  std::string target_;
  std::string name_;  // empty once it has its place
  Descriptor descriptor_;
};

/// Throws FileError when something stands at `path` that is no file: rename() would replace /dev/null as readily.
inline void check_replaceable(const std::string& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    throw file_error(path, S_ISDIR(status.st_mode) ? "cannot be written: is a directory"
                                                   : "cannot be written: is not a regular file");
}

}  // namespace detail

/// A regular file opened for reading; its size is the one it had then.
class InputFile {
 public:
  /// Throws FileError when `path` is missing, not readable, or not a regular file.
  explicit InputFile(std::string path)
      : path_(std::move(path)),
        // O_NONBLOCK: opening a FIFO must fail below, not wait for a writer.
        descriptor_(
            detail::retry_interrupted([&] { return ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); })) {
    if (!descriptor_.is_open()) throw detail::errno_error(path_, "cannot be opened");
    struct ::stat status {};
    if (::fstat(descriptor_.number(), &status) != 0) throw detail::errno_error(path_, "cannot be read");
    if (S_ISDIR(status.st_mode)) throw file_error(path_, "is a directory, expected a file");
    if (!S_ISREG(status.st_mode)) throw file_error(path_, "is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  /// The path that the file was opened by.
  const std::string& path() const { return path_; }
  /// Length in bytes, when the file was opened.
  std::uint64_t size() const { return size_; }

  /// Fills `into` from `offset` on. Throws FileError when the file ends before.
  void read_at(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
      const auto count = detail::retry_interrupted(
          [&] { return ::pread(descriptor_.number(), into.data(), into.size(), static_cast<off_t>(offset)); });
      if (count < 0) throw detail::errno_error(path_, "cannot be read");
      if (count == 0) {
        throw file_error(path_, offset, "the file ends, expected " + std::to_string(into.size()) + " more bytes");
      }
      into = into.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
  }

 private:
  std::string path_;
  detail::Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

/// All bytes of a regular file. Throws FileError.
inline std::vector<std::byte> read_file(const std::string& path) {
  const InputFile file(path);
  std::vector<std::byte> bytes(memory_size(static_cast<Index>(file.size())));
  file.read_at(0, bytes);
  return bytes;
}

/// Makes `path` a file that holds `parts` one after the other, atomically: at any moment, and after a failure or a
/// crash, the old content or the whole new one is there. A symbolic link is replaced. Throws FileError.
inline void write_file(const std::string& path, std::span<const ByteSpan> parts) {
  detail::check_replaceable(path);
  detail::TemporaryFile file(path);
  for (const ByteSpan part : parts) file.append(part);
  file.take_place();
}

/// The same for one run of bytes.
inline void write_file(const std::string& path, ByteSpan bytes) {
  write_file(path, std::span<const ByteSpan>(&bytes, 1));
}

/// The same for text.
inline void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

/// Throws FileError when write_file() could not write `path` now, and leaves no trace: for what is written after long work.
inline void check_writable(const std::string& path) {
  detail::check_replaceable(path);
  const detail::TemporaryFile file(path);
}

}  // namespace neb
