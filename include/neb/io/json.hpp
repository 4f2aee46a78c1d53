/// A strict JSON reader for headers whose form is known beforehand, and the quoting that writing them needs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "neb/core/error.hpp"
#include "neb/io/file.hpp"
#include "neb/io/utf8.hpp"

namespace neb {

/// `text` as a JSON string with its quotes. Throws ValueError when it is not UTF-8.
inline std::string json_quote(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) throw ValueError("json_quote: the text is not UTF-8");
    const char letter = text[0];
    if (letter == '"' || letter == '\\') {
      quoted += {'\\', letter};
    } else if (letter >= 0 && letter < 0x20) {
      quoted +=
          {'\\', 'u', '0', '0', hex[static_cast<std::size_t>(letter / 16)], hex[static_cast<std::size_t>(letter % 16)]};
    } else {
      quoted += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return quoted + '"';
}

/// Reads JSON piece by piece: the caller says what comes next, so nothing recurses and nothing is stored unasked.
/// Every function throws FileError `PATH: offset N: expected ..., got ...` when something else comes.
class JsonReader {
 public:
  /// `text` starts at byte `offset` of the file at `path`; both must outlive the reader.
  JsonReader(std::string_view text, const std::string& path, std::uint64_t offset)
      : text_(text), path_(path), offset_(offset) {}

  /// An object: calls `member(key)` for each key, which reads the value (and refuses keys that it saw before). A key has at most
  /// 1 MB.
  template <class Member>
  void object(Member&& member) {
    sequence('{', '}', [&] {
      const std::string key = string(max_key);
      expect(':');
      member(key);
    });
  }

  /// An array: calls `element()` for each element, which reads it.
  template <class Element>
  void array(Element&& element) {
    sequence('[', ']', element);
  }

  /// A string of at most `most` bytes, with its escapes resolved; it takes no more memory than its text.
  std::string string(std::size_t most = std::size_t{8} << 20) {
    expect('"', "a string");
    std::string value;
    value.reserve(std::min(string_length(), most));
    pass_string([&](std::string_view piece) {
      if (piece.size() > most - value.size()) fail("a string of at most " + std::to_string(most) + " bytes");
      value += piece;
    });
    return value;
  }

  /// An integer in [0, 2^63).
  std::uint64_t integer() {
    skip_space();
    const std::size_t start = position_;
    std::uint64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      const auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
      if (value > (max_integer - digit) / 10) fail_at(start, "expected an integer below 2^63, got a larger one");
      value = 10 * value + digit;
      ++position_;
    }
    if (position_ == start) fail("an integer that is not negative");
    if (position_ - start > 1 && text_[start] == '0') fail_at(start, "expected an integer, got a leading zero");
    if (position_ < text_.size() && (text_[position_] == '.' || (text_[position_] | 0x20) == 'e')) fail("an integer");
    return value;
  }

  /// A value of any kind, which is passed over, at most 100 levels deep.
  void skip() {
    std::string open;  // the brackets around the position
    do {
      skip_space();
      const char letter = position_ < text_.size() ? text_[position_] : '\0';
      if (letter == '{' || letter == '[') {
        if (open.size() == 100) fail("at most 100 levels");
        open += letter == '{' ? '}' : ']';
        ++position_;
        skip_space();
        if (!text_.substr(position_).starts_with(open.back())) {
          skip_key(open);
          continue;
        }
      } else {
        skip_scalar(letter);
      }
      skip_ends(open);
    } while (!open.empty());
  }

  /// Nothing but spaces up to the end of the text.
  void padding() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
    if (position_ < text_.size()) fail("spaces up to the end of the header");
  }

  /// Position of the next character in the text.
  std::size_t position() const { return position_; }

  /// Throws FileError `PATH: offset N: header: expected ..., got ...` about the next character.
  [[noreturn]] void fail(const std::string& expected) const {
    fail_at(position_, "expected " + expected + ", got " + next());
  }
  /// Throws FileError about the character at `position`.
  [[noreturn]] void fail_at(std::size_t position, const std::string& what) const {
    throw file_error(path_, offset_ + position, "header: " + what);
  }

 private:
  static constexpr std::size_t max_key = std::size_t{1} << 20;
  static constexpr auto max_integer = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  template <class Item>
  void sequence(char open, char close, Item&& item) {
    expect(open);
    skip_space();
    if (text_.substr(position_).starts_with(close)) {
      ++position_;
      return;
    }
    while (true) {
      item();
      skip_space();
      if (text_.substr(position_).starts_with(close)) break;
      if (!text_.substr(position_).starts_with(',')) fail(std::string("',' or '") + close + "'");
      ++position_;
    }
    ++position_;
  }

  /// The bytes up to the quote that closes the string, before its escapes are resolved; or up to the end.
  std::size_t string_length() const {
    std::size_t end = position_;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    return std::min(end, text_.size()) - position_;
  }

  /// The rest of a string that is open: calls `take(piece)` for each of its characters, escapes resolved.
  template <class Take>
  void pass_string(Take&& take) {
    while (true) {
      const std::string_view rest = text_.substr(position_);
      if (rest.starts_with('"')) break;
      if (rest.starts_with('\\')) {
        std::string letter;
        append_escaped(letter);
        take(letter);
        continue;
      }
      const std::size_t length = utf8_sequence(rest);
      if (length == 0 || static_cast<unsigned char>(rest[0]) < 0x20) fail("UTF-8 text and a closing '\"'");
      take(rest.substr(0, length));
      position_ += length;
    }
    ++position_;
  }

  /// A string that nobody asked for.
  void skip_string() {
    expect('"', "a string");
    pass_string([](std::string_view) {});
  }

  /// The key of the next member, where an object is open.
  void skip_key(const std::string& open) {
    if (open.empty() || open.back() != '}') return;
    skip_string();
    expect(':');
  }

  /// A string, a number, true, false or null.
  void skip_scalar(char letter) {
    if (letter == '"') return skip_string();
    for (const std::string_view word : {"true", "false", "null"})
      if (text_.substr(position_).starts_with(word)) {
        position_ += word.size();
        return;
      }
    skip_number();
  }

  void skip_number() {
    const auto digits = [&] {
      const std::size_t start = position_;
      while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') ++position_;
      if (position_ == start) fail("a value");
      return text_.substr(start, position_ - start);
    };
    const auto take = [&](std::string_view letters) {
      const bool here = position_ < text_.size() && letters.find(text_[position_]) != std::string_view::npos;
      position_ += here ? 1 : 0;
      return here;
    };
    take("-");
    const std::size_t start = position_;
    if (const std::string_view whole = digits(); whole.size() > 1 && whole.starts_with('0'))
      fail_at(start, "expected a number, got a leading zero");
    if (take(".")) digits();
    if (take("eE")) {
      take("+-");
      digits();
    }
  }

  /// After a value: the brackets that close, and what leads to the next value if one is still open.
  void skip_ends(std::string& open) {
    while (!open.empty()) {
      skip_space();
      if (text_.substr(position_).starts_with(open.back())) {
        ++position_;
        open.pop_back();
        continue;
      }
      if (!text_.substr(position_).starts_with(',')) fail(std::string("',' or '") + open.back() + "'");
      ++position_;
      skip_key(open);
      return;
    }
  }

  void skip_space() {
    while (position_ < text_.size() && std::string_view(" \t\n\r").find(text_[position_]) != std::string_view::npos)
      ++position_;
  }

  void expect(char letter, const char* name = nullptr) {
    skip_space();
    if (!text_.substr(position_).starts_with(letter))
      fail(name != nullptr ? std::string(name) : std::string("'") + letter + "'");
    ++position_;
  }

  void append_escaped(std::string& value) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    ++position_;
    const std::size_t which = position_ < text_.size() ? letters.find(text_[position_]) : std::string_view::npos;
    if (which != std::string_view::npos) {
      value += meanings[which];
      ++position_;
      return;
    }
    const std::size_t start = position_;
    std::uint32_t point = utf16_unit();
    if (point >= 0xD800 && point < 0xDC00) {
      if (!text_.substr(position_).starts_with('\\')) fail("the second half of a surrogate pair");
      ++position_;
      const std::uint32_t second = utf16_unit();
      if (second < 0xDC00 || second > 0xDFFF) fail_at(start, "expected a surrogate pair, got its first half alone");
      point = 0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00);
    } else if (point >= 0xDC00 && point <= 0xDFFF) {
      fail_at(start, "expected a surrogate pair, got its second half alone");
    }
    append_utf8(value, point);
  }

  /// The number in `uXXXX`.
  std::uint32_t utf16_unit() {
    if (!text_.substr(position_).starts_with('u')) fail("an escape that JSON knows");
    ++position_;
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++position_) {
      const char letter = position_ < text_.size() ? text_[position_] : '\0';
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(letter);
      if (digit == std::string_view::npos) fail("four hexadecimal digits");
      unit = 16 * unit + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
    }
    return unit;
  }

  /// The next character as an error message shows it.
  std::string next() const {
    if (position_ >= text_.size()) return "the end of the header";
    const auto letter = static_cast<unsigned char>(text_[position_]);
    if (letter > 0x20 && letter < 0x7F) return std::string("'") + text_[position_] + "'";
    return "byte " + std::to_string(letter);
  }

  std::string_view text_;
  const std::string& path_;
  std::uint64_t offset_;
  std::size_t position_ = 0;
};

}  // namespace neb
