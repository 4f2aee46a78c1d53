#include "neb/io/utf8.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

using neb::append_utf8;
using neb::utf8_sequence;

namespace {

/// The sequences of the code points, but for surrogates, whose third and fourth bytes are the first or last that there are.
std::set<std::string> sequences() {
  std::set<std::string> all;
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    if (point >= 0xD800 && point < 0xE000) continue;
    std::string text;
    append_utf8(text, point);
    const std::string_view rest = std::string_view(text).substr(std::min<std::size_t>(text.size(), 2));
    if (rest.find_first_not_of("\x80\xBF") == rest.npos) all.insert(text);
  }
  return all;
}

}  // namespace

TEST_CASE("UTF-8: code points have these bytes") {
  const auto bytes = [](std::uint32_t point) {
    std::string text;
    append_utf8(text, point);
    return text;
  };
  CHECK(bytes('A') == "A");
  CHECK(bytes(0x7F) == "\x7F");
  CHECK(bytes(0x80) == "\xC2\x80");
  CHECK(bytes(0xE9) == "\xC3\xA9");
  CHECK(bytes(0x7FF) == "\xDF\xBF");
  CHECK(bytes(0x800) == "\xE0\xA0\x80");
  CHECK(bytes(0x20AC) == "\xE2\x82\xAC");
  CHECK(bytes(0xFFFF) == "\xEF\xBF\xBF");
  CHECK(bytes(0x10000) == "\xF0\x90\x80\x80");
  CHECK(bytes(0x1F600) == "\xF0\x9F\x98\x80");
  CHECK(bytes(0x10FFFF) == "\xF4\x8F\xBF\xBF");
}

TEST_CASE("UTF-8: a text starts with a sequence where that of a code point is its beginning, and with none elsewhere") {
  const std::set<std::string> all = sequences();
  CHECK(utf8_sequence("") == 0);
  // Every first and second byte, and bytes at the bounds of what may follow them.
  constexpr std::array<int, 6> bounds{0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF};
  int wrong = 0;
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second)
      for (const int third : bounds)
        for (const int fourth : bounds) {
          std::string text;
          for (const int byte : {first, second, third, fourth}) text += static_cast<char>(byte);
          std::size_t expected = 0;
          for (std::size_t length = 1; length <= 4; ++length)
            if (all.contains(text.substr(0, length))) expected = length;
          if (utf8_sequence(text) != expected) ++wrong;
          for (std::size_t length = 1; length < expected; ++length)
            if (utf8_sequence(std::string_view(text).substr(0, length)) != 0) ++wrong;
        }
  CHECK(wrong == 0);
}
