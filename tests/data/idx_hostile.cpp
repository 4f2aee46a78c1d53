// Files that break the IDX format, each with the message it gives. None may crash or take memory beyond what the file
// itself can hold.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/idx_bytes.hpp"
#include "io/packed.hpp"
#include "io/scratch.hpp"
#include "neb/data/idx.hpp"

using namespace neb;
using neb::test::idx_bytes;
using neb::test::Scratch;

namespace {

/// The message that reading images from these bytes gives, without the path. The tensor may take 4 bytes for each byte
/// of the file, or of what it can unpack to.
std::string error_of(const Scratch& scratch, const std::string& bytes, std::size_t expansion = 1) {
  const std::string path = scratch.put("bad", bytes);
  std::string message;
  const std::size_t taken =
      test::tensor_bytes_of([&] { message = test::file_error_of([&] { read_idx_images<float>(path); }); });
  CHECK(taken <= 4 * expansion * bytes.size() + 1024);
  return test::without(message, scratch.folder() + "/");
}

const std::string valid = idx_bytes({2, 3, 3}, std::string(18, 'x'));

}  // namespace

TEST_CASE("hostile idx: every truncation of a valid file") {
  const Scratch scratch;
  CHECK(error_of(scratch, valid).empty());
  CHECK(error_of(scratch, "") == "bad: offset 0: the file ends inside the magic number, expected 4 more bytes");
  CHECK(error_of(scratch, valid.substr(0, 3)) ==
        "bad: offset 3: the file ends inside the magic number, expected 1 more bytes");
  CHECK(error_of(scratch, valid.substr(0, 9)) ==
        "bad: offset 9: the file ends inside the extents, expected 3 more bytes");
  CHECK(error_of(scratch, valid.substr(0, 33)) ==
        "bad: offset 33: the file ends: (2, 3, 3) takes 18 bytes after the header, got 17");
  for (std::size_t length = 0; length < valid.size(); ++length) {
    CAPTURE(length);
    CHECK(error_of(scratch, valid.substr(0, length))
              .starts_with("bad: offset " + std::to_string(length) + ": the file ends"));
  }
}

TEST_CASE("hostile idx: trailing bytes") {
  const Scratch scratch;
  CHECK(error_of(scratch, valid + "y") ==
        "bad: offset 34: expected the end of the file: (2, 3, 3) takes 18 bytes after the header, got 19");
}

TEST_CASE("hostile idx: magic numbers of something else") {
  const Scratch scratch;
  CHECK(error_of(scratch, "P5\n3 3\n255\n") == "bad: offset 0: not an IDX file: expected bytes 0 and 0, got 80 and 53");
  CHECK(error_of(scratch, std::string("\1\0\x08\3", 4)).starts_with("bad: offset 0: not an IDX file"));
  CHECK(error_of(scratch, std::string("\0\1\x08\3", 4)).starts_with("bad: offset 0: not an IDX file"));
  CHECK(error_of(scratch, std::string("\0\0\x0D\3", 4)) ==
        "bad: offset 2: IDX type: only 8 (unsigned byte) is supported, got 13");
  for (const int rank : {0, 5, 255})
    CHECK(error_of(scratch, std::string("\0\0\x08", 3) + static_cast<char>(rank)) ==
          "bad: offset 3: IDX rank: expected 1 to 4, got " + std::to_string(rank));
}

TEST_CASE("hostile idx: labels for images, and images for labels") {
  const Scratch scratch;
  CHECK(error_of(scratch, idx_bytes({4}, "abcd")) ==
        "bad: offset 3: expected images, which have IDX rank 3 (count, rows, columns) or 4 (count, rows, "
        "columns, "
        "channels), got rank 1");
  const std::string path = scratch.put("images", valid);
  CHECK(test::file_error_of([&] { read_idx_labels(path); }) ==
        path + ": offset 3: expected labels, which have IDX rank 1, got rank 3");
}

TEST_CASE("hostile idx: counts that the file does not have, and products that overflow") {
  const Scratch scratch;
  constexpr std::uint32_t most = 0xFFFFFFFF;
  CHECK(error_of(scratch, idx_bytes({most, 28, 28}, "")) ==
        "bad: offset 16: the file ends: (4294967295, 28, 28) takes 3367254359280 bytes after the header, got "
        "0");
  CHECK(error_of(scratch, idx_bytes({most, most, most}, "")) ==
        "bad: offset 4: the product of the extents (4294967295, 4294967295, 4294967295) overflows");
  CHECK(error_of(scratch, idx_bytes({most, most, most, most}, "")).ends_with(" overflows"));
  CHECK(error_of(scratch, idx_bytes({0, most, most, most}, "")).ends_with(" overflows"));
  CHECK(error_of(scratch, idx_bytes({65536, 65536, 65536, 65536}, "")).ends_with(" overflows"));  // 2^64
  CHECK(error_of(scratch, idx_bytes({0x80000000, 0x80000000, 4}, "")).ends_with(" overflows"));   // 2^64
  CHECK(error_of(scratch, idx_bytes({2, 0, 3}, "")) == "bad: offset 8: images without pixels: (2, 0, 3, 1)");
  const std::string path = scratch.put("labels", idx_bytes({most}, "abc"));
  CHECK(test::file_error_of([&] { read_idx_labels(path); }) ==
        path + ": offset 11: the file ends: (4294967295) takes 4294967295 bytes after the header, got 3");
}

TEST_CASE("hostile idx: flipped bytes give an error or other pixels, never a crash") {
  const Scratch scratch;
  int refused = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    CAPTURE(i);
    std::string bytes = valid;
    for (std::uint64_t flip = 0; flip <= i % 3; ++flip)
      bytes[test::hashed(flip, i) % bytes.size()] = static_cast<char>(test::hashed(flip + 10, i));
    refused += error_of(scratch, bytes).empty() ? 0 : 1;
  }
  CHECK(refused > 500);
  CHECK(refused < 2000);
}

#if defined(NEB_HAVE_ZLIB)

TEST_CASE("hostile idx: compressed files with too few or too many bytes") {
  const Scratch scratch;
  CHECK(error_of(scratch, test::gzipped(valid), 100).empty());
  CHECK(error_of(scratch, test::gzipped(valid.substr(0, 33)), 100) ==
        "bad: offset 33 (unpacked): the file ends inside the pixels, expected 1 more bytes");
  CHECK(error_of(scratch, test::gzipped(valid + "y"), 100) ==
        "bad: offset 34 (unpacked): expected the end of the data, got more bytes");
  CHECK(error_of(scratch, test::gzipped("")) ==
        "bad: offset 0 (unpacked): the file ends inside the magic number, expected 4 more bytes");
}

TEST_CASE("hostile idx: damaged compressed files") {
  const Scratch scratch;
  const std::string packed = test::gzipped(valid);
  std::string bad_sum = packed;
  bad_sum[packed.size() - 6] = static_cast<char>(bad_sum[packed.size() - 6] ^ 1);
  CHECK(error_of(scratch, bad_sum, 100).ends_with(": gzip: incorrect data check"));
  CHECK(error_of(scratch, packed + "z", 100).ends_with(": gzip: 1 bytes after the end of the compressed data"));
  for (std::size_t length = 2; length < packed.size(); ++length)
    CHECK(
        error_of(scratch, packed.substr(0, length), 100).ends_with(": gzip: the file ends inside the compressed data"));
}

TEST_CASE("hostile idx: a small compressed file cannot claim billions of images") {
  const Scratch scratch;
  const std::string packed = test::gzipped(idx_bytes({0xFFFFFFFF, 28, 28}, ""));
  const std::string error = error_of(scratch, packed);
  CHECK(error.find("the compressed file is too small: (4294967295, 28, 28) takes 3367254359280 bytes") !=
        std::string::npos);
}

TEST_CASE("hostile idx: a compressed bomb behind a small header is not unpacked") {
  const Scratch scratch;
  const std::string bomb = test::gzipped(valid + std::string(20'000'000, '\0'));
  CHECK(bomb.size() < 30'000);
  const std::string path = scratch.put("bomb", bomb);
  std::string error;
  CHECK(test::tensor_bytes_of([&] { error = test::file_error_of([&] { read_idx_images<float>(path); }); }) < 1024);
  CHECK(error == path + ": offset 34 (unpacked): expected the end of the data, got more bytes");
}

TEST_CASE("hostile idx: flipped bytes in a compressed file") {
  const Scratch scratch;
  const std::string packed = test::gzipped(valid);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CAPTURE(i);
    std::string bytes = packed;
    bytes[test::hashed(1, i) % bytes.size()] = static_cast<char>(test::hashed(2, i));
    error_of(scratch, bytes, 1032);
  }
}

#endif
