/// Numbers in words, for the table.
#pragma once

#include <string>

namespace examples::paper {

/// What printf would print.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

}  // namespace examples::paper
