/// What neb's readers of JSON and safetensors accept, said with another reader: what nlohmann-json accepts, and a few rules. The
/// limits on the length of headers and texts and on the number of names are beyond what is tried here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace neb::fuzz {

/// Nlohmann's reader refuses a number that no double holds and goes no further: of such a text nothing is known.
enum class Verdict { accepted, refused, undecided };

/// Whether JsonReader::skip() and padding() accept `text`: what nlohmann-json does, but
/// - no byte 0, where nlohmann's reader stops as at the end, and no byte order mark, over which it passes;
/// - at most so many levels;
/// - behind the value nothing but spaces.
/// Numbers are passed over whatever their size, and keys may stand there twice; whoever reads them has rules of their own.
Verdict json_verdict(const std::string& text, std::size_t levels = 100);

/// A piece of a text, as nlohmann's reader takes it apart.
struct JsonEvent {
  enum class Kind { object, array, end, key, string, integer, other };
  Kind kind;
  std::string text = "";
  std::uint64_t integer = 0;
};

/// The pieces of a text that is accepted, in the order in which they stand there. An integer is from 0 to 2^63 - 1.
std::vector<JsonEvent> json_events(const std::string& text);

/// What a safetensors header says of a tensor; it lies in bytes [begin, end) of the data.
struct TensorRule {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// What a safetensors file says, and whether SafeTensors accepts it.
struct FileRule {
  Verdict verdict = Verdict::refused;
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorRule> tensors;
};

/// The file consists of 8 bytes with the length of its header, least significant first, the header and the data.
/// - The header is a JSON object that begins with its first byte, with nothing but spaces behind it.
/// - "__metadata__" is an object of strings. Every other key is a tensor's name. No name stands there twice.
/// - An entry has "dtype", a type of the format, "shape", at most 1 000 whole numbers from 0 to 2^63 - 1, and "data_offsets", two of
///   them, once each. Other keys may have any value, at most 100 levels deep.
/// - The product of the extents that are not 0 is below 2^63 in bytes; in bits and in elements where these are no whole bytes.
/// - The offsets are as far apart as the shape and the type ask for, and each byte of the data belongs to just one tensor.
FileRule safetensors_rule(const std::string& file);

}  // namespace neb::fuzz
