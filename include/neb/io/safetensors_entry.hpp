/// What a safetensors header says about one tensor, read strictly: it is checked against the file's size.
#pragma once

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

namespace neb {

/// What the header says about one tensor.
struct TensorEntry {
  std::string dtype;        ///< "F32", "F64", "F16", "I64", ...
  Shape shape;              ///< as stored
  std::uint64_t begin = 0;  ///< first byte, counted from the start of the file
  std::uint64_t end = 0;    ///< one past the last byte
};

/// Bytes of one element of a type of the format, 0 for a name it does not know.
inline Index safetensors_item_size(std::string_view dtype) {
  constexpr std::array<std::pair<std::string_view, Index>, 16> sizes{{
      {"F64", 8},
      {"F32", 4},
      {"F16", 2},
      {"BF16", 2},
      {"F8_E5M2", 1},
      {"F8_E4M3", 1},
      {"C64", 8},
      {"I64", 8},
      {"U64", 8},
      {"I32", 4},
      {"U32", 4},
      {"I16", 2},
      {"U16", 2},
      {"I8", 1},
      {"U8", 1},
      {"BOOL", 1},
  }};
  for (const auto& [name, size] : sizes)
    if (name == dtype) return size;
  return 0;
}

namespace detail {

/// `text` in quotes, cut short: in a hostile file a name may have any length.
inline std::string shown(std::string_view text) {
  if (text.size() <= 80) return json_quote(text);
  std::size_t length = 80;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return json_quote(text.substr(0, length)) + "...";
}

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

/// Reads the fields of tensor `name`, each of them once and no others.
inline EntryFields read_entry_fields(JsonReader& json, const std::string& name) {
  const std::size_t start = json.position();
  EntryFields fields;
  json.object([&](const std::string& key) {
    if (key == "dtype" && !fields.dtype) {
      fields.dtype = json.string();
    } else if (key == "shape" && !fields.shape) {
      fields.shape = read_integers(json, Shape::max_rank);
    } else if (key == "data_offsets" && !fields.offsets) {
      fields.offsets = read_integers(json, 2);
    } else {
      const bool known = key == "dtype" || key == "shape" || key == "data_offsets";
      json.fail_at(start, "tensor " + shown(name) + ": expected dtype, shape and data_offsets once each, got key " +
                              shown(key) + (known ? " twice" : ""));
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
  const Index item_size = safetensors_item_size(*dtype);
  if (item_size == 0) fail("type " + shown(*dtype) + " is not one of the format's");
  const auto bytes = checked_bytes(*shape, item_size);
  if (!bytes) fail("the size of its shape overflows");
  if (offsets->size() != 2) fail("expected 2 data_offsets, got " + std::to_string(offsets->size()));
  const auto begin = static_cast<std::uint64_t>(offsets->front());
  const auto end = static_cast<std::uint64_t>(offsets->back());
  if (begin > end || end > file_size - data_begin) {
    fail("expected data_offsets 0 <= begin <= end <= " + std::to_string(file_size - data_begin) + ", got " +
         std::to_string(begin) + " and " + std::to_string(end));
  }
  if (end - begin != *bytes) {
    fail(*dtype + " " + Shape(*shape).to_string() + " takes " + std::to_string(*bytes) + " bytes, data_offsets give " +
         std::to_string(end - begin));
  }
  return {.dtype = *dtype, .shape = Shape(*shape), .begin = data_begin + begin, .end = data_begin + end};
}

}  // namespace detail

}  // namespace neb
