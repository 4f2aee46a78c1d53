#include "common/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <neb/io/file.hpp>
#include <neb/io/json.hpp>
#include <neb/io/number_text.hpp>

namespace examples {

namespace {

constexpr std::string_view space = " \t\r\n";

/// Paths in a summary may hold any bytes; JSON is UTF-8.
std::string quoted(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t length = neb::utf8_sequence(text);
    if (length > 0)
      valid += text.substr(0, length);
    else
      neb::append_utf8(valid, 0xFFFD);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return neb::json_quote(valid);
}

/// A number that is read back as a double.
std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  const std::string text = neb::number_text(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

struct ValueText {
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(double value) const { return number(value); }
  std::string operator()(NoValue) const { return "null"; }
  std::string operator()(neb::Index value) const { return neb::number_text(value); }
  std::string operator()(std::uint64_t value) const { return neb::number_text(value); }
  std::string operator()(const std::vector<double>& values) const {
    std::string list;
    for (const double value : values) list.append(list.empty() ? "[" : ",").append(number(value));
    return list.empty() ? "[]" : list.append("]");
  }
};

/// The members between their braces, each behind `start`; of entries of one name the last one counts, at the place of the first.
std::string object(const Summary& summary, const std::string& start, const std::string& end) {
  std::string text;
  for (auto entry = summary.begin(); entry != summary.end(); ++entry) {
    const auto named = [&](const auto& other) { return other.first == entry->first; };
    if (std::find_if(summary.begin(), entry, named) != entry) continue;
    const auto last = std::find_if(summary.rbegin(), summary.rend(), named);
    text.append(text.empty() ? "{" : ",").append(start).append(quoted(entry->first)).append(start.empty() ? ":" : ": ");
    text.append(std::visit(ValueText(), last->second));
  }
  return text.empty() ? "{}" : text.append(end).append("}");
}

/// The value of a member that was read; nothing for what a summary is not read from: lists, null, true and false.
std::optional<SummaryValue> value_from(std::string_view text, const std::string& path) {
  if (text.starts_with('"')) return neb::JsonReader(text, path, 0).string();
  if (const auto whole = neb::number_from_text<neb::Index>(text)) return *whole;
  if (const auto large = neb::number_from_text<std::uint64_t>(text)) return *large;
  if (const auto real = neb::number_from_text<double>(text); real && text.find_first_of("an") == std::string_view::npos)
    return *real;
  return std::nullopt;
}

std::string text_of(const std::string& path) {
  const std::vector<std::byte> bytes = neb::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Throws neb::FileError when `text` is not one JSON object.
Summary summary_from(std::string_view text, const std::string& path) {
  text.remove_suffix(text.size() - std::min(text.find_last_not_of(space) + 1, text.size()));
  Summary summary;
  neb::JsonReader reader(text, path, 0);
  reader.object([&](const std::string& key) {
    const std::size_t start = text.find_first_not_of(space, reader.position());
    reader.skip();
    if (auto value = value_from(text.substr(start, reader.position() - start), path))
      summary.emplace_back(key, std::move(*value));
  });
  reader.padding();
  return summary;
}

}  // namespace

const SummaryValue& value_of(const Summary& summary, std::string_view key) {
  for (const auto& [name, value] : summary)
    if (name == key) return value;
  throw std::out_of_range("no " + std::string(key) + " in the summary");
}

std::string json_line(const Summary& summary) { return object(summary, "", "") + "\n"; }

Summary read_summary(const std::string& path) {
  const std::string text = text_of(path);
  try {
    return summary_from(text, path);
  } catch (const neb::FileError&) {
    throw neb::file_error(path, "is no JSON object");
  }
}

std::optional<double> number_of(const Summary& summary, std::string_view key) {
  for (const auto& [name, value] : summary) {
    if (name != key) continue;
    if (const auto* whole = std::get_if<neb::Index>(&value)) return static_cast<double>(*whole);
    if (const auto* number = std::get_if<double>(&value)) return *number;
  }
  return std::nullopt;
}

JsonLines read_json_lines(const std::string& path) {
  const std::string text = text_of(path);  // no stream, which takes a lack of memory for the end of its text
  JsonLines lines;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    try {
      lines.whole.push_back(summary_from(std::string_view(text).substr(begin, end - begin), path));
    } catch (const neb::FileError&) {
      ++lines.damaged;
    }
  }
  return lines;
}

void write_json(const std::string& path, const Summary& summary) {
  neb::write_file(path, object(summary, "\n  ", "\n") + "\n");
}

void write_json(const std::string& path, const std::vector<std::pair<std::string, Summary>>& summaries) {
  std::string text = "{";
  for (const auto& [name, summary] : summaries)
    text.append(text.size() == 1 ? "\n  " : ",\n  ")
        .append(quoted(name))
        .append(": ")
        .append(object(summary, "\n    ", "\n  "));
  neb::write_file(path, text.append("\n}\n"));
}

}  // namespace examples
