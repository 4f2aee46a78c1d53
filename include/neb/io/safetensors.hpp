/// Named tensors in one file, in the safetensors format (github.com/huggingface/safetensors): the length of a JSON
/// header in 8 bytes, the header, and the elements of all tensors one after the other.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "neb/core/bits.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/io/checksum.hpp"
#include "neb/io/file.hpp"
#include "neb/io/half.hpp"
#include "neb/io/json.hpp"
#include "neb/io/number_text.hpp"
#include "neb/io/safetensors_header.hpp"

namespace neb {

static_assert(std::endian::native == std::endian::little,
              "neb: the format's numbers are little-endian, as memory must be");

/// Tensors by name, float and double side by side.
using TensorMap = std::map<std::string, std::variant<Tensor<float>, Tensor<double>>>;

/// How write_safetensors() stores elements.
enum class Storage {
  exact,  ///< float as F32, double as F64
  half,   ///< rounded to float and then to F16: two bytes each
};

/// A safetensors file, opened and checked as a whole; each tensor is read from it when it is asked for.
class SafeTensors {
 public:
  /// Throws FileError `PATH: offset N: ...` when the file cannot be read or breaks the format anywhere.
  explicit SafeTensors(const std::string& path) : file_(path), header_(read_safetensors_header(file_)) {}

  /// The path of the file.
  const std::string& path() const { return file_.path(); }
  /// The strings stored beside the tensors.
  const Metadata& metadata() const { return header_.metadata; }
  /// What the header says about each tensor, by name.
  const std::map<std::string, TensorEntry>& entries() const { return header_.entries; }
  /// Whether there is a tensor of that name.
  bool contains(const std::string& name) const { return header_.entries.contains(name); }

  /// How many tensors there are, and the names of the first ones: what an error message says of a file that is another one.
  std::string contents() const {
    constexpr int limit = 20;
    std::string list;
    int listed = 0;
    for (const auto& [name, entry] : entries()) {
      if (listed == limit) break;
      list.append(listed++ == 0 ? ": " : ", ").append(detail::shown(name));
    }
    return std::to_string(entries().size()) + list + (std::ssize(entries()) > limit ? ", ..." : "");
  }

  /// Throws FileError, which says what the file holds instead, unless its metadata "format" is `format`: that of `what`.
  void expect_format(const std::string& format, const std::string& what) const {
    const auto found = metadata().find("format");
    if (found != metadata().end() && found->second == format) return;
    throw file_error(path(), "is not " + what + ": expected metadata \"format\" to be \"" + format + "\", got " +
                                 (found == metadata().end() ? "none" : detail::shown(found->second)) +
                                 "; of tensors it has " + contents());
  }

  /// The tensor `name`, from F64, F32, F16 or BF16; a double read as float is rounded, all else is exact.
  /// Throws FileError when there is none or it has another type.
  template <Scalar T>
  Tensor<T> get(const std::string& name) const {
    const TensorEntry& entry = find(name);
    if (entry.dtype == "F32") return read<float>(entry).template to<T>();
    if (entry.dtype == "F64") return read<double>(entry).template to<T>();
    if (entry.dtype == "F16") return read_16_bits(entry, float_from_half).template to<T>();
    if (entry.dtype == "BF16") {  // the upper half of a float
      const auto widen = [](std::uint16_t upper) { return bit_cast<float>(std::uint32_t{upper} << 16); };
      return read_16_bits(entry, widen).template to<T>();
    }
    throw file_error(path(), entry.begin,
                     "tensor " + detail::shown(name) + ": expected type F64, F32, F16 or BF16, got " + entry.dtype);
  }

  /// The same, and throws FileError when its shape is not `shape`; where only the order of axes differs it says so.
  template <Scalar T>
  Tensor<T> get(const std::string& name, const Shape& shape) const {
    const TensorEntry& entry = find(name);
    if (entry.shape != shape) {
      throw file_error(path(), entry.begin,
                       "tensor " + detail::shown(name) + ": expected shape " + shape.to_string() + ", got " +
                           entry.shape.to_string() + order_note(shape, entry.shape));
    }
    return get<T>(name);
  }

  /// The same, and throws FileError when an element is NaN or infinite.
  template <Scalar T>
  Tensor<T> get_finite(const std::string& name, const Shape& shape) const {
    Tensor<T> tensor = get<T>(name, shape);
    if (const Index at = first_not_finite(tensor.size(), tensor.data()); at < tensor.size())
      throw file_error(path(), find(name).begin,
                       "tensor " + detail::shown(name) + ": expected finite numbers, number " + std::to_string(at) +
                           " is " + std::to_string(tensor.data()[at]));
    return tensor;
  }

  /// Throws FileError when the metadata has a "checksum" and the content gives another one. Reads all of the file.
  void check_content() const;

  /// The metadata string `key`. Throws FileError when there is none.
  const std::string& text(const std::string& key) const {
    const auto found = metadata().find(key);
    if (found == metadata().end()) throw file_error(path(), "has no metadata " + detail::shown(key));
    return found->second;
  }

  /// The metadata string `key` as a number, the inverse of number_text().
  /// Throws FileError when there is none or it is no number of that type.
  template <class Number>
  Number number(const std::string& key) const {
    const std::string& digits = text(key);
    if (const auto number = number_from_text<Number>(digits)) return *number;
    throw file_error(path(),
                     "metadata " + detail::shown(key) + ": expected a number in range, got " + detail::shown(digits));
  }

 private:
  const TensorEntry& find(const std::string& name) const {
    const auto found = entries().find(name);
    if (found != entries().end()) {
      if (found->second.rank > Shape::max_rank)
        throw file_error(path(), found->second.begin,
                         "tensor " + detail::shown(name) + ": expected at most " + std::to_string(Shape::max_rank) +
                             " axes, got " + std::to_string(found->second.rank));
      return found->second;
    }
    throw file_error(path(), "has no tensor " + detail::shown(name) + ", it has " + contents());
  }

  template <Scalar T>
  Tensor<T> read(const TensorEntry& entry) const {
    Tensor<T> tensor(entry.shape);
    file_.read_at(entry.begin, std::as_writable_bytes(tensor.mutable_span()));
    return tensor;
  }

  template <class Convert>
  Tensor<float> read_16_bits(const TensorEntry& entry, Convert&& convert) const {
    std::vector<std::uint16_t> bits(memory_size(entry.shape.size()));
    file_.read_at(entry.begin, std::as_writable_bytes(std::span(bits)));
    Tensor<float> tensor(entry.shape);
    std::transform(bits.begin(), bits.end(), tensor.mutable_data(), convert);
    return tensor;
  }

  InputFile file_;
  SafeTensorsHeader header_;
};

namespace detail {

/// `"name":{...}` of a tensor whose data is in bytes [begin, end) of the data.
inline std::string header_member(const std::string& name, const Shape& shape, std::string_view dtype,
                                 std::uint64_t begin, std::uint64_t end) {
  std::string extents;
  for (const Index extent : shape) extents.append(extents.empty() ? "" : ",").append(std::to_string(extent));
  return json_quote(name) + R"(:{"dtype":")" + std::string(dtype) + R"(","shape":[)" + extents +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// A tensor as it will lie in the file.
struct StoredTensor {
  std::string name;
  Shape shape;
  std::string_view dtype;
  ByteSpan bytes;
};

/// Goes on with what is said of one tensor; its bytes follow.
inline void add_to_checksum(Checksum& checksum, const std::string& name, const Shape& shape, std::string_view dtype) {
  checksum.add(name);
  checksum.add(dtype);
  checksum.add(shape.to_string());
}

/// Goes on with all metadata but the checksum itself, in the order of their names.
inline void add_to_checksum(Checksum& checksum, const Metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    if (key == "checksum") continue;
    checksum.add(key);
    checksum.add(value);
  }
}

/// The checksum of a file: of its metadata, then of each tensor in the order of names, wherever it lies.
inline std::string content_checksum(const Metadata& metadata, std::vector<StoredTensor> tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  Checksum checksum;
  add_to_checksum(checksum, metadata);
  for (const StoredTensor& tensor : tensors) {
    add_to_checksum(checksum, tensor.name, tensor.shape, tensor.dtype);
    checksum.add(tensor.bytes);
  }
  return checksum.text();
}

/// `"__metadata__":{...}`.
inline std::string header_member(const Metadata& metadata) {
  std::string members;
  for (const auto& [key, value] : metadata)
    members.append(members.empty() ? "" : ",").append(json_quote(key) + ":" + json_quote(value));
  return R"("__metadata__":{)" + members + "}";
}

}  // namespace detail

inline void SafeTensors::check_content() const {
  const auto stated = metadata().find("checksum");
  if (stated == metadata().end()) return;
  Checksum checksum;
  detail::add_to_checksum(checksum, metadata());
  std::vector<std::byte> chunk(1 << 16);
  for (const auto& [name, entry] : entries()) {
    detail::add_to_checksum(checksum, name, entry.shape, entry.dtype);
    for (std::uint64_t at = entry.begin; at < entry.end;) {
      const std::span<std::byte> part = std::span(chunk).first(std::min<std::size_t>(chunk.size(), entry.end - at));
      file_.read_at(at, part);
      checksum.add(part);
      at += part.size();
    }
  }
  if (checksum.text() != stated->second)
    throw file_error(path(), "is damaged: its content gives the checksum " + checksum.text() + ", it states " +
                                 detail::shown(stated->second) +
                                 "; take another copy, or remove \"checksum\" from its metadata if you changed it");
}

/// Throws FileError, in the name of the tensor, when a number of `tensors` is NaN or infinite: for what is about to take the place
/// of a good file at `path`.
inline void check_finite(const std::string& path, const TensorMap& tensors) {
  for (const auto& named : tensors)
    std::visit(
        [&](const auto& tensor) {
          if (const Index at = first_not_finite(tensor.size(), tensor.data()); at < tensor.size())
            throw file_error(path, "is not written: tensor " + detail::shown(named.first) + " is not finite, number " +
                                       std::to_string(at) + " is " + std::to_string(tensor.data()[at]));
        },
        named.second);
}

/// Writes `tensors` and `metadata` to `path`, atomically (see write_file); exactly, it copies no element. With `guarded`, the
/// metadata gets a "checksum", which SafeTensors::check_content() compares.
/// Throws FileError when that fails, ValueError when a name is not UTF-8 or is `__metadata__`, or a half would overflow.
inline void write_safetensors(const std::string& path, const TensorMap& tensors, Metadata metadata = {},
                              Storage storage = Storage::exact, bool guarded = false) {
  if (tensors.contains("__metadata__")) throw ValueError("write_safetensors: no tensor may be named __metadata__");
  std::vector<detail::StoredTensor> stored;
  std::vector<std::vector<std::uint16_t>> halves;  // what `stored` refers to
  const auto add = [&]<class T>(const std::string& name, const Tensor<T>* tensor) {
    if (tensor == nullptr) return;
    if (storage == Storage::half) {
      std::vector<std::uint16_t>& rounded = halves.emplace_back();
      for (const T value : tensor->span()) rounded.push_back(half_from_float(static_cast<float>(value)));
      stored.push_back({name, tensor->shape(), "F16", std::as_bytes(std::span(rounded))});
    } else {
      stored.push_back({name, tensor->shape(), sizeof(T) == 8 ? "F64" : "F32", std::as_bytes(tensor->span())});
    }
  };
  // Doubles first: after a header of a multiple of 8 bytes, every element lies at a multiple of its size.
  for (const auto& [name, tensor] : tensors) add(name, std::get_if<Tensor<double>>(&tensor));
  for (const auto& [name, tensor] : tensors) add(name, std::get_if<Tensor<float>>(&tensor));
  if (guarded) metadata["checksum"] = detail::content_checksum(metadata, stored);

  std::string header = metadata.empty() ? "" : detail::header_member(metadata);
  std::vector<ByteSpan> parts(2);
  std::uint64_t offset = 0;
  for (const detail::StoredTensor& tensor : stored) {
    const std::uint64_t begin = offset;
    offset += tensor.bytes.size();
    header.append(header.empty() ? "" : ",")
        .append(detail::header_member(tensor.name, tensor.shape, tensor.dtype, begin, offset));
    parts.push_back(tensor.bytes);
  }
  header = "{" + header + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = header.size();  // little-endian in memory, as the format has it
  if (length > max_safetensors_header) {
    throw file_error(path, "cannot be written: a header of " + std::to_string(length) + " bytes is above the limit");
  }
  parts[0] = std::as_bytes(std::span(&length, 1));
  parts[1] = std::as_bytes(std::span(header));
  write_file(path, parts);
}

}  // namespace neb
