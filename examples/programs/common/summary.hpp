/// Numbers that a program found out, as JSON for other tools.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <neb/core/shape.hpp>

namespace examples {

/// JSON's null. GCC 12's library takes a variant of the other types for one that always has a value, and destroys what is not
/// there when copying one throws; with a type that it knows less of it does not.
struct NoValue {
  NoValue() = default;
  NoValue(const NoValue&) {}
  NoValue& operator=(const NoValue&) = default;
  bool operator==(const NoValue&) const = default;
};

using SummaryValue = std::variant<neb::Index, std::uint64_t, double, std::string, std::vector<double>, NoValue>;
/// Keys and values, in the order in which they are written.
using Summary = std::vector<std::pair<std::string, SummaryValue>>;

/// The value of a key that is there.
const SummaryValue& value_of(const Summary& summary, std::string_view key);

/// A JSON object on one line; numbers that are not finite become null.
std::string json_line(const Summary& summary);

/// What write_json() wrote of one object: its whole numbers, numbers and strings. Throws neb::FileError.
Summary read_summary(const std::string& path);

/// A number of that name, whole or not; nothing if there is none.
std::optional<double> number_of(const Summary& summary, std::string_view key);

/// A file of lines that are objects.
struct JsonLines {
  std::vector<Summary> whole;  ///< the objects, as read_summary() gives them
  neb::Index damaged = 0;      ///< lines that are none, as a run that was killed may leave its last one
};

/// Reads such a file. Throws neb::FileError when it cannot be read to its end.
JsonLines read_json_lines(const std::string& path);

/// Writes the object, or one of several objects by name, to `path`, atomically. Throws neb::FileError.
void write_json(const std::string& path, const Summary& summary);
void write_json(const std::string& path, const std::vector<std::pair<std::string, Summary>>& summaries);

}  // namespace examples
