/// What a file seems to be that is not what was expected.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "neb/io/file.hpp"

namespace neb::detail {

/// A clause for a message, ", but ...", from the first bytes of a file that is of another kind: one of those that people get in
/// the place of data. Empty for any other file.
inline std::string likely_kind(ByteSpan bytes) {
  std::string start(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 64));
  const std::size_t text = start.find_first_not_of(" \t\r\n");
  std::string lower = text == std::string::npos ? "" : start.substr(text);
  for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  if (lower.starts_with("<!doctype html") || lower.starts_with("<html"))
    return ", but it begins like a web page: the download gave an answer, not the file";
  constexpr std::array<std::pair<std::string_view, const char*>, 6> kinds{{
      {"version https://git-lfs", ", but it is a pointer of Git LFS, which `git lfs pull` replaces by the file"},
      {"\x1F\x8B", ", but it is gzip-compressed: gunzip it"},
      {"PK\x03\x04", ", but it is a zip archive, as PyTorch's own files are: save it again in this format"},
      {"\x89PNG", ", but it is a PNG picture"},
      {"\x93NUMPY", ", but it is an array of NumPy"},
      {"\x89HDF", ", but it is an HDF5 file"},
  }};
  for (const auto& [magic, clause] : kinds)
    if (start.starts_with(magic)) return clause;
  return "";
}

/// The same of a file's first bytes.
inline std::string likely_kind(const InputFile& file) {
  std::array<std::byte, 64> bytes{};
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), bytes.size()));
  file.read_at(0, std::span(bytes).first(count));
  return likely_kind(std::span(bytes).first(count));
}

}  // namespace neb::detail
