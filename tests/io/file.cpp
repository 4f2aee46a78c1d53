#include "neb/io/file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "io/scratch.hpp"

using namespace neb;
using neb::test::content_of;
using neb::test::file_error_of;
using neb::test::Scratch;

namespace {

std::string read_text(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Makes every write of this process fail beyond `bytes` of a file, while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit lower{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &lower);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("file: a descriptor is closed with its owner, number 0 as well") {
  const int standard_input = ::dup(0);
  ::close(0);
  {
    const detail::Descriptor owner(::open("/dev/null", O_RDONLY));
    CHECK(owner.number() == 0);
    CHECK(owner.is_open());
  }
  CHECK(::fcntl(0, F_GETFD) == -1);
  if (standard_input >= 0) ::dup2(standard_input, 0);
  ::close(standard_input);
}

TEST_CASE("file: what was written is read again") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  for (const std::string& text : {std::string(), std::string("one"), std::string(300'000, 'x')}) {
    write_file(path, text);
    CHECK(read_text(path) == text);
    CHECK(scratch.file_count() == 1);
  }
}

TEST_CASE("file: several parts become one file") {
  const Scratch scratch;
  const std::string_view a = "left ", b = "", c = "right";
  const std::array<ByteSpan, 3> parts{std::as_bytes(std::span(a)), std::as_bytes(std::span(b)),
                                      std::as_bytes(std::span(c))};
  write_file(scratch.path("a"), parts);
  CHECK(content_of(scratch.path("a")) == "left right");
}

TEST_CASE("file: a file without a folder in its name goes into the current one") {
  const Scratch scratch;
  const auto old = std::filesystem::current_path();
  std::filesystem::current_path(scratch.folder());
  write_file("plain", "text");
  std::filesystem::current_path(old);
  CHECK(content_of(scratch.path("plain")) == "text");
}

TEST_CASE("file: a new file has the permissions that the umask leaves") {
  const Scratch scratch;
  const mode_t mask = ::umask(027);
  write_file(scratch.path("a"), "text");
  ::umask(mask);
  struct ::stat status {};
  REQUIRE(::stat(scratch.path("a").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("file: what cannot be read is an error that names the path and the reason") {
  const Scratch scratch;
  const auto error = [&](const std::string& name) {
    return neb::test::without(file_error_of([&] { read_file(scratch.path(name)); }), scratch.folder() + "/");
  };
  CHECK(error("missing") == "missing: cannot be opened: No such file or directory");
  std::filesystem::create_directory(scratch.path("folder"));
  CHECK(error("folder") == "folder: is a directory, expected a file");
  REQUIRE(::mkfifo(scratch.path("fifo").c_str(), 0600) == 0);
  CHECK(error("fifo") == "fifo: is not a regular file");
  CHECK(file_error_of([] { read_file("/dev/zero"); }) == "/dev/zero: is not a regular file");
  CHECK(file_error_of([] { read_file(""); }) == ": cannot be opened: No such file or directory");
  if (::geteuid() != 0) {  // root reads everything
    scratch.put("secret", "x");
    ::chmod(scratch.path("secret").c_str(), 0);
    CHECK(error("secret") == "secret: cannot be opened: Permission denied");
  }
}

TEST_CASE("file: reading past the end is an error") {
  const Scratch scratch;
  const InputFile file(scratch.put("a", "12345"));
  std::array<std::byte, 4> bytes{};
  file.read_at(1, bytes);
  CHECK(bytes[3] == std::byte{'5'});
  CHECK(file_error_of([&] { file.read_at(3, bytes); }).ends_with("/a: offset 5: the file ends, expected 2 more bytes"));
}

TEST_CASE("file: only regular files are replaced") {
  const Scratch scratch;
  const auto error = [](const std::string& path) { return file_error_of([&] { write_file(path, "text"); }); };
  std::filesystem::create_directory(scratch.path("folder"));
  CHECK(error(scratch.path("folder")).ends_with("/folder: cannot be written: is a directory"));
  CHECK(error(scratch.path("folder/")).ends_with("/folder/: cannot be written: is a directory"));
  CHECK(error("/dev/null") == "/dev/null: cannot be written: is not a regular file");
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK(scratch.file_count() == 1);
}

TEST_CASE("file: a folder that is missing or not writable is an error") {
  const Scratch scratch;
  const auto error = [](const std::string& path) { return file_error_of([&] { write_file(path, "text"); }); };
  CHECK(error(scratch.path("no/a")).ends_with("/no/a: cannot be written: No such file or directory"));
  scratch.put("file", "");
  CHECK(error(scratch.path("file/a")).ends_with("/file/a: cannot be written: Not a directory"));
  CHECK(error("/proc/neb-test").starts_with("/proc/neb-test: cannot be written: "));
  if (::geteuid() != 0) {
    ::chmod(scratch.folder().c_str(), 0500);
    CHECK(error(scratch.path("a")).ends_with("/a: cannot be written: Permission denied"));
    ::chmod(scratch.folder().c_str(), 0700);
  }
}

TEST_CASE("file: a write that fails half-way leaves the old content and nothing else") {
  const Scratch scratch;
  const std::string path = scratch.put("a", "old");
  for (const rlim_t limit : {rlim_t{0}, rlim_t{1}, rlim_t{4096}, rlim_t{99'999}}) {
    const FileSizeLimit full(limit);
    CHECK(file_error_of([&] {
            write_file(path, std::string(100'000, 'x'));
          }).ends_with("/a: cannot be written: File too large"));
  }
  CHECK(content_of(path) == "old");
  CHECK(scratch.file_count() == 1);
  write_file(path, "new");
  CHECK(content_of(path) == "new");
}

TEST_CASE("file: leftovers of a killed process are stepped over") {
  const Scratch scratch;
  const std::string leftover = scratch.put("a.tmp-" + std::to_string(::getpid()) + "-0", "half");
  write_file(scratch.path("a"), "whole");
  CHECK(content_of(scratch.path("a")) == "whole");
  CHECK(content_of(leftover) == "half");
  CHECK(scratch.file_count() == 2);
}

TEST_CASE("file: writers of one target at a time do not meet") {
  const Scratch scratch;
  {
    const detail::TemporaryFile first(scratch.path("a"));
    const detail::TemporaryFile second(scratch.path("a"));
    CHECK(scratch.file_count() == 2);
  }
  CHECK(scratch.file_count() == 0);
}

TEST_CASE("file: leftovers that are older than an hour are removed, and only those of this file") {
  const Scratch scratch;
  const ::timespec old[2] = {{1000, 0}, {1000, 0}};
  for (const char* name : {"a.tmp-1-0", "a.tmp-1-1", "b.tmp-1-0", "a.tmpx"})
    REQUIRE(::utimensat(AT_FDCWD, scratch.put(name, "half").c_str(), old, 0) == 0);
  scratch.put("a.tmp-2-0", "of a writer that is still at it");
  write_file(scratch.path("a"), "whole");
  CHECK(!std::filesystem::exists(scratch.path("a.tmp-1-0")));
  CHECK(!std::filesystem::exists(scratch.path("a.tmp-1-1")));
  CHECK(scratch.file_count() == 4);
}

TEST_CASE("file: who could read the old content can read the new, and nobody else") {
  const Scratch scratch;
  const std::string path = scratch.put("a", "old");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  write_file(path, "new");
  struct ::stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("file: whether a path can be written is known beforehand, and leaves no trace") {
  const Scratch scratch;
  check_writable(scratch.path("a"));
  check_writable(scratch.put("b", "old"));
  CHECK(test::content_of(scratch.path("b")) == "old");
  CHECK(scratch.file_count() == 1);
  CHECK(file_error_of([&] {
          check_writable(scratch.path("no/a"));
        }).ends_with("cannot be written: No such file or directory"));
  CHECK(file_error_of([&] { check_writable(scratch.folder()); }).ends_with("cannot be written: is a directory"));
}

TEST_CASE("file: of two writers at once one wins whole") {
  const Scratch scratch;
  const std::string path = scratch.path("a"), ones(50'000, '1'), twos(50'000, '2');
  const auto write_often = [&](const std::string& text) {
    for (int i = 0; i < 10; ++i) write_file(path, text);
  };
  std::thread other(write_often, ones);
  write_often(twos);
  other.join();
  const std::string content = content_of(path);
  CHECK((content == ones || content == twos));
  CHECK(scratch.file_count() == 1);
}
