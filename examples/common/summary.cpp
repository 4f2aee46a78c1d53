#include "common/summary.hpp"

#include <neb/io/file.hpp>
#include <nlohmann/json.hpp>

namespace examples {

namespace {

nlohmann::ordered_json to_json(const Summary& summary) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& entry : summary)
    std::visit([&](const auto& value) { json[entry.first] = value; }, entry.second);
  return json;
}

/// Paths in a summary may hold any bytes; JSON is UTF-8.
std::string dump(const Summary& summary, int indent) {
  return to_json(summary).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string json_line(const Summary& summary) { return dump(summary, -1); }

void write_json(const std::string& path, const Summary& summary) { neb::write_file(path, dump(summary, 2)); }

}  // namespace examples
