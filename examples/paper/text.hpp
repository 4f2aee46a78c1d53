/// Numbers in words, for the table.
#pragma once

#include <string>
#include <vector>

namespace examples::paper {

/// What printf would print.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

/// "0.93, 0.95, 0.97", each as printf would print it.
std::string list_text(const char* format, const std::vector<double>& values);

/// "[-0.070, 1.100]".
inline std::string range_text(double low, double high) { return text("[%.3f, %.3f]", low, high); }

}  // namespace examples::paper
