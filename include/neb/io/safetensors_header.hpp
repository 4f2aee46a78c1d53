/// The JSON header of a safetensors file, read strictly: whatever it says is checked against the file's size.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "neb/io/file.hpp"
#include "neb/io/json.hpp"
#include "neb/io/likely_kind.hpp"
#include "neb/io/safetensors_entry.hpp"

namespace neb {

/// Strings by name, stored beside the tensors.
using Metadata = std::map<std::string, std::string>;

/// A header whose tensors fill the rest of the file without holes or overlaps.
struct SafeTensorsHeader {
  Metadata metadata;                           ///< strings by name
  std::map<std::string, TensorEntry> entries;  ///< tensors by name
};

/// The most bytes that a header may have; the format's own limit.
inline constexpr std::uint64_t max_safetensors_header = 100'000'000;

/// The most bytes that the names, entries and metadata of a file may take in memory: some 50 000 names, or 12 MB of metadata.
inline constexpr std::uint64_t max_safetensors_memory = std::uint64_t{12} << 20;

namespace detail {

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
                         std::to_string(length) + " (is this a safetensors file?)" + likely_kind(file));
  }
  if (length > file.size() - 8) {
    throw file_error(file.path(), 0,
                     "expected a header of " + std::to_string(length) + " bytes, the file has " +
                         std::to_string(file.size() - 8) + " after its length" + likely_kind(file));
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
  std::uint64_t taken = 0;
  // What is kept of an entry is several times as long as its shortest text, so there is a limit to what a header may claim.
  const auto take = [&](std::size_t at, std::uint64_t bytes) {
    constexpr std::uint64_t node = 240;
    taken += node + bytes;
    if (taken > max_safetensors_memory)
      json.fail_at(at, "expected names and metadata that take at most " + std::to_string(max_safetensors_memory >> 20) +
                           " MB, and " + std::to_string(node) + " bytes are counted for each");
  };
  json.object([&](const std::string& name) {
    const std::size_t at = json.position();
    bool is_new = true;
    if (name == "__metadata__") {
      is_new = !std::exchange(has_metadata, true);
      json.object([&](const std::string& key) {
        take(at, key.size());
        std::string value = json.string(max_safetensors_memory - taken);
        taken += value.size();
        if (!header.metadata.emplace(key, std::move(value)).second)
          json.fail_at(at, "metadata key " + detail::shown(key) + " stands there twice");
      });
    } else {
      take(at, name.size());
      is_new = header.entries.emplace(name, detail::read_entry(json, name, data_begin, file.size())).second;
    }
    if (!is_new) json.fail_at(at, "key " + detail::shown(name) + " stands there twice");
  });
  json.padding();
  detail::check_layout(file.path(), header.entries, data_begin, file.size());
  return header;
}

}  // namespace neb
