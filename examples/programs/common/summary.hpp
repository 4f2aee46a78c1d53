/// Numbers that a program found out, as JSON for other tools.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <neb/core/shape.hpp>

namespace examples {

using SummaryValue = std::variant<neb::Index, double, std::string, std::vector<double>>;
/// Keys and values, in the order in which they are written.
using Summary = std::vector<std::pair<std::string, SummaryValue>>;

/// The value of a key that is there.
const SummaryValue& value_of(const Summary& summary, std::string_view key);

/// A JSON object on one line; numbers that are not finite become null.
std::string json_line(const Summary& summary);

/// What write_json() wrote of one object: its whole numbers, numbers and strings. Throws neb::FileError.
Summary read_summary(const std::string& path);

/// The same of a file that has one object on each line. Throws neb::FileError.
std::vector<Summary> read_json_lines(const std::string& path);

/// Writes the object, or one of several objects by name, to `path`, atomically. Throws neb::FileError.
void write_json(const std::string& path, const Summary& summary);
void write_json(const std::string& path, const std::vector<std::pair<std::string, Summary>>& summaries);

}  // namespace examples
