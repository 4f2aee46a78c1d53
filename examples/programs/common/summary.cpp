#include "common/summary.hpp"

#include <fstream>
#include <limits>
#include <stdexcept>

#include <neb/io/file.hpp>
#include <nlohmann/json.hpp>

namespace examples {

namespace {

nlohmann::ordered_json to_json(const Summary& summary) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& entry : summary) std::visit([&](const auto& value) { json[entry.first] = value; }, entry.second);
  return json;
}

Summary from_json(const nlohmann::ordered_json& json) {
  Summary summary;
  for (const auto& [key, value] : json.items()) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<neb::Index>::max())
      summary.emplace_back(key, value.get<std::uint64_t>());
    else if (value.is_number_integer())
      summary.emplace_back(key, value.get<neb::Index>());
    if (value.is_number_float()) summary.emplace_back(key, value.get<double>());
    if (value.is_string()) summary.emplace_back(key, value.get<std::string>());
  }
  return summary;
}

/// Paths in a summary may hold any bytes; JSON is UTF-8.
std::string dump(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

const SummaryValue& value_of(const Summary& summary, std::string_view key) {
  for (const auto& [name, value] : summary)
    if (name == key) return value;
  throw std::out_of_range("no " + std::string(key) + " in the summary");
}

std::string json_line(const Summary& summary) { return dump(to_json(summary), -1); }

Summary read_summary(const std::string& path) {
  std::ifstream file(path);
  const auto json = nlohmann::ordered_json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw neb::file_error(path, "is missing, or no JSON object");
  return from_json(json);
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
  std::ifstream file(path);
  if (!file) throw neb::file_error(path, "is missing");
  JsonLines lines;
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object())
      lines.whole.push_back(from_json(json));
    else
      ++lines.damaged;
  }
  return lines;
}

void write_json(const std::string& path, const Summary& summary) { neb::write_file(path, dump(to_json(summary), 2)); }

void write_json(const std::string& path, const std::vector<std::pair<std::string, Summary>>& summaries) {
  nlohmann::ordered_json json;
  for (const auto& part : summaries) json[part.first] = to_json(part.second);
  neb::write_file(path, dump(json, 2));
}

}  // namespace examples
