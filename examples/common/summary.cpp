#include "common/summary.hpp"

#include <neb/io/file.hpp>
#include <nlohmann/json.hpp>

namespace examples {

namespace {

nlohmann::ordered_json to_json(const Summary& summary) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& entry : summary) std::visit([&](const auto& value) { json[entry.first] = value; }, entry.second);
  return json;
}

/// Paths in a summary may hold any bytes; JSON is UTF-8.
std::string dump(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string json_line(const Summary& summary) { return dump(to_json(summary), -1); }

void write_json(const std::string& path, const Summary& summary) { neb::write_file(path, dump(to_json(summary), 2)); }

void write_json(const std::string& path, const std::vector<std::pair<std::string, Summary>>& summaries) {
  nlohmann::ordered_json json;
  for (const auto& part : summaries) json[part.first] = to_json(part.second);
  neb::write_file(path, dump(json, 2));
}

}  // namespace examples
