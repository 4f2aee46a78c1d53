// The files of tests/hostile: each is refused with the message that tests/hostile/messages.txt gives it, in memory that
// its own size bounds. What may be generated (every truncation, every flipped byte) is in the tests of each format.
#include <doctest/doctest.h>

#include <neb/core/memory.hpp>
#include <neb/data/idx.hpp>
#include <neb/io/safetensors.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "io/packed.hpp"
#include "io/scratch.hpp"

namespace {

namespace fs = std::filesystem;

std::string message_of(const fs::path& path) {
  try {
    if (path.extension() == ".safetensors")
      neb::SafeTensors{path.string()};
    else
      neb::read_idx_images<float>(path.string());
  } catch (const neb::FileError& error) {
    // The path at the front is this machine's.
    const std::string text = error.what();
    CHECK(text.starts_with(path.string() + ": "));
    return text.substr(path.string().size() + 2);
  }
  return "accepted";
}

}  // namespace

TEST_CASE("hostile files: each is refused with its message, in memory bounded by its size") {
  const fs::path folder = fs::path(NEB_SOURCE_DIR) / "tests" / "hostile";
  std::map<std::string, std::string> expected;
  std::ifstream table(folder / "messages.txt");
  for (std::string line; std::getline(table, line);) {
    const auto tab = line.find('\t');
    REQUIRE(tab != std::string::npos);
    expected[line.substr(0, tab)] = line.substr(tab + 1);
  }
  CHECK(expected.size() >= 25);
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "messages.txt") continue;
    ++files;
    CAPTURE(name);
#if !defined(NEB_HAVE_ZLIB)
    if (name.ends_with(".gz")) continue;
#endif
    neb::reset_peak_memory();
    const auto before = neb::memory_stats().live;
    CHECK(message_of(entry.path()) == expected[name]);
    CHECK(neb::memory_stats().peak - before <= 64 * fs::file_size(entry.path()) + 4096);
  }
  CHECK(files == expected.size());
}

TEST_CASE("hostile files: what people get in the place of data is named") {
  const neb::test::Scratch scratch;
  for (const std::string name : {"a.safetensors", "a.idx"}) {
    const auto message = [&](const std::string& bytes) { return message_of(scratch.put(name, bytes)); };
    CHECK(message("\n<!DOCTYPE html><html><body>404</body></html>")
              .ends_with(", but it begins like a web page: the download gave an answer, not the file"));
    CHECK(message("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
              .ends_with(", but it is a pointer of Git LFS, which `git lfs pull` replaces by the file"));
    CHECK(message("PK\x03\x04" + std::string(60, '\x01')).find(", but it is a zip archive") != std::string::npos);
#if defined(NEB_HAVE_ZLIB)
    const std::string packed = neb::test::gzipped("data");
    CHECK(message(name == "a.idx" ? neb::test::gzipped(packed) : packed)
              .ends_with(", but it is gzip-compressed: gunzip it"));
#endif
  }
}
