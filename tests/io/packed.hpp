/// Compressed content for tests.
#pragma once

#if defined(NEB_HAVE_ZLIB)

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>

namespace neb::test {

/// `content` as a gzip file.
inline std::string gzipped(const std::string& content, int level = 9) {
  z_stream zlib{};
  REQUIRE(::deflateInit2(&zlib, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(::deflateBound(&zlib, content.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  zlib.avail_in = static_cast<uInt>(content.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  CHECK(::deflate(&zlib, Z_FINISH) == Z_STREAM_END);
  packed.resize(zlib.total_out);
  ::deflateEnd(&zlib);
  return packed;
}

}  // namespace neb::test

#endif
