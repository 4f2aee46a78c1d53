/// IDX, the format of MNIST and its relatives: two zero bytes, a type, a rank, the extents as big-endian 32-bit
/// numbers, then the elements. Plain or gzip-compressed, which its first bytes tell and not its name.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/io/checked_bytes.hpp"
#include "neb/io/file.hpp"
#include "neb/io/gzip.hpp"
#include "neb/io/likely_kind.hpp"

namespace neb {

namespace detail {

/// Throws FileError unless `file` can hold a header and `bytes` elements of `extents`; a plain file must do so exactly.
inline void check_idx_size(const ByteStream& file, const std::string& extents, std::uint64_t header_bytes,
                           std::uint64_t bytes) {
  const std::uint64_t size = file.max_size();
  const std::string needs = extents + " takes " + std::to_string(bytes) + " bytes after the header";
  if (size < header_bytes + bytes) {
    throw file_error(file.path(), size,
                     file.compressed() ? "the compressed file is too small: " + needs + ", it can hold at most " +
                                             std::to_string(size) + " bytes"
                                       : "the file ends: " + needs + ", got " + std::to_string(size - header_bytes));
  }
  if (!file.compressed() && size > header_bytes + bytes) {
    throw file_error(file.path(), header_bytes + bytes,
                     "expected the end of the file: " + needs + ", got " + std::to_string(size - header_bytes));
  }
}

/// The extents of an IDX file of bytes, 1 to 4 of them; leaves the stream at the first element.
inline Shape read_idx_header(ByteStream& file) {
  std::array<std::byte, 4> word{};
  const auto at = [&](std::size_t i) { return std::to_integer<Index>(word[i]); };
  file.read(word, "the magic number");
  if (at(0) != 0 || at(1) != 0) {
    throw file_error(file.path(), 0,
                     "not an IDX file: expected bytes 0 and 0, got " + std::to_string(at(0)) + " and " +
                         std::to_string(at(1)) +
                         (file.compressed() ? likely_kind(word) : likely_kind(InputFile(file.path()))));
  }
  if (at(2) != 8) {
    throw file_error(file.path(), 2, "IDX type: only 8 (unsigned byte) is supported, got " + std::to_string(at(2)));
  }
  const Index rank = at(3);
  if (rank < 1 || rank > 4) throw file_error(file.path(), 3, "IDX rank: expected 1 to 4, got " + std::to_string(rank));
  std::vector<Index> extents;
  std::string text;
  for (Index axis = 0; axis < rank; ++axis) {
    file.read(word, "the extents");
    extents.push_back(at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3));
    text += (axis == 0 ? "(" : ", ") + std::to_string(extents.back());
  }
  text += ")";
  const auto bytes = checked_bytes(extents, 1);
  if (!bytes) throw file_error(file.path(), 4, "the product of the extents " + text + " overflows");
  check_idx_size(file, text, static_cast<std::uint64_t>(4 + 4 * rank), *bytes);
  return Shape(extents);
}

/// The `count` bytes that follow the header, and no others. Memory grows as they arrive: the header of a compressed file may claim
/// a thousand times what is there.
inline std::vector<std::uint8_t> read_idx_bytes(ByteStream& file, Index count, const std::string& what) {
  constexpr std::size_t chunk = 1 << 14;
  std::vector<std::uint8_t> bytes;
  if (!file.compressed()) bytes.reserve(memory_size(count));  // they are there, as check_idx_size() has seen
  for (std::size_t rest = memory_size(count); rest > 0; rest = memory_size(count) - bytes.size()) {
    const std::size_t begin = bytes.size();
    bytes.resize(begin + std::min(chunk, rest));
    file.read(std::as_writable_bytes(std::span(bytes).subspan(begin)), what);
  }
  file.expect_end();
  return bytes;
}

/// The header of an IDX file of bytes.
inline std::vector<std::byte> idx_header(const Shape& extents) {
  std::vector<std::byte> header{std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(extents.rank())};
  for (const Index extent : extents) {
    if (extent > 0xFFFFFFFF) throw ValueError("write_idx: an extent has 32 bits   [x: " + extents.to_string() + "]");
    for (const int shift : {24, 16, 8, 0}) header.push_back(static_cast<std::byte>(extent >> shift & 0xFF));
  }
  return header;
}

}  // namespace detail

/// Images (N, H, W, C) with pixels in [0, 1], from IDX of rank 3 (count, rows, columns), where C = 1, or of rank 4
/// (count, rows, columns, channels). Throws FileError.
template <Scalar T>
Tensor<T> read_idx_images(const std::string& path) {
  ByteStream file(path);
  const Shape extents = detail::read_idx_header(file);
  if (extents.rank() < 3) {
    throw file_error(path, 3,
                     "expected images, which have IDX rank 3 (count, rows, columns) or 4 (count, rows, columns, "
                     "channels), got rank " +
                         std::to_string(extents.rank()));
  }
  const Shape shape{extents[0], extents[1], extents[2], extents.rank() == 4 ? extents[3] : 1};
  if (shape.stride(0) == 0) throw file_error(path, 8, "images without pixels: " + shape.to_string());
  const std::vector<std::uint8_t> pixels = detail::read_idx_bytes(file, shape.size(), "the pixels");
  Tensor<T> images(shape);
  std::transform(pixels.begin(), pixels.end(), images.mutable_data(),
                 [](std::uint8_t pixel) { return static_cast<T>(pixel) / T(255); });
  return images;
}

/// The labels in an IDX file of rank 1. Throws FileError.
inline std::vector<std::uint8_t> read_idx_labels(const std::string& path) {
  ByteStream file(path);
  const Shape extents = detail::read_idx_header(file);
  if (extents.rank() != 1) {
    throw file_error(path, 3, "expected labels, which have IDX rank 1, got rank " + std::to_string(extents.rank()));
  }
  return detail::read_idx_bytes(file, extents[0], "the labels");
}

/// Writes images (N, H, W, C) as IDX, of rank 3 when C = 1 and else 4, pixels rounded to multiples of 1/255.
/// Throws ShapeError, ValueError when a pixel is not in [0, 1], and FileError.
template <Scalar T>
void write_idx_images(const std::string& path, const Tensor<T>& images) {
  const Shape& shape = images.shape();
  if (shape.rank() != 4)
    throw ShapeError("write_idx_images: expects (N, H, W, C)   [images: " + shape.to_string() + "]");
  std::vector<std::byte> bytes = detail::idx_header(shape[3] == 1 ? Shape{shape[0], shape[1], shape[2]} : shape);
  bytes.reserve(bytes.size() + static_cast<std::size_t>(images.size()));
  for (const T pixel : images.span()) {
    if (!is_within(pixel, T(0), T(1)))
      throw ValueError("write_idx_images: pixels are in [0, 1], got " + std::to_string(pixel));
    bytes.push_back(static_cast<std::byte>(static_cast<int>(pixel * T(255) + T(0.5))));
  }
  write_file(path, bytes);
}

/// Writes labels as IDX of rank 1. Throws FileError.
inline void write_idx_labels(const std::string& path, std::span<const std::uint8_t> labels) {
  const std::vector<std::byte> header = detail::idx_header({std::ssize(labels)});
  const std::array<ByteSpan, 2> parts{ByteSpan(header), std::as_bytes(labels)};
  write_file(path, parts);
}

}  // namespace neb
