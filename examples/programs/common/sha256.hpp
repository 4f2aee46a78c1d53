/// SHA-256 sums, by which a file is known to be the one that was meant.
#pragma once

#include <string>

namespace examples {

/// The sum of the file's bytes as 64 hexadecimal digits, by the program sha256sum. Throws std::runtime_error when that
/// fails.
std::string sha256_of(const std::string& path);

}  // namespace examples
