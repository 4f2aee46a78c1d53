/// Named tensors in one file, in the safetensors format (github.com/huggingface/safetensors): the length of a JSON
/// header in 8 bytes, the header, and the elements of all tensors one after the other.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "neb/core/tensor.hpp"
#include "neb/io/file.hpp"
#include "neb/io/json.hpp"
#include "neb/io/safetensors_header.hpp"

namespace neb {

static_assert(std::endian::native == std::endian::little,
              "neb: the format's numbers are little-endian, as memory must be");

/// Tensors by name, float and double side by side.
using TensorMap = std::map<std::string, std::variant<Tensor<float>, Tensor<double>>>;

/// The float that the 16 bits of an IEEE 754 half-precision number stand for.
inline float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half} >> 15 << 31;
  const std::uint32_t exponent = (std::uint32_t{half} >> 10) & 31;
  const std::uint32_t fraction = half & std::uint32_t{1023};
  if (exponent == 0) {  // zero and subnormal numbers, exact in float
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide_exponent = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide_exponent << 23 | fraction << 13);
}

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

  /// The tensor `name`, from F64, F32, F16 or BF16; a double read as float is rounded, all else is exact.
  /// Throws FileError when there is none or it has another type.
  template <Scalar T>
  Tensor<T> get(const std::string& name) const {
    const TensorEntry& entry = find(name);
    if (entry.dtype == "F32") return read<float>(entry).template to<T>();
    if (entry.dtype == "F64") return read<double>(entry).template to<T>();
    if (entry.dtype == "F16") return read_16_bits(entry, float_from_half).template to<T>();
    if (entry.dtype == "BF16") {  // the upper half of a float
      const auto widen = [](std::uint16_t upper) { return std::bit_cast<float>(std::uint32_t{upper} << 16); };
      return read_16_bits(entry, widen).template to<T>();
    }
    throw file_error(path(), entry.begin,
                     "tensor " + detail::shown(name) + ": expected type F64, F32, F16 or BF16, got " + entry.dtype);
  }

  /// The same, and throws FileError when its shape is not `shape`.
  template <Scalar T>
  Tensor<T> get(const std::string& name, const Shape& shape) const {
    const TensorEntry& entry = find(name);
    if (entry.shape != shape) {
      throw file_error(path(), entry.begin,
                       "tensor " + detail::shown(name) + ": expected shape " + shape.to_string() + ", got " +
                           entry.shape.to_string());
    }
    return get<T>(name);
  }

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
    const char* const last = digits.data() + digits.size();
    Number value{};
    const auto [end, code] = std::from_chars(digits.data(), last, value);
    if (code != std::errc{} || end != last) {
      throw file_error(path(),
                       "metadata " + detail::shown(key) + ": expected a number in range, got " + detail::shown(digits));
    }
    return value;
  }

 private:
  const TensorEntry& find(const std::string& name) const {
    const auto found = entries().find(name);
    if (found != entries().end()) return found->second;
    constexpr int limit = 20;
    std::string list;
    int listed = 0;
    for (const auto& [other, entry] : entries()) {
      if (listed == limit) break;
      list += (listed++ == 0 ? "" : ", ") + detail::shown(other);
    }
    if (std::ssize(entries()) > limit) list += ", ...";
    throw file_error(path(), "has no tensor " + detail::shown(name) + ", it has " + std::to_string(entries().size()) +
                                 (list.empty() ? "" : ": " + list));
  }

  template <Scalar T>
  Tensor<T> read(const TensorEntry& entry) const {
    Tensor<T> tensor(entry.shape);
    file_.read_at(entry.begin, std::as_writable_bytes(tensor.mutable_span()));
    return tensor;
  }

  template <class Convert>
  Tensor<float> read_16_bits(const TensorEntry& entry, Convert&& convert) const {
    std::vector<std::uint16_t> bits(static_cast<std::size_t>(entry.shape.size()));
    file_.read_at(entry.begin, std::as_writable_bytes(std::span(bits)));
    Tensor<float> tensor(entry.shape);
    std::transform(bits.begin(), bits.end(), tensor.mutable_data(), convert);
    return tensor;
  }

  InputFile file_;
  SafeTensorsHeader header_;
};

/// `number` as text from which SafeTensors::number() reads the same bits: integers, float and double.
template <class Number>
std::string number_text(Number number) {
  std::array<char, 32> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), result.ptr};
}

namespace detail {

/// `"name":{...}` of a tensor whose data starts at byte `begin` of the data.
template <Scalar T>
std::string header_member(const std::string& name, const Tensor<T>& tensor, std::uint64_t begin) {
  std::string extents;
  for (const Index extent : tensor.shape()) extents += (extents.empty() ? "" : ",") + std::to_string(extent);
  const std::uint64_t end = begin + tensor.span().size_bytes();
  return json_quote(name) + R"(:{"dtype":)" + (sizeof(T) == 8 ? R"("F64")" : R"("F32")") + R"(,"shape":[)" + extents +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// `"__metadata__":{...}`.
inline std::string header_member(const Metadata& metadata) {
  std::string members;
  for (const auto& [key, value] : metadata)
    members += (members.empty() ? "" : ",") + json_quote(key) + ":" + json_quote(value);
  return R"("__metadata__":{)" + members + "}";
}

}  // namespace detail

/// Writes `tensors` and `metadata` to `path`, atomically (see write_file), without copying an element.
/// Throws FileError when that fails, ValueError when a name is not UTF-8 or is `__metadata__`.
inline void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata = {}) {
  if (tensors.contains("__metadata__")) throw ValueError("write_safetensors: no tensor may be named __metadata__");
  std::string header = metadata.empty() ? "" : detail::header_member(metadata);
  std::vector<ByteSpan> parts(2);
  std::uint64_t offset = 0;
  const auto add = [&]<class T>(const std::string& name, const Tensor<T>* tensor) {
    if (tensor == nullptr) return;
    header += (header.empty() ? "" : ",") + detail::header_member(name, *tensor, offset);
    parts.push_back(std::as_bytes(tensor->span()));
    offset += parts.back().size();
  };
  // Doubles first: after a header of a multiple of 8 bytes, every element lies at a multiple of its size.
  for (const auto& [name, tensor] : tensors) add(name, std::get_if<Tensor<double>>(&tensor));
  for (const auto& [name, tensor] : tensors) add(name, std::get_if<Tensor<float>>(&tensor));
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
