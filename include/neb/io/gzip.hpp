/// Reading a file from first byte to last, unpacked on the way when it is gzip-compressed.
///
/// Memory is the caller's: what is unpacked goes into the buffers passed to read(), and nowhere else.
#pragma once

#if defined(NEB_HAVE_ZLIB)
#include <zlib.h>
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "neb/core/error.hpp"
#include "neb/io/file.hpp"

namespace neb {

namespace detail {

#if defined(NEB_HAVE_ZLIB)
/// Unpacks the gzip members that fill a file, perhaps with zeros behind them; zlib checks the CRC and length of each.
class GzipReader {
 public:
  explicit GzipReader(const InputFile& file) : file_(file) {
    // 16 asks for gzip's header and trailer, 15 for the largest window.
    const int result = ::inflateInit2(&zlib_, 15 + 16);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK) throw file_error(file_.path(), "gzip: zlib cannot start");
  }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader() { ::inflateEnd(&zlib_); }

  /// Unpacks up to into.size() bytes; fewer only at the end of the data.
  std::size_t read(std::span<std::byte> into) {
    std::size_t done = 0;
    while (done < into.size() && !ended_) {
      const std::span<std::byte> rest = into.subspan(done);
      done += inflate_some(rest.first(std::min<std::size_t>(rest.size(), 1 << 30)));
    }
    return done;
  }

 private:
  std::size_t inflate_some(std::span<std::byte> into) {
    if (zlib_.avail_in == 0) refill();
    const std::uint64_t before = unpacked_;
    zlib_.next_out = reinterpret_cast<Bytef*>(into.data());
    zlib_.avail_out = static_cast<uInt>(into.size());
    const int result = ::inflate(&zlib_, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END) {
      next_member();
    } else if (result != Z_OK) {
      throw error(zlib_.msg != nullptr ? zlib_.msg : ::zError(result));
    }
    unpacked_ = before + into.size() - zlib_.avail_out;
    if (unpacked_ > honest_size && unpacked_ / honest_ratio > fetched_)
      throw error("unpacks to more than " + std::to_string(honest_ratio) +
                  " times its size, as no pictures do; gunzip the file first if it is meant to");
    return into.size() - zlib_.avail_out;
  }

  /// After a member: the next one, or the end of the data.
  void next_member() {
    const std::uint64_t end = offset();
    while (offset() < file_.size()) {
      if (zlib_.avail_in == 0) refill();
      if (*zlib_.next_in != 0) break;
      ++zlib_.next_in;
      --zlib_.avail_in;
    }
    ended_ = offset() == file_.size();
    if (ended_) return;
    if (zlib_.avail_in == 0) refill();
    if (offset() != end || *zlib_.next_in != 0x1F)
      throw file_error(file_.path(), end,
                       "gzip: " + std::to_string(file_.size() - end) + " bytes after the end of the compressed data");
    if (::inflateReset(&zlib_) != Z_OK) throw error("zlib cannot start again");
  }

  void refill() {
    const std::uint64_t rest = file_.size() - fetched_;
    if (rest == 0) throw error("the file ends inside the compressed data");
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(rest, packed_.size()));
    file_.read_at(fetched_, std::span(packed_).first(count));
    fetched_ += count;
    zlib_.next_in = reinterpret_cast<Bytef*>(packed_.data());
    zlib_.avail_in = static_cast<uInt>(count);
  }

  std::uint64_t offset() const { return fetched_ - zlib_.avail_in; }
  FileError error(const std::string& what) const { return file_error(file_.path(), offset(), "gzip: " + what); }

  // Deflate reaches 1032 on zeros; a file that was made to fill memory comes near, and data that somebody measured does not.
  static constexpr std::uint64_t honest_size = std::uint64_t{64} << 20, honest_ratio = 200;

  const InputFile& file_;
  z_stream zlib_{};
  std::array<std::byte, 1 << 15> packed_;
  std::uint64_t fetched_ = 0, unpacked_ = 0;
  bool ended_ = false;
};
#else
class GzipReader {
 public:
  explicit GzipReader(const InputFile& file) {
    throw file_error(file.path(),
                     "is gzip-compressed, and this program was built without zlib: gunzip the file, or install zlib "
                     "(apt-get install zlib1g-dev) and build with NEB_HAVE_ZLIB defined");
  }
  std::size_t read(std::span<std::byte>) { return 0; }
};
#endif

}  // namespace detail

/// The bytes of a file in order, unpacked when it starts with gzip's magic number, whatever its name.
class ByteStream {
 public:
  /// Throws FileError when `path` is not a readable regular file, or gzip-compressed and zlib is not built in.
  explicit ByteStream(std::string path) : file_(std::move(path)) {
    std::array<std::byte, 2> magic{};
    if (file_.size() >= 2) file_.read_at(0, magic);
    compressed_ = magic == std::array{std::byte{0x1F}, std::byte{0x8B}};
    if (compressed_) gzip_ = std::make_unique<detail::GzipReader>(file_);
  }
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// The path of the file.
  const std::string& path() const { return file_.path(); }
  /// Whether the file is gzip-compressed.
  bool compressed() const { return compressed_; }

  /// The most bytes that read() can give: exact for a plain file; deflate packs at most 1032 bytes into one.
  std::uint64_t max_size() const {
    if (!compressed_) return file_.size();
    return file_.size() > UINT64_MAX / 1032 ? UINT64_MAX : file_.size() * 1032;
  }

  /// The error `PATH: offset N: what`, N being where the next read starts.
  FileError error(const std::string& what) const {
    return file_error(path(), "offset " + std::to_string(offset_) + (compressed_ ? " (unpacked): " : ": ") + what);
  }

  /// Fills `into` with the next bytes, which are `what`. Throws FileError when fewer are left or gzip data is damaged.
  void read(std::span<std::byte> into, const std::string& what) {
    const std::size_t count = read_some(into);
    offset_ += count;
    if (count < into.size()) {
      throw error("the file ends inside " + what + ", expected " + std::to_string(into.size() - count) + " more bytes");
    }
  }

  /// Throws FileError when bytes are left, or when gzip data is damaged at its end (its checksum stands there).
  void expect_end() {
    std::array<std::byte, 1> beyond{};
    if (read_some(beyond) != 0) throw error("expected the end of the data, got more bytes");
  }

 private:
  std::size_t read_some(std::span<std::byte> into) {
    if (compressed_) return gzip_->read(into);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), file_.size() - offset_));
    file_.read_at(offset_, into.first(count));
    return count;
  }

  InputFile file_;
  bool compressed_ = false;
  std::unique_ptr<detail::GzipReader> gzip_;
  std::uint64_t offset_ = 0;
};

}  // namespace neb
