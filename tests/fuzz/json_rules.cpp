#include "json_rules.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

namespace neb::fuzz {

namespace {

using Json = nlohmann::json;

/// The deepest nesting of a text, as its brackets outside of strings say.
std::size_t depth_of(const std::string& text) {
  std::size_t depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '[' || text[i] == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!quoted && (text[i] == ']' || text[i] == '}'))
      --depth;
  }
  return deepest;
}

struct Events : nlohmann::json_sax<Json> {
  using Kind = JsonEvent::Kind;
  std::vector<JsonEvent> all;
  bool overflow = false;  // of a number, which ended the reading

  bool add(JsonEvent event) {
    all.push_back(std::move(event));
    return true;
  }
  bool null() override { return add({Kind::other}); }
  bool boolean(bool) override { return add({Kind::other}); }
  bool number_integer(std::int64_t) override { return add({Kind::other}); }
  bool number_unsigned(std::uint64_t value) override {
    return add(value <= INT64_MAX ? JsonEvent{Kind::integer, "", value} : JsonEvent{Kind::other});
  }
  bool number_float(double, const std::string&) override { return add({Kind::other}); }
  bool string(std::string& value) override { return add({Kind::string, value}); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return add({Kind::object}); }
  bool key(std::string& value) override { return add({Kind::key, value}); }
  bool end_object() override { return add({Kind::end}); }
  bool start_array(std::size_t) override { return add({Kind::array}); }
  bool end_array() override { return add({Kind::end}); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    overflow = error.id == 406;
    return false;
  }
};

/// Bits of an element of the type, 0 for a type that the format does not have.
int bits_of(const std::string& dtype) {
  static const std::map<std::string, int> bits{
      {"F64", 64},    {"F32", 32},        {"F16", 16},        {"BF16", 16},   {"F8_E5M2", 8}, {"F8_E4M3", 8},
      {"F8_E8M0", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
      {"C64", 64},    {"I64", 64},        {"U64", 64},        {"I32", 32},    {"U32", 32},    {"I16", 16},
      {"U16", 16},    {"I8", 8},          {"U8", 8},          {"BOOL", 8}};
  const auto found = bits.find(dtype);
  return found == bits.end() ? 0 : found->second;
}

/// An array of at most `most` whole numbers, or nothing.
std::optional<std::vector<std::int64_t>> whole_numbers(const Json& array, std::size_t most) {
  if (!array.is_array() || array.size() > most) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const Json& element : array) {
    if (!element.is_number_unsigned() || element.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
    numbers.push_back(element.get<std::int64_t>());
  }
  return numbers;
}

/// The bytes of an array, or nothing where they are no number, or none below 2^63.
std::optional<std::uint64_t> size_of(const std::vector<std::int64_t>& shape, int bits) {
  __extension__ using Wide = unsigned __int128;
  const bool whole = bits % 8 == 0;
  Wide product = whole ? static_cast<Wide>(bits / 8) : 1;
  for (const std::int64_t extent : shape) {
    product *= static_cast<Wide>(std::max<std::int64_t>(extent, 1));
    if (product > INT64_MAX) return std::nullopt;
  }
  if (std::count(shape.begin(), shape.end(), 0) > 0) return 0;
  if (whole) return static_cast<std::uint64_t>(product);
  product *= static_cast<Wide>(bits);
  if (product > INT64_MAX || product % 8 != 0) return std::nullopt;
  return static_cast<std::uint64_t>(product / 8);
}

/// An entry of a header before `size` bytes of data, or nothing.
std::optional<TensorRule> tensor_rule(const Json& entry, std::uint64_t size) {
  if (!entry.is_object()) return std::nullopt;
  for (const char* key : {"dtype", "shape", "data_offsets"})
    if (!entry.contains(key)) return std::nullopt;
  const auto shape = whole_numbers(entry["shape"], 1000), offsets = whole_numbers(entry["data_offsets"], 2);
  if (!entry["dtype"].is_string() || !shape || !offsets || offsets->size() != 2) return std::nullopt;
  const std::string dtype = entry["dtype"];
  const int bits = bits_of(dtype);
  const auto bytes = bits > 0 ? size_of(*shape, bits) : std::nullopt;
  const auto begin = static_cast<std::uint64_t>((*offsets)[0]), end = static_cast<std::uint64_t>((*offsets)[1]);
  if (!bytes || begin > end || end > size || end - begin != *bytes) return std::nullopt;
  return TensorRule{dtype, *shape, begin, end};
}

/// Whether no name stands in the header twice, and in no entry one of its three keys.
bool has_unique_keys(const std::string& header) {
  bool unique = true;
  std::set<std::string> names, keys;
  std::string name;
  const auto see = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event != Json::parse_event_t::key || depth > 2) return true;
    const std::string key = parsed;
    if (depth == 1) {
      unique = unique && names.insert(key).second;
      keys.clear();
      name = key;
    } else if (name == "__metadata__" || key == "dtype" || key == "shape" || key == "data_offsets") {
      unique = unique && keys.insert(key).second;
    }
    return true;
  };
  static_cast<void>(Json::parse(header, see));
  return unique;
}

/// Takes in what a header says; false where something in it cannot be.
bool read_header(const Json& header, std::uint64_t size, FileRule& rule) {
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) return false;
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return false;
        rule.metadata[key] = text;
      }
    } else if (const auto tensor = tensor_rule(value, size)) {
      rule.tensors[name] = *tensor;
    } else {
      return false;
    }
  }
  return true;
}

/// Whether the tensors that are not empty fill `size` bytes, each its own, and empty ones lie between two of them.
bool is_tiled(const std::map<std::string, TensorRule>& tensors, std::uint64_t size) {
  std::set<std::uint64_t> ends{0};
  std::map<std::uint64_t, std::uint64_t> filled;
  for (const auto& [name, tensor] : tensors)
    if (tensor.begin < tensor.end && !filled.emplace(tensor.begin, tensor.end).second) return false;
  std::uint64_t at = 0;
  for (const auto& [begin, end] : filled) {
    if (begin != at) return false;
    ends.insert(at = end);
  }
  return at == size && std::all_of(tensors.begin(), tensors.end(),
                                   [&](const auto& tensor) { return ends.contains(tensor.second.begin); });
}

}  // namespace

Verdict json_verdict(const std::string& text, std::size_t levels) {
  if (text.find('\0') != std::string::npos || text.starts_with("\xEF\xBB\xBF")) return Verdict::refused;
  Events events;
  if (!Json::sax_parse(text, &events)) return events.overflow ? Verdict::undecided : Verdict::refused;
  const std::size_t last = text.find_last_not_of(' ');  // there is one, as there is a value
  const bool padded = std::string("\t\n\r").find(text[last]) == std::string::npos;
  return padded && depth_of(text) <= levels ? Verdict::accepted : Verdict::refused;
}

std::vector<JsonEvent> json_events(const std::string& text) {
  Events events;
  Json::sax_parse(text, &events);
  return events.all;
}

FileRule safetensors_rule(const std::string& file) {
  FileRule rule;
  if (file.size() < 8) return rule;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
  if (length > file.size() - 8) return rule;
  const std::string text = file.substr(8, length);
  const std::uint64_t size = file.size() - 8 - length;
  if (!text.starts_with('{')) return rule;
  const Verdict verdict = json_verdict(text, 102);  // those of other keys, below the header and an entry
  if (verdict == Verdict::undecided) rule.verdict = verdict;
  if (verdict == Verdict::accepted && read_header(Json::parse(text), size, rule) && has_unique_keys(text) &&
      is_tiled(rule.tensors, size))
    rule.verdict = verdict;
  return rule;
}

}  // namespace neb::fuzz
