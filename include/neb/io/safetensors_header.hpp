/// The JSON header of a safetensors file, read strictly: whatever it says is checked against the file's size.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "neb/core/shape.hpp"
#include "neb/io/checked_bytes.hpp"
#include "neb/io/file.hpp"
#include "neb/io/json.hpp"

namespace neb {

/// Strings by name, stored beside the tensors.
using Metadata = std::map<std::string, std::string>;

/// What the header says about one tensor.
struct TensorEntry {
  std::string dtype;        ///< "F32", "F64", "F16", "I64", ...
  Shape shape;              ///< as stored
  std::uint64_t begin = 0;  ///< first byte, counted from the start of the file
  std::uint64_t end = 0;    ///< one past the last byte
};

/// A header whose tensors fill the rest of the file without holes or overlaps.
struct SafeTensorsHeader {
  Metadata metadata;                           ///< strings by name
  std::map<std::string, TensorEntry> entries;  ///< tensors by name
};

/// The most bytes that a header may have; the format's own limit.
inline constexpr std::uint64_t max_safetensors_header = 100'000'000;

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

/// Throws FileError unless the tensors fill [data_begin, file_size) one after the other.
inline void check_layout(const std::string& path, const std::map<std::string, TensorEntry>& entries,
                         std::uint64_t data_begin, std::uint64_t file_size) {
  std::vector<const std::pair<const std::string, TensorEntry>*> in_order;
  in_order.reserve(entries.size());
  for (const auto& named : entries) in_order.push_back(&named);
  std::sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) {
    return std::tie(a->second.begin, a->second.end) < std::tie(b->second.begin, b->second.end);
  });
  std::uint64_t expected = data_begin;
  for (const auto* named : in_order) {
    const std::uint64_t begin = named->second.begin;
    if (begin < expected) {
      throw file_error(
          path, begin,
          "tensor " + shown(named->first) + " overlaps another one, which ends at " + std::to_string(expected));
    }
    if (begin > expected) {
      throw file_error(path, expected,
                       "a hole of " + std::to_string(begin - expected) + " bytes before tensor " + shown(named->first));
    }
    expected = named->second.end;
  }
  if (expected != file_size) {
    throw file_error(path, expected,
                     "expected the end of the file, got " + std::to_string(file_size - expected) +
                         " bytes that belong to no tensor");
  }
}

/// The header's text, behind the 8 bytes that hold its length.
inline std::string read_header_text(const InputFile& file) {
  std::array<std::byte, 8> bytes{};
  if (file.size() < bytes.size()) {
    throw file_error(file.path(), file.size(),
                     "the file ends, expected 8 bytes of header length, got " + std::to_string(file.size()));
  }
  file.read_at(0, bytes);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  if (length > max_safetensors_header) {
    throw file_error(file.path(), 0,
                     "expected a header of at most " + std::to_string(max_safetensors_header) + " bytes, got " +
                         std::to_string(length) + " (is this a safetensors file?)");
  }
  if (length > file.size() - 8) {
    throw file_error(file.path(), 0,
                     "expected a header of " + std::to_string(length) + " bytes, the file has " +
                         std::to_string(file.size() - 8) + " after its length");
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read_at(8, std::as_writable_bytes(std::span(text)));
  if (!text.starts_with('{')) throw file_error(file.path(), 8, "header: expected '{' as its first byte");
  return text;
}

}  // namespace detail

/// Reads and checks the header of `file`. Throws FileError `PATH: offset N: ...` when anything breaks the format.
inline SafeTensorsHeader read_safetensors_header(const InputFile& file) {
  const std::string text = detail::read_header_text(file);
  const std::uint64_t data_begin = 8 + text.size();
  SafeTensorsHeader header;
  JsonReader json(text, file.path(), 8);
  bool has_metadata = false;
  json.object([&](const std::string& name) {
    const std::size_t at = json.position();
    bool is_new = true;
    if (name == "__metadata__") {
      is_new = !std::exchange(has_metadata, true);
      json.object([&](const std::string& key) {
        if (!header.metadata.emplace(key, json.string()).second)
          json.fail_at(at, "metadata key " + detail::shown(key) + " stands there twice");
      });
    } else {
      is_new = header.entries.emplace(name, detail::read_entry(json, name, data_begin, file.size())).second;
    }
    if (!is_new) json.fail_at(at, "key " + detail::shown(name) + " stands there twice");
  });
  json.padding();
  detail::check_layout(file.path(), header.entries, data_begin, file.size());
  return header;
}

}  // namespace neb
