// Files that break the safetensors format, each with the message it gives. None may crash, take more memory than the file has
// bytes and 16 MB, or be read in part.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "io/safetensors_bytes.hpp"
#include "io/scratch.hpp"
#include "neb/io/safetensors.hpp"

namespace {

// Bytes that operator new has given and not got back, as far as the C library tells.
std::atomic<std::int64_t> heap = 0, most_heap = 0;

}  // namespace

#if defined(__GLIBC__)
#include <malloc.h>

void* operator new(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  heap += static_cast<std::int64_t>(::malloc_usable_size(block));
  most_heap = std::max<std::int64_t>(most_heap, heap);
  return block;
}
void operator delete(void* block) noexcept {
  heap -= static_cast<std::int64_t>(::malloc_usable_size(block));
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
#endif

using namespace neb;
using neb::test::length_bytes;
using neb::test::safetensors_bytes;
using neb::test::Scratch;

namespace {

/// The message that opening a file of these bytes gives, without its path. No tensor memory may be taken, and no more in all than
/// the file has bytes, and 16 MB.
std::string error_of(const Scratch& scratch, const std::string& bytes) {
  const std::string path = scratch.put("bad", bytes);
  std::string message;
  const std::int64_t before = heap;
  most_heap = before;
  const std::size_t taken =
      test::tensor_bytes_of([&] { message = test::file_error_of([&] { SafeTensors file(path); }); });
  CHECK(taken == 0);
  CHECK(most_heap - before <= std::ssize(bytes) + (16 << 20));
  return test::without(message, scratch.folder() + "/");
}

/// One entry of a header.
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets + "]}";
}

struct Hostile {
  std::string header;
  std::string message;  ///< after "bad: offset N: "
};

void check_all(const std::vector<Hostile>& files, const std::string& data) {
  const Scratch scratch;
  for (const Hostile& file : files) {
    CAPTURE(file.header);
    const std::string error = error_of(scratch, safetensors_bytes(file.header, data));
    CHECK(error.starts_with("bad: offset "));
    CHECK(error.substr(std::min(error.size(), error.find(": ", 5) + 2)) == file.message);
  }
}

}  // namespace

TEST_CASE("hostile safetensors: a header length that the file does not have") {
  const Scratch scratch;
  CHECK(error_of(scratch, "") == "bad: offset 0: the file ends, expected 8 bytes of header length, got 0");
  CHECK(error_of(scratch, std::string(7, '\0')) ==
        "bad: offset 7: the file ends, expected 8 bytes of header length, got 7");
  CHECK(error_of(scratch, std::string(8, '\0')) == "bad: offset 8: header: expected '{' as its first byte");
  CHECK(error_of(scratch, length_bytes(1)) ==
        "bad: offset 0: expected a header of 1 bytes, the file has 0 after its length");
  CHECK(error_of(scratch, length_bytes(100'000'000) + "{}") ==
        "bad: offset 0: expected a header of 100000000 bytes, the file has 2 after its length");
  CHECK(error_of(scratch, length_bytes(UINT64_MAX) + "{}") ==
        "bad: offset 0: expected a header of at most 100000000 bytes, got 18446744073709551615 (is this a "
        "safetensors "
        "file?)");
  CHECK(error_of(scratch, "PK\x03\x04 something else altogether").find("is this a safetensors file?") !=
        std::string::npos);
}

TEST_CASE("hostile safetensors: every truncation of a valid file") {
  const Scratch scratch;
  write_safetensors(scratch.path("good"), {{"w", Tensor<float>::ones({2, 3})}, {"v", Tensor<double>::ones({2})}},
                    {{"a", "b"}});
  const std::string good = test::content_of(scratch.path("good"));
  CHECK(error_of(scratch, good).empty());
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(error_of(scratch, good.substr(0, length)).empty());
  }
}

TEST_CASE("hostile safetensors: a header that is no JSON object") {
  check_all(
      {
          {" {}", "header: expected '{' as its first byte"},
          {"[]", "header: expected '{' as its first byte"},
          {"{", "header: expected a string, got the end of the header"},
          {"{}x", "header: expected spaces up to the end of the header, got 'x'"},
          {"{}{}", "header: expected spaces up to the end of the header, got '{'"},
          {std::string("{}\0", 3), "header: expected spaces up to the end of the header, got byte 0"},
          {"{\"a\":1}", "header: expected '{', got '1'"},
          {"{\"a\":null}", "header: expected '{', got 'n'"},
          {"{\"a\xFF\":{}}", "header: expected UTF-8 text and a closing '\"', got byte 255"},
          {"{\xEF\xBB\xBF}", "header: expected a string, got byte 239"},
      },
      "");
}

TEST_CASE("hostile safetensors: brackets a hundred thousand deep, wherever a value may stand") {
  const Scratch scratch;
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += open;
    for (const std::string& before :
         {std::string("{\"a\":"), std::string("{\"a\":{\"dtype\":"), std::string("{\"a\":{\"shape\":"),
          std::string("{\"a\":{\"x\":"), std::string("{\"__metadata__\":{\"k\":")})
      CHECK(error_of(scratch, safetensors_bytes(before + deep, "")).starts_with("bad: offset "));
  }
}

TEST_CASE("hostile safetensors: metadata that is not strings by name") {
  check_all(
      {
          {R"({"__metadata__":"a"})", "header: expected '{', got '\"'"},
          {R"({"__metadata__":{"a":1}})", "header: expected a string, got '1'"},
          {R"({"__metadata__":{"a":{}}})", "header: expected a string, got '{'"},
          {R"({"__metadata__":{"a":"","a":""}})", "header: metadata key \"a\" stands there twice"},
          {R"({"__metadata__":{},"__metadata__":{}})", "header: key \"__metadata__\" stands there twice"},
      },
      "");
}

TEST_CASE("hostile safetensors: entries that lack a field, have it twice, or have others") {
  const std::string rest = R"("shape":[1],"data_offsets":[0,4]}})";
  check_all(
      {
          {R"({"w":{}})", "header: tensor \"w\": expected dtype, shape and data_offsets, one is missing"},
          {R"({"w":{)" + rest, "header: tensor \"w\": expected dtype, shape and data_offsets, one is missing"},
          {R"({"w":{"dtype":"F32","data_offsets":[0,4]}})",
           "header: tensor \"w\": expected dtype, shape and data_offsets, one is missing"},
          {R"({"w":{"dtype":"F32","shape":[1]}})",
           "header: tensor \"w\": expected dtype, shape and data_offsets, one is missing"},
          {R"({"w":{"dtype":"F32","dtype":"F32",)" + rest,
           "header: tensor \"w\": expected dtype, shape and data_offsets once each, got key \"dtype\" twice"},
          {R"({"w":{"strides":[1,],"dtype":"F32",)" + rest, "header: expected a value, got ']'"},
          {R"({"w":{"more":{"a":01},"dtype":"F32",)" + rest, "header: expected a number, got a leading zero"},
          {R"({"w":{"more":[tru],"dtype":"F32",)" + rest, "header: expected a value, got 't'"},
          {R"({"w":{"more":{"a" 1},"dtype":"F32",)" + rest, "header: expected ':', got '1'"},
          {R"({"w":{"dtype":32,)" + rest, "header: expected a string, got '3'"},
          {"{" + entry("w", "F32", "1", "0,4") + "," + entry("w", "F32", "1", "0,4") + "}",
           "header: key \"w\" stands there twice"},
          {"{" + entry("w", "F32", "1", "0,4") + "," + entry("\\u0077", "F32", "1", "0,4") + "}",
           "header: key \"w\" stands there twice"},
      },
      std::string(4, '\0'));
}

TEST_CASE("hostile safetensors: types, shapes and offsets that cannot be") {
  const auto one = [](const char* dtype, const char* shape, const char* offsets) {
    return "{" + entry("w", dtype, shape, offsets) + "}";
  };
  const std::string w = "header: tensor \"w\": ";
  check_all(
      {
          {one("F33", "1", "0,4"), w + "type \"F33\" is not one of the format's"},
          {one("", "1", "0,4"), w + "type \"\" is not one of the format's"},
          {one("F32", "-1", "0,4"), "header: expected an integer that is not negative, got '-'"},
          {one("F32", "1.0", "0,4"), "header: expected an integer, got '.'"},
          {one("F32", "\"1\"", "0,4"), "header: expected an integer that is not negative, got '\"'"},
          {one("F32", "2,1,1,1,1,1,1,1,1", "0,4"), w + "F32 of too many axes takes 8 bytes, data_offsets give 4"},
          {one("F4", "7", "0,4"), w + "its elements fill no whole number of bytes"},
          {one("F6_E2M3", "8", "0,4"), w + "F6_E2M3 (8,) takes 6 bytes, data_offsets give 4"},
          {one("F32", "18446744073709551617", "0,4"), "header: expected an integer below 2^63, got a larger one"},
          {one("F32", "4294967296,4294967296", "0,0"), w + "the size of its shape overflows"},
          {one("F32", "4611686018427387905", "0,4"), w + "the size of its shape overflows"},
          {one("F64", "0,9223372036854775807,2", "0,0"), w + "the size of its shape overflows"},
          {one("F32", "4294967295,4294967295,4294967295,4294967295", "0,4"), w + "the size of its shape overflows"},
          {one("F32", "1", "0"), w + "expected 2 data_offsets, got 1"},
          {one("F32", "1", "0,4,4"), "header: expected at most 2 numbers, got '4'"},
          {one("F32", "1", "4,0"), w + "expected data_offsets 0 <= begin <= end <= 4, got 4 and 0"},
          {one("F32", "1", "0,5"), w + "expected data_offsets 0 <= begin <= end <= 4, got 0 and 5"},
          {one("F32", "1000000000", "0,4000000000"),
           w + "expected data_offsets 0 <= begin <= end <= 4, got 0 and 4000000000"},
          {one("F32", "1", "0,9223372036854775807"),
           w + "expected data_offsets 0 <= begin <= end <= 4, got 0 and 9223372036854775807"},
          {one("F32", "2", "0,4"), w + "F32 (2,) takes 8 bytes, data_offsets give 4"},
          {one("F32", "1", "0,3"), w + "F32 (1,) takes 4 bytes, data_offsets give 3"},
          {one("F64", "", "0,4"), w + "F64 () takes 8 bytes, data_offsets give 4"},
      },
      std::string(4, '\0'));
}

TEST_CASE("hostile safetensors: data with holes, overlaps, or bytes that belong to nobody") {
  const auto two = [](const std::string& a, const std::string& b) {
    return "{" + entry("a", "F32", "1", a) + "," + entry("b", "F32", "2", b) + "}";
  };
  const Scratch scratch;
  const auto error = [&](const std::string& header, const std::string& data) {
    const std::string message = error_of(scratch, safetensors_bytes(header, data));
    const std::string start = "bad: offset " + std::to_string(8 + header.size());
    return message.starts_with(start) ? "data" + message.substr(start.size()) : message;
  };
  const std::string data(12, '\0');
  CHECK(error(two("0,4", "4,12"), data).empty());
  CHECK(error(two("8,12", "0,8"), data).empty());
  CHECK(error(two("0,4", "0,8"), data) == "data: tensor \"b\" overlaps another one, which ends at 119");
  CHECK(error(two("4,8", "0,8"), data) == "bad: offset 119: tensor \"a\" overlaps another one, which ends at 123");
  CHECK(error("{" + entry("b", "F32", "2", "4,12") + "}", data) == "data: a hole of 4 bytes before tensor \"b\"");
  CHECK(error(two("0,4", "5,13"), data + "x") == "bad: offset 120: a hole of 1 bytes before tensor \"b\"");
  CHECK(error(two("0,4", "4,12"), data + "x") ==
        "bad: offset 128: expected the end of the file, got 1 bytes that belong to no tensor");
  CHECK(error("{}", "x") == "data: expected the end of the file, got 1 bytes that belong to no tensor");
}

TEST_CASE("hostile safetensors: a name of a megabyte makes no message of a megabyte") {
  const Scratch scratch;
  std::string name;
  for (int i = 0; i < 500'000; ++i) name += "\xC3\xA9";
  const std::string error = error_of(scratch, safetensors_bytes("{\"" + name + "\":{}}", ""));
  CHECK(error.size() < 300);
  CHECK(error.find("...\": expected dtype, shape and data_offsets") != std::string::npos);
}

TEST_CASE("hostile safetensors: flipped bytes give an error or another valid file, never a crash") {
  const Scratch scratch;
  write_safetensors(scratch.path("good"), {{"w", Tensor<float>::ones({2, 3})}, {"v", Tensor<double>::ones({2})}},
                    {{"a", "b"}});
  const std::string good = test::content_of(scratch.path("good"));
  int refused = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    CAPTURE(i);
    std::string bytes = good;
    for (std::uint64_t flip = 0; flip <= i % 3; ++flip)
      bytes[test::hashed(flip, i) % bytes.size()] = static_cast<char>(test::hashed(flip + 10, i));
    const std::string path = scratch.put("bad", bytes);
    refused += test::file_error_of([&] {
                 const SafeTensors file(path);
                 for (const auto& [name, described] : file.entries()) file.get<double>(name);
               }).empty()
                   ? 0
                   : 1;
  }
  CHECK(refused > 1000);
  CHECK(refused < 3000);
}

TEST_CASE("hostile safetensors: a header of many names or long texts takes no more memory than its file and 16 MB") {
  const Scratch scratch;
  std::string keys = R"({"__metadata__":{"":"")", tensors = R"({"__metadata__":{})",
              long_names = "{" + entry("", "U8", "0", "0,0");
  for (int i = 0; i < 60'000; ++i) {
    keys += ",\"" + std::to_string(i) + "\":\"\"";
    tensors += "," + entry(std::to_string(i), "U8", "0", "0,0");
    long_names += "," + entry(std::string(200, 'n') + std::to_string(i), "F8_E5M2FNUZ", "0", "0,0");
  }
  const std::string most_memory =
      "expected names and metadata that take at most 12 MB, and 240 bytes are counted for each";
  for (const std::string& header : {keys + "}}", tensors + "}", long_names + "}"})
    CHECK(error_of(scratch, safetensors_bytes(header, "")).ends_with(most_memory));

  const std::string megabyte(1 << 20, 'x'), text = "\"" + std::string(13 << 20, 'x') + "\"";
  const std::string key = "\"" + megabyte + "\":";
  const std::string entry_start = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0])";
  const auto error = [&](const std::string& header) { return error_of(scratch, safetensors_bytes(header, "")); };
  CHECK(error(R"({"__metadata__":{"a":)" + text + "}}")
            .ends_with("expected a string of at most 12582671 bytes, got 'x'"));
  CHECK(error(R"({"__metadata__":{"x)" + key.substr(1) + "\"\"}}").ends_with("at most 1048576 bytes, got 'x'"));
  CHECK(error("{" + key + R"({"dtype":)" + text + "}}").ends_with("expected a string of at most 1000 bytes, got 'x'"));
  CHECK(error("{" + key + entry_start + "," + key + text + "," + key + text + "}}").empty());
  CHECK(error(R"({"__metadata__":{"a":")" + std::string(11 << 20, 'x') + "\"}," + key + entry_start + "}}")
            .ends_with(most_memory));
}

TEST_CASE("hostile safetensors: nothing that moves a cursor reaches a message") {
  const Scratch scratch;
  const std::string error =
      error_of(scratch, safetensors_bytes("{" + entry("\\u001b[2J\\u009b2J\x7f", "F33", "1", "0,4") + "}", "four"));
  CHECK(error.find(R"("\u001b[2J?2J?")") != std::string::npos);
}

TEST_CASE("hostile safetensors: names of control characters make no long message") {
  const Scratch scratch;
  std::string header = "{" + entry("", "U8", "0", "0,0");
  for (int i = 0; i < 30; ++i) {
    std::string name = std::to_string(i);
    for (int j = 0; j < 80; ++j) name += "\\u0001";
    header += "," + entry(name, "U8", "0", "0,0");
  }
  const SafeTensors file(scratch.put("long", safetensors_bytes(header + "}", "")));
  const std::string error = test::file_error_of([&] { file.get<float>("\xFF no UTF-8"); });
  CHECK(test::without(error, scratch.folder() + "/").size() < 2000);
  CHECK(error.find(R"(has no tensor "? no UTF-8", it has 31: "", "0\u0001)") != std::string::npos);
}
