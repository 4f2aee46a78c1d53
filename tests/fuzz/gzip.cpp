// Compressed files: what begins like one is unpacked as zlib unpacks it; anything else is packed in several ways and comes back.
#include "neb/io/gzip.hpp"

#include <algorithm>
#include <optional>

#include "fuzz.hpp"
#include "packed.hpp"

using namespace neb;
using namespace neb::fuzz;

namespace {

/// What a file holds: members one after the other, and behind the last perhaps zeros. Nothing where it is damaged.
std::optional<std::string> unpacked(const std::string& file) {
  std::string content;
  std::size_t at = 0;
  std::vector<char> chunk(1 << 16);
  while (file.compare(at, 1, "\x1F") == 0) {
    z_stream zlib{};
    require(::inflateInit2(&zlib, 15 + 16) == Z_OK, "zlib cannot start");
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data() + at));
    zlib.avail_in = static_cast<uInt>(file.size() - at);
    int result = Z_OK;
    while (result == Z_OK) {
      zlib.next_out = reinterpret_cast<Bytef*>(chunk.data());
      zlib.avail_out = static_cast<uInt>(chunk.size());
      result = ::inflate(&zlib, Z_NO_FLUSH);
      content.append(chunk.data(), chunk.size() - zlib.avail_out);
    }
    at = file.size() - zlib.avail_in;
    ::inflateEnd(&zlib);
    if (result != Z_STREAM_END) return std::nullopt;
    if (at == file.size()) return content;
  }
  if (file.find_first_not_of('\0', at) != std::string::npos) return std::nullopt;
  return content;
}

/// Whether a ByteStream gives just these bytes, read in chunks.
void compare(const std::string& file, const std::string& content, std::size_t chunk) {
  const MemoryFile input(bytes_of(file));
  ByteStream stream(input.path());
  require(content.size() <= stream.max_size(), "more was unpacked than a file of this size can hold");
  std::vector<std::byte> part(chunk);
  for (std::size_t at = 0; at < content.size(); at += part.size()) {
    part.resize(std::min(chunk, content.size() - at));
    stream.read(part, "the content");
    require(std::equal(part.begin(), part.end(), bytes_of(content).begin() + static_cast<std::ptrdiff_t>(at)),
            "other bytes than were packed");
  }
  stream.expect_end();
}

/// A file as somebody else made it. The chunk is no smaller than lets the largest content pass within the time.
void try_packed(const std::string& input) {
  const auto content = unpacked(input);
  const std::size_t size = content ? content->size() : 0;
  const bool refused = refuses([&] { compare(input, content.value_or(""), 1 + size / 1000 + input.size() % 97); });
  require(refused != content.has_value(), "zlib says otherwise");
}

/// Members of any level and strategy, with zeros behind them; and the same content as it is.
void try_content(const std::string& input) {
  if (input.size() < 4) return;
  const auto letter = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
  const std::size_t members = 1 + letter(1) % 3, zeros = letter(2) % 4;
  const std::string content = input.substr(4);
  const std::size_t length = content.size() / members + 1;
  std::string packed;
  for (std::size_t at = 0, i = 0; i < members; ++i, at += length)
    packed += gzipped(content.substr(std::min(at, content.size()), length), letter(0) % 10, letter(0) / 10 % 5);
  packed.append(zeros, '\0');
  compare(packed, content, 1 + letter(3));
  if (!content.starts_with("\x1F\x8B")) compare(content, content, 1 + letter(3));
}

void try_input(ByteSpan bytes) {
  const std::string input = text_of(bytes);
  input.starts_with("\x1F\x8B") ? try_packed(input) : try_content(input);
}

std::vector<std::string> seeds() {
  const std::string text = "what is packed, what is packed again, and what is not";
  std::string stored = gzipped(text, 0), named = gzipped(text);
  named.replace(3, 1, "\x08").insert(10, std::string("name\0", 5));
  return {gzipped(""),
          gzipped(text) + stored,
          named,
          stored + gzipped(text, 6, Z_FIXED) + std::string(3, '\0'),
          gzipped(std::string(100'000, 'x')),
          "0120" + text,
          "9999" + text};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds};
