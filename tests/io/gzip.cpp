#include "neb/io/gzip.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "io/packed.hpp"
#include "io/scratch.hpp"

using namespace neb;
using neb::test::file_error_of;
using neb::test::Scratch;

namespace {

/// Reads exactly `count` bytes and checks that they are all.
std::string read_all(const std::string& path, std::size_t count) {
  ByteStream stream(path);
  std::string text(count, '\0');
  stream.read(std::as_writable_bytes(std::span(text)), "the text");
  stream.expect_end();
  return text;
}

}  // namespace

TEST_CASE("gzip: a plain file is read as it is") {
  const Scratch scratch;
  for (const std::string& text : {std::string(), std::string("\x1F"), std::string("plain text")}) {
    CHECK(read_all(scratch.put("a", text), text.size()) == text);
    CHECK_FALSE(ByteStream(scratch.path("a")).compressed());
    CHECK(ByteStream(scratch.path("a")).max_size() == text.size());
  }
}

TEST_CASE("gzip: a plain file of another length is an error") {
  const Scratch scratch;
  const std::string path = scratch.put("a", "12345");
  CHECK(file_error_of([&] {
          read_all(path, 6);
        }).ends_with("/a: offset 5: the file ends inside the text, expected 1 more bytes"));
  CHECK(file_error_of([&] {
          read_all(path, 4);
        }).ends_with("/a: offset 4: expected the end of the data, got more bytes"));
}

#if defined(NEB_HAVE_ZLIB)

TEST_CASE("gzip: a compressed file is unpacked, whatever its name") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(test::hashed(1, static_cast<std::uint64_t>(i)) % 977);
  for (const std::string& content : {std::string(), std::string("short"), std::string(1'000'000, '\0'), text}) {
    const std::string packed = test::gzipped(content);
    CHECK(read_all(scratch.put("a", packed), content.size()) == content);
    CHECK(content.size() <= ByteStream(scratch.path("a")).max_size());
    CHECK(ByteStream(scratch.path("a")).compressed());
  }
}

TEST_CASE("gzip: a compressed file of another length is an error") {
  const Scratch scratch;
  const std::string path = scratch.put("a", test::gzipped("12345"));
  CHECK(file_error_of([&] {
          read_all(path, 6);
        }).ends_with("/a: offset 5 (unpacked): the file ends inside the text, expected 1 more bytes"));
  CHECK(file_error_of([&] {
          read_all(path, 4);
        }).ends_with("/a: offset 4 (unpacked): expected the end of the data, got more bytes"));
}

TEST_CASE("gzip: every truncation is an error") {
  const Scratch scratch;
  const std::string packed = test::gzipped("a text of some length, a text of some length");
  for (std::size_t length = 2; length < packed.size(); ++length) {
    CAPTURE(length);
    const std::string path = scratch.put("a", packed.substr(0, length));
    CHECK(file_error_of([&] {
            read_all(path, 44);
          }).ends_with("/a: offset " + std::to_string(length) + ": gzip: the file ends inside the compressed data"));
  }
}

TEST_CASE("gzip: several members are one text, and zeros may follow them, as gzip itself reads it") {
  const Scratch scratch;
  const std::string one = test::gzipped("a te"), two = test::gzipped("xt");
  for (const std::string& content : {one + two, one + test::gzipped("") + two, one + two + std::string(1000, '\0')})
    CHECK(read_all(scratch.put("a", content), 6) == "a text");
}

TEST_CASE("gzip: what unpacks to hundreds of times its size is refused before it fills the memory") {
  const Scratch scratch;
  const std::string path = scratch.put("a", test::gzipped(std::string(100'000'000, '\0')));
  CHECK(file_error_of([&] { read_all(path, 100'000'000); })
            .ends_with("gzip: unpacks to more than 200 times its size, as no pictures do; gunzip the file first if it "
                       "is meant to"));
}

TEST_CASE("gzip: damage is an error that names the offset") {
  const Scratch scratch;
  const std::string packed = test::gzipped("a text");
  const auto error = [&](std::string content) {
    const std::string path = scratch.put("a", content);
    return test::without(file_error_of([&] { read_all(path, 6); }), scratch.folder() + "/");
  };
  const auto flipped = [&](std::size_t at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    return damaged;
  };
  CHECK(error(flipped(2)) == "a: offset 4: gzip: unknown compression method");
  CHECK(error(flipped(packed.size() - 8)) ==
        "a: offset " + std::to_string(packed.size() - 4) + ": gzip: incorrect data check");
  CHECK(error(flipped(packed.size() - 1)) ==
        "a: offset " + std::to_string(packed.size()) + ": gzip: incorrect length check");
  CHECK(error(packed + "xyz") ==
        "a: offset " + std::to_string(packed.size()) + ": gzip: 3 bytes after the end of the compressed data");
  CHECK(error(packed + std::string(3, '\0') + packed) == "a: offset " + std::to_string(packed.size()) +
                                                             ": gzip: " + std::to_string(packed.size() + 3) +
                                                             " bytes after the end of the compressed data");
  CHECK(error("\x1F\x8B") == "a: offset 2: gzip: the file ends inside the compressed data");
}

TEST_CASE("gzip: any flipped byte gives an error or the same text") {
  const Scratch scratch;
  const std::string text = "a text of some length, a text of some length";
  const std::string packed = test::gzipped(text);
  for (std::size_t i = 0; i < 8 * packed.size(); ++i) {
    CAPTURE(i);
    std::string damaged = packed;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    const std::string path = scratch.put("a", damaged);
    std::string read;
    // Flags, time and system in the header are covered by no check.
    if (file_error_of([&] { read = read_all(path, text.size()); }).empty()) CHECK((read == text || i < 16));
  }
}

#else

TEST_CASE("gzip: without zlib a compressed file is an error that says what to do") {
  const Scratch scratch;
  const std::string path = scratch.put("a", "\x1F\x8B\x08");
  const std::string error = file_error_of([&] { ByteStream stream(path); });
  CHECK(error.find("/a: is gzip-compressed") != std::string::npos);
  CHECK(error.find("zlib1g-dev") != std::string::npos);
}

#endif
