/// What a safetensors header says about one tensor, read strictly: it is checked against the file's size.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "neb/core/shape.hpp"
#include "neb/io/checked_bytes.hpp"
#include "neb/io/json.hpp"
#include "neb/io/utf8.hpp"

namespace neb {

/// What the header says about one tensor.
struct TensorEntry {
  std::string dtype;        ///< "F32", "F64", "F16", "I64", ...
  Shape shape;              ///< as stored; empty where it has more axes than a Shape
  Index rank = 0;           ///< its axes
  std::uint64_t begin = 0;  ///< first byte, counted from the start of the file
  std::uint64_t end = 0;    ///< one past the last byte
};

/// Bits of one element of a type of the format, 0 for a name it does not know.
inline Index safetensors_item_bits(std::string_view dtype) {
  constexpr std::array<std::pair<std::string_view, Index>, 22> sizes{{
      {"F64", 64},    {"F32", 32},        {"F16", 16},        {"BF16", 16},   {"F8_E5M2", 8}, {"F8_E4M3", 8},
      {"F8_E8M0", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
      {"C64", 64},    {"I64", 64},        {"U64", 64},        {"I32", 32},    {"U32", 32},    {"I16", 16},
      {"U16", 16},    {"I8", 8},          {"U8", 8},          {"BOOL", 8},
  }};
  for (const auto& [name, size] : sizes)
    if (name == dtype) return size;
  return 0;
}

namespace detail {

/// `text` for a message, at most 80 bytes of it: in a hostile file it may have any length, and hold what moves a terminal's cursor.
inline std::string printable(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view letter = text.substr(0, std::max<std::size_t>(length, 1));
    // Delete, and the control characters from U+0080 on, which UTF-8 writes as C2 and themselves.
    const bool control = letter == "\x7F" || (letter[0] == '\xC2' && static_cast<unsigned char>(letter.back()) < 0xA0);
    const std::string quoted = length == 0 || control ? "\"?\"" : json_quote(letter);
    if (plain.size() + quoted.size() - 2 > 80) return plain + "...";
    plain.append(quoted, 1, quoted.size() - 2);
    text.remove_prefix(letter.size());
  }
  return plain;
}

/// The same in quotes.
inline std::string shown(std::string_view text) { return '"' + printable(text) + '"'; }

inline std::vector<Index> read_integers(JsonReader& json, Index limit) {
  std::vector<Index> numbers;
  json.array([&] {
    if (std::ssize(numbers) == limit) json.fail("at most " + std::to_string(limit) + " numbers");
    numbers.push_back(static_cast<Index>(json.integer()));
  });
  return numbers;
}

/// The three fields of an entry as they stand there.
struct EntryFields {
  std::optional<std::string> dtype;
  std::optional<std::vector<Index>> shape, offsets;
};

/// Reads the fields of tensor `name`, each of them once, and passes over others.
inline EntryFields read_entry_fields(JsonReader& json, const std::string& name) {
  const std::size_t start = json.position();
  EntryFields fields;
  json.object([&](const std::string& key) {
    if (key == "dtype" && !fields.dtype) {
      fields.dtype = json.string(1000);
    } else if (key == "shape" && !fields.shape) {
      fields.shape = read_integers(json, 1000);
    } else if (key == "data_offsets" && !fields.offsets) {
      fields.offsets = read_integers(json, 2);
    } else if (key == "dtype" || key == "shape" || key == "data_offsets") {
      json.fail_at(start, "tensor " + shown(name) + ": expected dtype, shape and data_offsets once each, got key " +
                              shown(key) + " twice");
    } else {
      json.skip();
    }
  });
  if (!fields.dtype || !fields.shape || !fields.offsets)
    json.fail_at(start, "tensor " + shown(name) + ": expected dtype, shape and data_offsets, one is missing");
  return fields;
}

/// The entry of tensor `name`, whose data lies in [data_begin, file_size).
inline TensorEntry read_entry(JsonReader& json, const std::string& name, std::uint64_t data_begin,
                              std::uint64_t file_size) {
  const std::size_t start = json.position();
  const auto [dtype, shape, offsets] = read_entry_fields(json, name);
  const auto fail = [&](const std::string& what) { json.fail_at(start, "tensor " + shown(name) + ": " + what); };
  const bool readable = std::ssize(*shape) <= Shape::max_rank;
  const Index item_bits = safetensors_item_bits(*dtype);
  if (item_bits == 0) fail("type " + shown(*dtype) + " is not one of the format's");
  const auto bytes = packed_bytes(*shape, item_bits);
  if (!bytes)
    fail(item_bits % 8 == 0 ? "the size of its shape overflows" : "its elements fill no whole number of bytes");
  if (offsets->size() != 2) fail("expected 2 data_offsets, got " + std::to_string(offsets->size()));
  const auto begin = static_cast<std::uint64_t>(offsets->front());
  const auto end = static_cast<std::uint64_t>(offsets->back());
  if (begin > end || end > file_size - data_begin) {
    fail("expected data_offsets 0 <= begin <= end <= " + std::to_string(file_size - data_begin) + ", got " +
         std::to_string(begin) + " and " + std::to_string(end));
  }
  if (end - begin != *bytes) {
    fail(*dtype + " " + (readable ? Shape(*shape).to_string() : "of too many axes") + " takes " +
         std::to_string(*bytes) + " bytes, data_offsets give " + std::to_string(end - begin));
  }
  return {.dtype = *dtype,
          .shape = readable ? Shape(*shape) : Shape{0},
          .rank = std::ssize(*shape),
          .begin = data_begin + begin,
          .end = data_begin + end};
}

}  // namespace detail

}  // namespace neb
