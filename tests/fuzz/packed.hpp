/// Compressed inputs.
#pragma once

#include <zlib.h>

#include <string>

#include "fuzz.hpp"

namespace neb::fuzz {

/// `content` as a gzip file.
inline std::string gzipped(const std::string& content, int level = 9, int strategy = Z_DEFAULT_STRATEGY) {
  z_stream zlib{};
  require(::deflateInit2(&zlib, level, Z_DEFLATED, 15 + 16, 8, strategy) == Z_OK, "zlib cannot start");
  std::string packed(::deflateBound(&zlib, content.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  zlib.avail_in = static_cast<uInt>(content.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  require(::deflate(&zlib, Z_FINISH) == Z_STREAM_END, "zlib cannot pack");
  packed.resize(zlib.total_out);
  ::deflateEnd(&zlib);
  return packed;
}

}  // namespace neb::fuzz
